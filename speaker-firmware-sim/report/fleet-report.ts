import type { Speaker } from '../speaker/speaker.ts';
import { type Bucket, Histogram, histogramOf, type Percentiles } from './histogram.ts';
import { addPackets, lossShares, noPackets, type PacketCounts } from './packet-counts.ts';
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
  packets: PacketCounts & { lossShare: number; lossShareBeforeRepair: number };
  messagesRejected: number;
  resyncs: number;
  hostLateBlocks: number;
  sound: SoundTotals & { concealedShare: number };
}

/** Figures of which a run gives one for each speaker: how many speakers have how bad a time. */
interface PerSpeaker<T> {
  /** Packets that never came in time, per cent. */
  lossPercent: T;
  /** Concealed or muted of what was due, per cent. */
  concealedPercent: T;
  /** Packets that came after their instant. */
  latePackets: T;
}

/** In milliseconds. */
interface Histograms<T> {
  startLatencyMs: T;
  /** Distance from the declared start, early or late: what is early has no latency. */
  startErrorMs: T;
  captureToHornMs: T;
  mouthToHornMs: T;
  syncErrorMs: T;
  skewMs: T;
  settledSkewMs: T;
}

export interface FleetReport extends Histograms<Percentiles> {
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
  /** Distributions over the speakers. */
  overSpeakers: PerSpeaker<Percentiles>;
  histograms: Histograms<Bucket[]> & { overSpeakers: PerSpeaker<Bucket[]> };
  /** The devices' ideas of controller time against the simulator's truth: their mean is the truth's own error plus the asymmetry of the paths. */
  clockErrorMs: { mean: number; largest: number };
  sound: SoundTotals & { concealedShare: number; concealedShareOutsideOutages: number };
  packets: PacketCounts & { lossShare: number; lossShareBeforeRepair: number };
  /** How long the simulating process came too late to its work; a busy machine shows here before it shows in the figures. */
  hostStalls: { totalMs: number; longestMs: number };
  /** Blocks rendered after their instant because the simulating process was late; devices would not have been. */
  hostLateBlocks: number;
  pendingReceipts: number;
  perSpeaker: SpeakerReport[];
}

interface Sources {
  speakers: readonly Speaker[];
  /** Since the measurement began. */
  packetsOf(speaker: Speaker): PacketCounts;
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
  const mouthToHorn = new Histogram();
  const syncError = new Histogram();
  const totals: SoundTotals = { playedMs: 0, fecMs: 0, concealedMs: 0, dryMs: 0, mutedMs: 0, inOutageMs: 0 };
  const packets = noPackets();
  const clockErrors: number[] = [];
  for (const speaker of speakers) {
    captureToHorn.merge(speaker.measurements.captureToHornMs);
    mouthToHorn.merge(speaker.measurements.liveToHornMs);
    syncError.merge(speaker.measurements.syncErrorMs);
    for (const key of Object.keys(totals) as (keyof SoundTotals)[]) totals[key] += speaker.measurements.totals[key];
    addPackets(packets, sources.packetsOf(speaker));
    const errorMs = speaker.trueClockErrorMs(nowMs);
    if (errorMs !== undefined) clockErrors.push(errorMs);
  }
  const perSpeaker = speakers.map((speaker) => speakerReport(speaker, sources.packetsOf(speaker), nowMs));
  const broadcasts = broadcastReports(speakers.flatMap((speaker) => [...speaker.measurements.firstSounds]));
  const start = histogramOf(broadcasts.flatMap(({ latencies }) => latencies));
  const startError = histogramOf(broadcasts.flatMap(({ latencies }) => latencies.map(Math.abs)));
  const due = dueMs(totals);
  const distributions = {
    startLatencyMs: start,
    startErrorMs: startError,
    captureToHornMs: captureToHorn,
    mouthToHornMs: mouthToHorn,
    syncErrorMs: syncError,
    skewMs: skew.all,
    settledSkewMs: skew.settled,
  };
  const overSpeakers = {
    lossPercent: histogramOf(perSpeaker.map((speaker) => 100 * speaker.packets.lossShare)),
    concealedPercent: histogramOf(perSpeaker.map((speaker) => 100 * speaker.sound.concealedShare)),
    latePackets: histogramOf(perSpeaker.map((speaker) => speaker.packets.late)),
  };
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
    ...eachOf(distributions, (histogram) => histogram.percentiles()),
    overSpeakers: eachOf(overSpeakers, (histogram) => histogram.percentiles()),
    histograms: {
      ...eachOf(distributions, (histogram) => histogram.buckets()),
      overSpeakers: eachOf(overSpeakers, (histogram) => histogram.buckets()),
    },
    clockErrorMs: {
      mean: clockErrors.reduce((sum, error) => sum + error, 0) / Math.max(1, clockErrors.length),
      largest: clockErrors.reduce((largest, error) => Math.max(largest, Math.abs(error)), 0),
    },
    sound: {
      ...totals,
      concealedShare: due > 0 ? (totals.concealedMs + totals.mutedMs) / due : 0,
      concealedShareOutsideOutages: due > 0 ? (totals.concealedMs + totals.mutedMs - totals.inOutageMs) / due : 0,
    },
    packets: { ...packets, ...lossShares(packets) },
    hostStalls: { ...sources.stalls },
    hostLateBlocks: speakers.reduce((sum, speaker) => sum + speaker.playout.hostLateBlocks, 0),
    pendingReceipts: speakers.reduce((sum, speaker) => sum + speaker.pendingReceipts, 0),
    perSpeaker,
  };
}

function eachOf<Name extends string, T>(histograms: Record<Name, Histogram>, figure: (histogram: Histogram) => T): Record<Name, T> {
  const entries = Object.entries<Histogram>(histograms).map(([name, histogram]) => [name, figure(histogram)]);
  return Object.fromEntries(entries) as Record<Name, T>;
}

function dueMs(totals: SoundTotals): number {
  return totals.playedMs + totals.fecMs + totals.concealedMs + totals.mutedMs;
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
    const report = {
      channelId: first.channelId,
      broadcastId: first.broadcastId,
      speakers: group.length,
      declaredStartMs,
      startLatencyMs: histogramOf(latencies).percentiles(),
    };
    return { report, latencies };
  });
}

function speakerReport(speaker: Speaker, packets: PacketCounts, nowMs: number): SpeakerReport {
  const { totals } = speaker.measurements;
  return {
    speakerId: speaker.speakerId,
    hamletId: speaker.hamletId,
    connected: speaker.connected,
    receiving: speaker.receiving,
    driftPpm: speaker.oscillator.ratePpm,
    clockErrorMs: speaker.trueClockErrorMs(nowMs) ?? null,
    packets: { ...packets, ...lossShares(packets) },
    messagesRejected: speaker.rejectedMessages,
    resyncs: speaker.playout.resyncs,
    hostLateBlocks: speaker.playout.hostLateBlocks,
    sound: { ...totals, concealedShare: (totals.concealedMs + totals.mutedMs) / Math.max(1, dueMs(totals)) },
  };
}
