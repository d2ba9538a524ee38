import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import type { FirstSound } from '../../speaker-firmware-sim/report/speaker-measurements.ts';
import type { BenchCommune } from './bench-commune.ts';
import type { BenchContext } from './bench-row.ts';

/** Counted for a speaker that did not sound at all. */
export const NO_SOUND_MS = 5000;
/** Between a broadcast's end and the next start, so that no speaker still plays the one before. */
export const BREATH_MS = 1500;
const SENTENCE = 'Kính mời bà con đến nhà văn hóa ấp để nghe phổ biến về chuyển đổi số và nhận hỗ trợ. ';
const NOTICE = 'Mời bà con ra nhà văn hóa.';
const WARNING = 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.';

export interface Scale {
  hamlets: number;
  clustersPerHamlet: number;
  /** Of the long bulletin. */
  sentences: number;
  settleMs: number;
  /** Scheduled starts on each network: the long bulletin once, the short one for the rest. */
  starts: number;
  /** From making the schedule to its first start on `lan`. Above five minutes the planner's own job hands it over. */
  planAheadMs: number;
  /** The same where the schedule is made while the speakers are already there; above the ten seconds that preparing takes. */
  planSoonMs: number;
  emergencies: number;
  playNows: number;
  /** Playings of the long bulletin on the worst network. */
  repairRepeats: number;
}

/** A bulletin as it is in the library. */
export interface Recording {
  bulletin: Bulletin;
  durationMs: number;
  file: string;
  /** What the encoder puts before the first sample, and every decoder takes off again (RFC 7845 section 4.2). It is sent before the declared instant. */
  preSkipMs: number;
}

/** What the parts of the on-air bench have in common. */
export interface Stage {
  context: BenchContext;
  town: BenchCommune;
  scale: Scale;
  long: Recording;
  short: Recording;
  warning: Recording;
}

export async function makeRecordings(town: BenchCommune, sentences: number): Promise<Pick<Stage, 'long' | 'short' | 'warning'>> {
  const [long, short, warning] = await Promise.all([
    recording(town, 'Bản tin', SENTENCE.repeat(sentences)),
    recording(town, 'Thông báo', NOTICE),
    recording(town, 'Khẩn cấp', WARNING, 'emergency'),
  ]);
  return { long, short, warning };
}

export async function recording(
  town: BenchCommune,
  title: string,
  text: string,
  broadcastClass: BroadcastClass = 'normal',
): Promise<Recording> {
  const { commune } = town;
  const bulletin = await commune.bulletinFromText(title, text, broadcastClass);
  const file = path.join(commune.dataDir, `../${bulletin.bulletinId}.opus`);
  const { raw } = await commune.api.call('GET', `/api/bulletins/${bulletin.bulletinId}/audio`);
  writeFileSync(file, raw);
  return { bulletin, durationMs: bulletin.durationMs ?? 0, file, preSkipMs: raw.readUInt16LE(raw.indexOf('OpusHead') + 10) / 48 };
}

/** A broadcast to everything; answers its id. */
export async function play(
  town: BenchCommune,
  { bulletin }: Recording,
  broadcastClass: BroadcastClass,
  options: { startsAtMs?: number; repeat?: number; hamletId?: string } = {},
): Promise<string> {
  const { repeat = 1, hamletId, ...when } = options;
  const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat, pauseMs: 0 };
  const where = hamletId === undefined ? {} : { targets: { hamletIds: [hamletId], clusterIds: [] } };
  return await town.commune.api.startBroadcast({ title: bulletin.title, class: broadcastClass, content, ...where, ...when });
}

/** Of each speaker, how long after an instant its first sound came; those that never sounded count as NO_SOUND_MS. */
export function soundedAfterMs(sounds: readonly FirstSound[], speakers: number, sinceMs: number): number[] {
  const first = new Map<string, number>();
  for (const { speakerId, trueMs } of sounds) {
    if (!first.has(speakerId)) first.set(speakerId, trueMs - sinceMs);
  }
  return [...first.values(), ...new Array<number>(Math.max(0, speakers - first.size)).fill(NO_SOUND_MS)];
}
