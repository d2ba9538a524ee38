import type { Words } from '../errors.ts';
import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { BroadcastPreview } from '../protocol/broadcasts.ts';
import type { Cluster } from '../protocol/inventory.ts';
import { isSilenced } from '../protocol/volume.ts';
import type { Decision } from './arbitration.ts';
import type { Reach } from './reach.ts';
import { type BroadcastRecord, type EndReason, isOver } from './record.ts';
import { durationInWords, nameInWords } from './words.ts';

export interface PreviewCase {
  broadcast: BroadcastRecord;
  /** "2 cụm FM không điều khiển được", or undefined when there are none. */
  fmWords: Words | undefined;
  fmClusterCount: number;
  /** Hamlets reached, in order. */
  hamletNames: readonly string[];
  hamletCount: number;
  isEverything: boolean;
  reach: Reach;
  /** Loudest and quietest volume at which its class sounds among the clusters that let it out, dB below full; null: all of them are muted. */
  volumesDb: { loudest: number; quietest: number } | null;
  /** Clusters on which its class does not sound because they are muted. */
  mutedCount: number;
  nowMs: number;
  timeZone: string;
  refusal: EndReason | undefined;
  /** What arbitration says if it were due now. */
  decisions: readonly Decision[];
  others: readonly BroadcastRecord[];
  /** The emergency that says the same at the same places already: this request would be answered with it. */
  same: BroadcastRecord | undefined;
}

/** A start within this is "now" in words. */
const NOW_MS = 1000;
const NAMED_HAMLETS_MAX = 4;
/** What has to wait does not sound "now". */
const IN_TURN: Words = { vi: 'khi đến lượt', en: 'in its turn' };

/** Where, when, how loud, how long, and what it replaces, before anything sounds. Pure. */
export function previewOf(one: PreviewCase): BroadcastPreview {
  const { broadcast } = one;
  const replaces = replacedBy(one);
  const waitsFor = awaited(one);
  const name = nameInWords(broadcast);
  const when = waitsFor.length > 0 ? IN_TURN : whenInWords(one);
  const where = whereInWords(one);
  const volume = volumeInWords(one);
  const length = lengthInWords(broadcast);
  const vi = [`${name.vi} sẽ phát ${when.vi} tại ${where.vi}, ${volume.vi}, ${length.vi}.`];
  const en = [`${name.en} will sound ${when.en} at ${where.en}, ${volume.en}, ${length.en}.`];
  if (broadcast.attention) {
    const signal = durationInWords(broadcast.attention.durationMs);
    vi.push(`Mở đầu bằng ${signal.vi} tín hiệu báo động.`);
    en.push(`It begins with ${signal.en} of attention signal.`);
  }
  if (one.mutedCount > 0) {
    vi.push(`${one.mutedCount} cụm đang tắt tiếng, sẽ không phát.`);
    en.push(one.mutedCount === 1 ? '1 cluster is muted and stays silent.' : `${one.mutedCount} clusters are muted and stay silent.`);
  }
  for (const missing of missingInWords(one.reach)) {
    vi.push(missing.vi);
    en.push(missing.en);
  }
  if (one.fmWords) {
    vi.push(`${one.fmWords.vi}.`);
    en.push(`${one.fmWords.en}.`);
  }
  if (one.same) {
    vi.push(`${one.same.requestedByName} đang phát đúng tin này tại đúng nơi này. Lệnh này sẽ nhập vào đó, không phát thêm lần nữa.`);
    en.push(`${one.same.requestedByName} is giving just this at just these places. This order joins it and starts nothing more.`);
  }
  for (const other of replaces) {
    const by =
      other.class === 'emergency' ? ` (${one.others.find((each) => each.broadcastId === other.broadcastId)?.requestedByName})` : '';
    vi.push(`Sẽ ngắt ‘${other.title}’${by} tại ${other.clusterCount} cụm${other.resumes ? ', sau đó phát tiếp' : ', không phát tiếp'}.`);
    en.push(
      `It will interrupt ‘${other.title}’${by} at ${clusters(other.clusterCount)}${other.resumes ? ', which goes on afterwards' : ', which ends'}.`,
    );
  }
  for (const other of waitsFor) {
    if (one.others.some((record) => record.broadcastId === other.broadcastId && isOver(record))) {
      vi.push(`Sẽ chờ ít giây, đến khi cụm nào chưa nghe đủ ‘${other.title}’ được nghe lại.`);
      en.push(`It will wait a moment, until clusters that missed some of ‘${other.title}’ have got it again.`);
      continue;
    }
    vi.push(`Sẽ chờ ‘${other.title}’ phát xong tại ${other.clusterCount} cụm.`);
    en.push(`It will wait until ‘${other.title}’ is over at ${clusters(other.clusterCount)}.`);
  }
  if (one.refusal) {
    vi.push(`Chưa phát được: ${one.refusal.vi}`);
    en.push(`It can’t be aired: ${one.refusal.en}`);
  }
  return {
    vi: vi.join(' '),
    en: en.join(' '),
    clusterCount: broadcast.clusterIds.length,
    connectedCount: one.reach.connected,
    hamletNames: [...one.hamletNames],
    startsAtMs: broadcast.startsAtMs,
    durationMs: broadcast.durationMs,
    replaces,
    waitsFor,
    fmClusterCount: one.fmClusterCount,
    ...(one.refusal ? { refusal: one.refusal } : {}),
  };
}

