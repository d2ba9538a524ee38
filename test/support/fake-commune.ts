import { randomUUID } from 'node:crypto';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { Cluster, Hamlet } from '../../controller/protocol/inventory.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import type { SpeakerLiveState, SpeakerTelemetry } from '../../controller/protocol/speaker-state.ts';
import type { FaultListItem } from '../../controller/protocol/speakers.ts';

const HAMLETS = 15;
const CLUSTERS_PER_HAMLET = 4;
const two = (value: number): string => String(value).padStart(2, '0');

const telemetry: SpeakerTelemetry = {
  mains: true,
  batteryPercent: 96,
  amplifierCurrentMa: 410,
  amplifierTemperatureC: 43.5,
  lineImpedanceOhm: 82,
  signalDbm: -83,
  networkKind: '4g',
  uptimeS: 86_400,
  packetsReceived: 980,
  packetsLost: 3,
  packetsLate: 0,
  packetsRepaired: 3,
  packetsRejected: 0,
  concealedMs: 0,
  jitterMs: 12.4,
  bufferMs: 420,
  clockOffsetMs: 1.2,
  clockErrorMs: 0.4,
  clockDriftPpm: 18,
  outputLevelDb: -120,
};

/** What a fake commune holds; a test changes it before or while the page looks. */
export interface FakeCommune {
  hamlets: Hamlet[];
  clusters: Cluster[];
  speakers: Map<string, SpeakerLiveState>;
  bulletins: Bulletin[];
  broadcasts: Map<string, BroadcastSummary>;
  faults: FaultListItem[];
  /** Serial numbers of speakers that were taken out of service. */
  revoked: Set<string>;
}

export function fakeBulletin(change: Partial<Bulletin> & { title: string }, nowMs: number): Bulletin {
  return {
    bulletinId: randomUUID(),
    class: 'normal',
    topic: '',
    language: 'vi',
    origin: 'text',
    text: null,
    voice: 'espeak-vi',
    originalName: null,
    status: 'ready',
    progress: null,
    failure: null,
    warnings: [],
    durationMs: 200_000,
    loudnessLufs: -16.1,
    truePeakDbtp: -1.8,
    createdAtMs: nowMs - 86_400_000,
    updatedAtMs: nowMs - 86_400_000,
    lastAiredAtMs: null,
    ...change,
  };
}

export function fakeBroadcast(change: Partial<BroadcastSummary>, clusterIds: string[], nowMs: number): BroadcastSummary {
  return {
    broadcastId: randomUUID(),
    title: 'Lịch tiêm chủng tháng 10',
    class: 'normal',
    content: { kind: 'bulletin', bulletinId: randomUUID(), repeat: 1, pauseMs: 3000 },
    targets: { everything: true },
    clusterIds,
    status: 'on_air',
    startsAtMs: nowMs,
    startedAtMs: nowMs,
    endedAtMs: null,
    durationMs: 200_000,
    positionMs: 0,
    hearingClusters: 0,
    requestedBy: 'Nguyễn Thị Hạnh',
    origin: 'console',
    endReason: null,
    preemptedBy: null,
    makesUpFor: null,
    stored: true,
    ...change,
  };
}

/** 15 hamlets with four clusters each, one of them FM; everything connected but one pole without power and one open line. */
export function fakeCommune(nowMs: number): FakeCommune {
  const hamlets: Hamlet[] = [];
  const clusters: Cluster[] = [];
  const speakers = new Map<string, SpeakerLiveState>();
  for (let h = 1; h <= HAMLETS; h++) {
    const hamletId = `ap-${two(h)}`;
    hamlets.push({ hamletId, name: `Ấp ${h}`, position: h, population: 1200, latitude: null, longitude: null });
    for (let c = 1; c <= CLUSTERS_PER_HAMLET; c++) {
      const clusterId = `${hamletId}-c${c}`;
      const kind = h === HAMLETS && c === CLUSTERS_PER_HAMLET ? 'fm' : 'ip';
      clusters.push({
        clusterId,
        hamletId,
        name: `Cụm ${c}, ấp ${h}`,
        kind,
        horns: 2,
        volumeDb: -6,
        muted: false,
        emergencyVolumeDb: 0,
        alignDelayMs: 0,
        latitude: null,
        longitude: null,
        note: '',
      });
      if (kind === 'fm') continue;
      speakers.set(clusterId, {
        speakerId: `LX-${two(h)}${two(c)}`,
        clusterId,
        hamletId,
        rung: 'receiving',
        sinceMs: nowMs - 3_600_000,
        lastBeatMs: nowMs - 5000,
        roundTripMs: 48,
        broadcastId: null,
        muted: false,
        faults: [],
        telemetry,
      });
    }
  }
  const down = speakers.get('ap-03-c2');
  if (down) Object.assign(down, { rung: 'offline', sinceMs: nowMs - 2_400_000, lastBeatMs: nowMs - 2_460_000, faults: ['power_lost'] });
  const open = speakers.get('ap-09-c1');
  if (open) Object.assign(open, { faults: ['line_open'], telemetry: { ...telemetry, lineImpedanceOhm: null } });
  const fault = (clusterId: string, code: FaultListItem['code'], severity: FaultListItem['severity'], agoMs: number): FaultListItem => ({
    faultId: randomUUID(),
    code,
    severity,
    raisedAtMs: nowMs - agoMs,
    clearedAtMs: null,
    evidence: {},
    speakerId: speakers.get(clusterId)?.speakerId ?? '',
    clusterId,
  });
  return {
    hamlets,
    clusters,
    speakers,
    broadcasts: new Map(),
    revoked: new Set(),
    faults: [fault('ap-03-c2', 'power_lost', 'critical', 2_400_000), fault('ap-09-c1', 'line_open', 'warning', 7_200_000)],
    bulletins: [
      fakeBulletin(
        {
          title: 'Lịch tiêm chủng tháng 10',
          topic: 'Y tế',
          lastAiredAtMs: nowMs - 50_000_000,
          text: 'UBND xã thông báo lịch tiêm chủng ngày 10/10.',
        },
        nowMs,
      ),
      fakeBulletin({ title: 'Ngày Chuyển đổi số quốc gia 10/10', topic: 'Chuyển đổi số', durationMs: 312_000 }, nowMs),
      fakeBulletin({ title: 'Phòng chống lừa đảo qua mạng', class: 'priority', topic: 'An ninh', durationMs: 95_000 }, nowMs),
      fakeBulletin({ title: 'Lệnh sơ tán vì lũ', class: 'emergency', topic: 'Thiên tai', durationMs: 38_000 }, nowMs),
      fakeBulletin({ title: 'Cảnh báo dông, sét', class: 'emergency', topic: 'Thiên tai', durationMs: 27_000 }, nowMs),
      fakeBulletin({ title: 'Đính chính: thông báo nhầm', class: 'emergency', topic: 'Đính chính', durationMs: 9000 }, nowMs),
      fakeBulletin({ title: 'Ghi âm họp ấp', origin: 'upload', status: 'processing', progress: 0.4, durationMs: null }, nowMs),
      fakeBulletin(
        {
          title: 'Bản ghi hỏng',
          origin: 'upload',
          status: 'failed',
          durationMs: null,
          failure: { code: 'media.no_audio', vi: 'Tệp không có âm thanh.', en: 'The file has no sound in it.' },
        },
        nowMs,
      ),
    ],
  };
}
