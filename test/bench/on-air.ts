import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import type { FirstSound } from '../../speaker-firmware-sim/report/speaker-measurements.ts';
import { decodeFile } from '../support/audio-compare.ts';
import { findInHorn } from '../support/horn.ts';
import { BenchCommune, type BenchFleet } from './bench-commune.ts';
import type { BenchContext, BenchRow } from './bench-row.ts';
import { percentile } from './percentile.ts';
import { processCpuMs } from './process-cpu.ts';
import { proportionalMb, residentMb } from './process-memory.ts';

/** Counted for a speaker that did not sound at all. */
const NO_SOUND_MS = 5000;
/** Sound from further back belongs to what was on air before. */
const EARLIEST_MS = 100;
/** Between a broadcast's end and the next start, so that no speaker still plays the one before. */
const BREATH_MS = 1500;
const SENTENCE = 'Kính mời bà con đến nhà văn hóa ấp để nghe phổ biến về chuyển đổi số và nhận hỗ trợ. ';
const WARNING = 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.';
const HORN = 'SIM-0001';

interface Scale {
  /** Time to fetch, read and open what is planned; an office plans minutes or days ahead. */
  leadMs: number;
  hamlets: number;
  clustersPerHamlet: number;
  sentences: number;
  settleMs: number;
  emergencies: number;
  /** Playings of the bulletin on the worst network. */
  repairRepeats: number;
}

const FULL: Scale = {
  leadMs: 4000,
  hamlets: 25,
  clustersPerHamlet: 10,
  sentences: 5,
  settleMs: 25_000,
  emergencies: 6,
  repairRepeats: 4,
};
const QUICK: Scale = {
  leadMs: 2000,
  hamlets: 3,
  clustersPerHamlet: 10,
  sentences: 1,
  settleMs: 1000,
  emergencies: 1,
  repairRepeats: 0,
};

/** A whole commune on air: when it sounds, how far neighbours are apart, what is lost, what it needs, and whether it sounds as it was meant. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const scale = context.quick ? QUICK : FULL;
  const town = new BenchCommune(context, scale);
  try {
    await town.start();
    const [bulletin, warning] = await Promise.all([
      town.commune.bulletinFromText('Bản tin', SENTENCE.repeat(scale.sentences)),
      town.commune.bulletinFromText('Khẩn cấp', WARNING, 'emergency'),
    ]);
    const master = await fetchMaster(town, bulletin);
    const stage: Stage = { context, town, scale, bulletin, master, warning };
    const rows = await onLan(stage);
    if (!context.quick) rows.push(...(await on4g(stage)), ...(await onBad4g(stage)));
    return rows;
  } catch (error) {
    for (const line of town.commune.log.slice(-15)) context.log(line);
    throw error;
  } finally {
    await town.close();
  }
}

/** A bulletin as it is in the library. */
interface Master {
  file: string;
  /** What the encoder puts before the first sample, and every decoder takes off again (RFC 7845 section 4.2). It is sent before the declared instant. */
  preSkipMs: number;
}

async function fetchMaster(town: BenchCommune, bulletin: Bulletin): Promise<Master> {
  const file = path.join(town.commune.dataDir, '../master.opus');
  const { raw } = await town.commune.api.call('GET', `/api/bulletins/${bulletin.bulletinId}/audio`);
  writeFileSync(file, raw);
  return { file, preSkipMs: raw.readUInt16LE(raw.indexOf('OpusHead') + 10) / 48 };
}

interface Stage {
  context: BenchContext;
  town: BenchCommune;
  scale: Scale;
  bulletin: Bulletin;
  master: Master;
  warning: Bulletin;
}

async function onLan(stage: Stage): Promise<BenchRow[]> {
  const { town, scale } = stage;
  const file = path.join(town.commune.dataDir, `../${HORN}.wav`);
  const fleet = await town.startFleet('lan', { settleMs: scale.settleMs, listen: [[HORN, file]] });
  const recorded = await measureRecorded(stage, fleet, 'lan', { skewP50Ms: 0.05, skewP99Ms: 0.2 });
  const rows = [...recorded.rows, ...memoryRows(stage), ...(await emergencyRows(stage, fleet, 'lan', 300))];
  await fleet.close();
  return [...rows, ...(await soundRows(stage, file, recorded.startsAtMs))];
}