/** Who will not hear it, each by its reason: a pole without a speaker has not lost a connection. */
function missingInWords({ offline, neverConnected, withoutSpeaker }: Reach): Words[] {
  const all: [number, Words][] = [
    [offline, { vi: `${offline} cụm đang mất kết nối.`, en: `${clusters(offline)} not connected.` }],
    [
      neverConnected,
      {
        vi: `${neverConnected} cụm có bộ thu chưa kết nối lần nào.`,
        en: `${clusters(neverConnected)} with a speaker that never connected.`,
      },
    ],
    [withoutSpeaker, { vi: `${withoutSpeaker} cụm chưa có bộ thu.`, en: `${clusters(withoutSpeaker)} without a speaker yet.` }],
  ];
  return all.filter(([count]) => count > 0).map(([, words]) => words);
}

function lengthInWords({ content, durationMs, messageMs }: BroadcastRecord): Words {
  if (content.kind === 'bulletin' && content.repeat === 'until_stopped') {
    if (messageMs === null) return { vi: 'lặp lại đến khi dừng', en: 'repeated until stopped' };
    const once = durationInWords(messageMs);
    return { vi: `mỗi lần ${once.vi}, lặp lại đến khi dừng`, en: `${once.en} each time, repeated until stopped` };
  }
  if (durationMs === null) return { vi: 'dài đến khi dừng', en: 'until stopped' };
  const length = durationInWords(durationMs);
  return { vi: `dài ${length.vi}`, en: `for ${length.en}` };
}

function replacedBy(one: PreviewCase): BroadcastPreview['replaces'] {
  const found: BroadcastPreview['replaces'] = [];
  for (const decision of one.decisions) {
    if (decision.do !== 'preempt' && decision.do !== 'shift' && decision.do !== 'end') continue;
    const other = one.others.find((record) => record.broadcastId === decision.broadcastId);
    if (!other) continue;
    found.push({
      ...brief(other),
      clusterCount: shared(one.broadcast, other),
      resumes: decision.do !== 'end' && other.onPreempted === 'resume',
    });
  }
  return found;
}

function awaited(one: PreviewCase): BroadcastPreview['waitsFor'] {
  const wait = one.decisions.find((decision) => decision.do === 'wait' && decision.broadcastId === one.broadcast.broadcastId);
  const ids = wait?.do === 'wait' ? wait.for : [];
  return one.others
    .filter((other) => ids.includes(other.broadcastId))
    .map((other) => ({ ...brief(other), clusterCount: shared(one.broadcast, other) }));
}

