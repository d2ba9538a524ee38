import type { Speaker } from '../speaker/speaker.ts';
import { Histogram, type Percentiles } from './histogram.ts';
import type { SkewMeter } from './skew.ts';
import type { FirstSound, SoundTotals } from './speaker-measurements.ts';

export interface BroadcastReport {
  channelId: string;
  broadcastId: string | null;
  speakers: number;
  /** When the broadcast's first sample was due anywhere: the declared start. */
  declaredStartMs: number;
  /** First sounding sample after the declared start, over the speakers. */
  startLatencyMs: Percentiles;
}

export interface SpeakerReport {
  speakerId: string;
  hamletId: string;
  connected: boolean;
  receiving: boolean;
  driftPpm: number;
  clockErrorMs: number | null;
  packetsReceived: number;
  packetsLate: number;
  packetsRejected: number;
  messagesRejected: number;
  nacksSent: number;
  resyncs: number;
  hostLateBlocks: number;
  sound: SoundTotals;
}

export interface FleetReport {
  atMs: number;
  durationMs: number;
  network: string;
  speakers: number;
  connected: number;
  receiving: number;
  /** CPU of the simulating process, percent of one core. */
  cpuPercent: number;
  memoryMb: number;
  broadcasts: BroadcastReport[];
  startLatencyMs: Percentiles;
  captureToHornMs: Percentiles;
  syncErrorMs: Percentiles;
  skewMs: Percentiles;
  settledSkewMs: Percentiles;
  /** The devices' ideas of controller time against the simulator's truth: their mean is the truth's own error plus the asymmetry of the paths. */
  clockErrorMs: { mean: number; largest: number };
  sound: SoundTotals & { concealedShare: number; concealedShareOutsideOutages: number };
  packets: { received: number; late: number; duplicate: number; rejected: number; unplaced: number; nacksSent: number };
  /** How long the simulating process came too late to its work; a busy machine shows here before it shows in the figures. */
  hostStalls: { totalMs: number; longestMs: number };
  /** Blocks rendered after their instant because the simulating process was late; devices would not have been. */
  hostLateBlocks: number;
  pendingReceipts: number;
  perSpeaker: SpeakerReport[];
}

interface Sources {
  speakers: readonly Speaker[];
  skew: SkewMeter;
  startedAtMs: number;
  nowMs: number;
  network: string;
  cpuMs: number;
  stalls: { totalMs: number; longestMs: number };
}

export function makeReport(sources: Sources): FleetReport {
  const { speakers, skew, nowMs, startedAtMs } = sources;
  const captureToHorn = new Histogram();
  const syncError = new Histogram();
  const totals: SoundTotals = { playedMs: 0, fecMs: 0, concealedMs: 0, dryMs: 0, mutedMs: 0, inOutageMs: 0 };
  const packets = { received: 0, late: 0, duplicate: 0, rejected: 0, unplaced: 0, nacksSent: 0 };
  const clockErrors: number[] = [];
  for (const speaker of speakers) {
    captureToHorn.merge(speaker.measurements.captureToHornMs);
    syncError.merge(speaker.measurements.syncErrorMs);
    for (const key of Object.keys(totals) as (keyof SoundTotals)[]) totals[key] += speaker.measurements.totals[key];
    for (const key of Object.keys(packets) as (keyof typeof packets)[]) packets[key] += speaker.receiver.counts[key];
    const errorMs = speaker.trueClockErrorMs(nowMs);
    if (errorMs !== undefined) clockErrors.push(errorMs);
  }
  const broadcasts = broadcastReports(speakers.flatMap((speaker) => [...speaker.measurements.firstSounds]));
  const start = new Histogram();
  for (const { latencies } of broadcasts) for (const latencyMs of latencies) start.add(latencyMs);
  const due = totals.playedMs + totals.fecMs + totals.concealedMs + totals.mutedMs;
  return {
    atMs: nowMs,
    durationMs: nowMs - startedAtMs,
    network: sources.network,
    speakers: speakers.length,
    connected: speakers.filter((speaker) => speaker.connected).length,
    receiving: speakers.filter((speaker) => speaker.receiving).length,
    cpuPercent: (100 * sources.cpuMs) / Math.max(1, nowMs - startedAtMs),
    memoryMb: process.memoryUsage().rss / 1e6,
    broadcasts: broadcasts.map(({ report }) => report),
    startLatencyMs: start.percentiles(),
    captureToHornMs: captureToHorn.percentiles(),
    syncErrorMs: syncError.percentiles(),
    skewMs: skew.all.percentiles(),
    settledSkewMs: skew.settled.percentiles(),
    clockErrorMs: {
      mean: clockErrors.reduce((sum, error) => sum + error, 0) / Math.max(1, clockErrors.length),
      largest: clockErrors.reduce((largest, error) => Math.max(largest, Math.abs(error)), 0),
    },
    sound: {
      ...totals,
      concealedShare: due > 0 ? (totals.concealedMs + totals.mutedMs) / due : 0,
      concealedShareOutsideOutages: due > 0 ? (totals.concealedMs + totals.mutedMs - totals.inOutageMs) / due : 0,
    },
    packets,
    hostStalls: { ...sources.stalls },
    hostLateBlocks: speakers.reduce((sum, speaker) => sum + speaker.playout.hostLateBlocks, 0),
    pendingReceipts: speakers.reduce((sum, speaker) => sum + speaker.pendingReceipts, 0),
    perSpeaker: speakers.map((speaker) => speakerReport(speaker, nowMs)),
  };
}

function broadcastReports(sounds: readonly FirstSound[]): { report: BroadcastReport; latencies: number[] }[] {
  const groups = new Map<string, FirstSound[]>();
  for (const sound of sounds) {
    const key = `${sound.channelId}\n${sound.broadcastId}`;
    const group = groups.get(key);
    if (group) group.push(sound);
    else groups.set(key, [sound]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [FirstSound];
    const declaredStartMs = group.reduce((earliest, sound) => Math.min(earliest, sound.dueMs), Number.POSITIVE_INFINITY);
    const latencies = group.map((sound) => sound.trueMs - declaredStartMs);
    const histogram = new Histogram();
    for (const latencyMs of latencies) histogram.add(latencyMs);
    const report = {
      channelId: first.channelId,
      broadcastId: first.broadcastId,
      speakers: group.length,
      declaredStartMs,
      startLatencyMs: histogram.percentiles(),
    };
    return { report, latencies };
  });
}

function speakerReport(speaker: Speaker, nowMs: number): SpeakerReport {
  const { counts } = speaker.receiver;
  return {
    speakerId: speaker.speakerId,
    hamletId: speaker.hamletId,
    connected: speaker.connected,
    receiving: speaker.receiving,
    driftPpm: speaker.oscillator.ratePpm,
    clockErrorMs: speaker.trueClockErrorMs(nowMs) ?? null,
    packetsReceived: counts.received,
    packetsLate: counts.late,
    packetsRejected: counts.rejected,
    messagesRejected: speaker.rejectedMessages,
    nacksSent: counts.nacksSent,
    resyncs: speaker.playout.resyncs,
    hostLateBlocks: speaker.playout.hostLateBlocks,
    sound: { ...speaker.measurements.totals },
  };
}