async function on4g(stage: Stage): Promise<BenchRow[]> {
  const fleet = await stage.town.startFleet('4g', { settleMs: stage.scale.settleMs });
  const { rows } = await measureRecorded(stage, fleet, '4g', { skewP99Ms: 5 });
  rows.push(...(await emergencyRows(stage, fleet, '4g', 800)));
  await fleet.close();
  return rows;
}

/** Start error and skew of a recorded bulletin that was planned a few seconds ahead. */
async function measureRecorded(
  stage: Stage,
  fleet: BenchFleet,
  profile: string,
  targets: { skewP50Ms?: number; skewP99Ms: number },
): Promise<{ rows: BenchRow[]; startsAtMs: number }> {
  const { context, town, scale, bulletin, master } = stage;
  await fleet.reset();
  const sounds = fleet.firstSounds();
  const startsAtMs = Math.round(town.clock.nowMs()) + scale.leadMs;
  const cpu = controllerCpu(town);
  const broadcastId = await play(stage, bulletin, 'normal', { startsAtMs });
  const heard = await sounds.take(town.speakers, scale.leadMs + NO_SOUND_MS);
  const errorsMs = errors(heard, town.speakers, startsAtMs - master.preSkipMs).map(Math.abs);
  const playsForMs = bulletin.durationMs ?? 0;
  await town.clock.sleep(Math.max(0, startsAtMs + playsForMs - 500 - town.clock.nowMs()));
  const { report } = await fleet.report();
  const share = cpu();
  await town.commune.broadcastOver(broadcastId);
  await town.clock.sleep(BREATH_MS);
  const { settledSkewMs: settled, skewMs: all } = report;
  context.log(
    `${profile}: start error p50 ${percentile(errorsMs, 0.5).toFixed(2)}, p99 ${percentile(errorsMs, 0.99).toFixed(2)} ms; skew p50 ${settled.p50.toFixed(3)}, ` +
      `p99 ${settled.p99.toFixed(3)} ms (from the first sound on: ${all.p50.toFixed(3)}, ${all.p99.toFixed(3)}); controller ${share.toFixed(0)} %, ` +
      `simulator ${report.cpuPercent.toFixed(0)} % of a core, ${report.hostLateBlocks} blocks late by the machine`,
  );
  const rows = [
    row({
      name: 'start latency',
      metric: 'error against the declared instant, p50',
      value: percentile(errorsMs, 0.5),
      n: errorsMs.length,
      profile,
    }),
    row({
      name: 'scheduled start error',
      metric: 'against the wall clock, p99 of all speakers',
      value: percentile(errorsMs, 0.99),
      target: 5,
      peer: 'BullMQ alone: 30-100 ms late',
      n: errorsMs.length,
      profile,
    }),
    row({ name: 'start latency', metric: 'last speaker after the first', value: spread(heard), n: heard.length, profile }),
    row({
      name: 'skew',
      metric: 'inside hamlets, settled, p50',
      value: settled.p50,
      target: targets.skewP50Ms ?? null,
      peer: profile === 'lan' ? 'snapclient 0.26: 0.04-0.05 ms' : null,
      n: settled.count,
      profile,
    }),
    row({
      name: 'skew',
      metric: 'inside hamlets, settled, p99',
      value: settled.p99,
      target: targets.skewP99Ms,
      peer: profile === 'lan' ? 'snapclient 0.26: 0.18-0.20 ms' : null,
      n: settled.count,
      profile,
    }),
    row({ name: 'skew', metric: 'inside hamlets from the first sound on, p99', value: all.p99, n: all.count, profile }),
    row({ name: 'controller', metric: 'CPU while a recording plays', value: share, unit: '% of a core', n: town.speakers, profile }),
  ];
  return { rows, startsAtMs };
}