function brief(record: BroadcastRecord): { broadcastId: string; title: string; class: BroadcastClass } {
  return { broadcastId: record.broadcastId, title: record.title, class: record.class };
}

function shared(one: BroadcastRecord, other: BroadcastRecord): number {
  const ids = new Set(one.clusterIds);
  return other.clusterIds.filter((clusterId) => ids.has(clusterId)).length;
}

/** "lúc 05:00 (5 giờ sáng) ngày 22/11/2026": an hour that was meant for the afternoon shows. */
function whenInWords(one: PreviewCase): Words {
  const { startsAtMs } = one.broadcast;
  if (startsAtMs <= one.nowMs + NOW_MS) return { vi: 'ngay', en: 'now' };
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: one.timeZone, ...options }).format(startsAtMs);
  const time = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const date = part({ day: '2-digit', month: '2-digit', year: 'numeric' });
  const hour = Number(time.slice(0, 2));
  const spoken =
    hour < 11 ? `${hour} giờ sáng` : hour < 13 ? `${hour} giờ trưa` : hour < 18 ? `${hour - 12} giờ chiều` : `${hour - 12} giờ tối`;
  return { vi: `lúc ${time} (${hour === 0 ? '0 giờ đêm' : spoken}) ngày ${date}`, en: `at ${time} on ${date}` };
}

function whereInWords(one: PreviewCase): Words {
  const count = one.broadcast.clusterIds.length;
  if (one.isEverything) {
    return {
      vi: `toàn xã, ${count} cụm loa (${one.hamletCount} ấp)`,
      en: `the whole commune, ${clusters(count)} in ${hamlets(one.hamletCount)}`,
    };
  }
  const isShort = one.hamletNames.length <= NAMED_HAMLETS_MAX;
  const names = one.hamletNames.join(', ');
  return {
    vi: `${count} cụm loa (${isShort ? names : `${one.hamletCount} ấp`})`,
    en: `${clusters(count)} (${isShort ? names : hamlets(one.hamletCount)})`,
  };
}

/** How loud it is on the clusters that let it out. An emergency has its own volume, whatever the poles are set to. */
export function loudnessOf(
  broadcastClass: BroadcastClass,
  clusters: readonly Pick<Cluster, 'volumeDb' | 'muted' | 'emergencyVolumeDb'>[],
): Pick<PreviewCase, 'volumesDb' | 'mutedCount'> {
  const isEmergency = broadcastClass === 'emergency';
  const open = isEmergency ? clusters : clusters.filter((cluster) => !isSilenced(cluster));
  const volumes = open.map((cluster) => (isEmergency ? cluster.emergencyVolumeDb : cluster.volumeDb));
  return {
    volumesDb: volumes.length > 0 ? { loudest: Math.max(...volumes), quietest: Math.min(...volumes) } : null,
    mutedCount: clusters.length - open.length,
  };
}

/** The horns' volume with the broadcast's gain, as a share of full amplitude. */
function volumeInWords(one: PreviewCase): Words {
  if (one.volumesDb === null) return { vi: 'không ra tiếng', en: 'without sound' };
  const percent = (volumeDb: number): number => Math.min(100, Math.round(100 * 10 ** ((volumeDb + one.broadcast.gainDb) / 20)));
  const [low, high] = [percent(one.volumesDb.quietest), percent(one.volumesDb.loudest)];
  const share = low === high ? `${high}%` : `${low}–${high}%`;
  return one.broadcast.class === 'emergency'
    ? { vi: `âm lượng khẩn cấp ${share}`, en: `emergency volume ${share}` }
    : { vi: `âm lượng ${share}`, en: `volume ${share}` };
}

function clusters(count: number): string {
  return count === 1 ? '1 cluster' : `${count} clusters`;
}

function hamlets(count: number): string {
  return count === 1 ? '1 hamlet' : `${count} hamlets`;
}