/** From the instant before the call is sent to each speaker's first sounding sample, on the standing channel. */
async function emergencyRows(stage: Stage, fleet: BenchFleet, profile: string, targetMs: number): Promise<BenchRow[]> {
  const { context, town, warning, scale } = stage;
  const latenciesMs: number[] = [];
  const slowestMs: number[] = [];
  for (let round = 0; round < scale.emergencies; round++) {
    const sounds = fleet.firstSounds();
    const buttonAtMs = town.clock.nowMs();
    const broadcastId = await play(stage, warning, 'emergency', {});
    const answeredMs = town.clock.nowMs() - buttonAtMs;
    const heard = await sounds.take(town.speakers, NO_SOUND_MS);
    const own = errors(heard, town.speakers, buttonAtMs);
    latenciesMs.push(...own);
    slowestMs.push(Math.max(...own));
    context.log(
      `${profile}: emergency ${round + 1}: answer after ${answeredMs.toFixed(0)} ms; sounds after p50 ${percentile(own, 0.5).toFixed(0)}, ` +
        `p99 ${percentile(own, 0.99).toFixed(0)}, last ${Math.max(...own).toFixed(0)} ms`,
    );
    await town.commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    await town.commune.broadcastOver(broadcastId);
    await town.clock.sleep(BREATH_MS);
  }
  const common = { name: 'emergency latency', n: latenciesMs.length, profile };
  return [
    row({ ...common, metric: 'button to first sound, p50', value: percentile(latenciesMs, 0.5) }),
    row({ ...common, metric: 'button to first sound, p99', value: percentile(latenciesMs, 0.99), target: targetMs }),
    row({ ...common, metric: 'button to first sound, last of all', value: Math.max(...slowestMs) }),
  ];
}

/** What is heard of 5 % loss in bursts when there is a second to repair it. */
async function onBad4g(stage: Stage): Promise<BenchRow[]> {
  const { context, town, scale, bulletin } = stage;
  const profile = '4g-bad';
  const fleet = await town.startFleet(profile, { settleMs: 5000 });
  const startsAtMs = Math.round(town.clock.nowMs()) + scale.leadMs;
  await play(stage, bulletin, 'normal', { startsAtMs, repeat: scale.repairRepeats });
  await town.clock.sleep(scale.leadMs - 1000);
  await fleet.reset();
  await town.clock.sleep(1000 + scale.repairRepeats * (bulletin.durationMs ?? 0) - 1000);
  const { report, packets } = await fleet.report();
  await fleet.close();
  const lostAtFirst = (packets.repaired + packets.lost) / Math.max(1, packets.received + packets.lost);
  const { sound } = report;
  context.log(
    `${profile}: ${(100 * lostAtFirst).toFixed(2)} % of packets lost at first; concealed ${(100 * sound.concealedShareOutsideOutages).toFixed(3)} % outside outages, ` +
      `${(100 * sound.concealedShare).toFixed(2)} % with them; FEC ${(sound.fecMs / 1000).toFixed(1)} s of ${(sound.playedMs / 1000).toFixed(0)} s`,
  );
  const common = { name: 'loss repair', unit: '%', n: Math.round(sound.playedMs / 1000), profile };
  return [
    row({
      ...common,
      metric: 'concealed outside outages, of the seconds heard',
      value: 100 * sound.concealedShareOutsideOutages,
      target: 0.1,
      peer: `unrepaired: ${(100 * lostAtFirst).toFixed(2)} %`,
      ratio: sound.concealedShareOutsideOutages / lostAtFirst,
    }),
    row({ ...common, metric: 'packets lost at first, with outages', value: 100 * lostAtFirst, n: packets.received }),
    row({ ...common, metric: 'concealed or muted, with outages', value: 100 * sound.concealedShare }),
  ];
}

function memoryRows({ town, context }: Stage): BenchRow[] {
  const { commune, speakers } = town;
  const node = residentMb(commune.controller?.pid ?? 0);
  const workers = commune.children(/mediasoup-worker/).reduce((sum, pid) => sum + residentMb(pid), 0);
  const postgres = proportionalMb(commune.children(/postgres/));
  const redis = proportionalMb(commune.children(/redis/));
  context.log(
    `memory: node ${node.toFixed(0)}, media workers ${workers.toFixed(0)}, PostgreSQL ${postgres.toFixed(0)}, Redis ${redis.toFixed(0)} MB`,
  );
  const common = { name: 'memory', unit: 'MB', n: speakers };
  return [
    row({ ...common, metric: 'controller and media workers after a broadcast', value: node + workers, target: 400 }),
    row({ ...common, metric: 'of it the controller (Node)', value: node }),
    row({ ...common, metric: 'beside it PostgreSQL', value: postgres }),
    row({ ...common, metric: 'beside it Redis', value: redis }),
  ];
}

/** What one horn played, beside the master. */
async function soundRows({ master }: Stage, horn: string, startsAtMs: number): Promise<BenchRow[]> {
  const meant = (await decodeFile(master.file)).samples;
  const found = findInHorn(horn, meant, { fromMs: startsAtMs - 1000, untilMs: startsAtMs + meant.length / 48 + 1000 });
  const common = { name: 'sound', n: Math.round(meant.length / 48_000), profile: 'lan' };
  const clusterVolumeDb = -6;
  return [
    row({ ...common, metric: 'horn against master, correlation', value: found.correlation, unit: '' }),
    row({ ...common, metric: 'spectral distance (Bark bands)', value: found.spectralDistanceDb, unit: 'dB' }),
    row({ ...common, metric: 'level beside the volume set', value: Math.abs(found.levelDifferenceDb - clusterVolumeDb), unit: 'dB' }),
    row({ ...common, metric: 'start found by correlation, error', value: Math.abs(found.soundedAtMs - startsAtMs) }),
  ];
}

async function play(
  { town }: Stage,
  bulletin: Bulletin,
  broadcastClass: BroadcastClass,
  when: { startsAtMs?: number; repeat?: number },
): Promise<string> {
  const { repeat = 1, ...rest } = when;
  const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat, pauseMs: 0 };
  const broadcastId = randomUUID();
  return await town.commune.api.startBroadcast({ title: bulletin.title, class: broadcastClass, content, broadcastId, ...rest });
}

/** First sounds after an instant, one for each speaker; those that never sounded count as NO_SOUND_MS. */
function errors(sounds: readonly FirstSound[], speakers: number, sinceMs: number): number[] {
  const first = new Map<string, number>();
  for (const { speakerId, trueMs } of sounds) {
    if (trueMs < sinceMs - EARLIEST_MS) continue;
    if (!first.has(speakerId)) first.set(speakerId, trueMs - sinceMs);
  }
  return [...first.values(), ...new Array<number>(Math.max(0, speakers - first.size)).fill(NO_SOUND_MS)];
}

function spread(sounds: readonly FirstSound[]): number {
  const instants = sounds.map(({ trueMs }) => trueMs);
  return Math.max(...instants) - Math.min(...instants);
}

/** Processor time of the controller and its media workers from now on; the function answers percent of a core. */
function controllerCpu(town: BenchCommune): () => number {
  const pids = [town.commune.controller?.pid ?? 0, ...town.commune.children(/mediasoup-worker/)];
  const usedMs = (): number => pids.reduce((sum, pid) => sum + processCpuMs(pid), 0);
  const before = usedMs();
  const startMs = town.clock.monotonicMs();
  return () => (100 * (usedMs() - before)) / (town.clock.monotonicMs() - startMs);
}

function row(measured: Pick<BenchRow, 'name' | 'metric' | 'value' | 'n'> & Partial<BenchRow>): BenchRow {
  const { target = null, value } = measured;
  return { unit: 'ms', peer: null, ratio: null, profile: null, ...measured, target, pass: target === null ? null : value <= target };
}
