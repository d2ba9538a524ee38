import path from 'node:path';
import { BenchCommune } from './bench-commune.ts';
import type { BenchContext, BenchRow, Topic } from './bench-row.ts';
import { emergencyRows, playNowRows } from './button-starts.ts';
import { makeRecordings, type Scale, type Stage } from './commune-stage.ts';
import { hornRows } from './horn-sound.ts';
import { measureJobLateness } from './job-lateness.ts';
import { BAD_NETWORK, lossRepairRows } from './loss-repair.ts';
import { MemoryWatch } from './memory-watch.ts';
import { type PlannedStart, planStarts, scheduledRows, type Targets } from './scheduled-starts.ts';

const HORN = 'SIM-0001';
/** What the scheduled starts show. */
const SCHEDULED: readonly Topic[] = ['scheduled-start', 'skew', 'sound', 'controller', 'memory'];

const FULL: Scale = {
  hamlets: 25,
  clustersPerHamlet: 10,
  sentences: 5,
  settleMs: 25_000,
  starts: 10,
  // A playing is handed over five minutes ahead: what is further away when the schedule is made waits for the planner's job.
  planAheadMs: 310_000,
  planSoonMs: 14_000,
  emergencies: 10,
  playNows: 10,
  repairRepeats: 4,
};
const QUICK: Scale = {
  hamlets: 3,
  clustersPerHamlet: 10,
  sentences: 1,
  settleMs: 0,
  starts: 2,
  planAheadMs: 10_500,
  planSoonMs: 10_500,
  emergencies: 1,
  playNows: 1,
  repairRepeats: 1,
};

/** A whole commune on air: when it sounds, how far neighbours are apart, what is lost, what it needs, and whether it sounds as it was meant. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const scale = context.quick ? QUICK : FULL;
  const town = new BenchCommune(context, scale);
  let memory: MemoryWatch | undefined;
  try {
    await town.start();
    memory = new MemoryWatch(town);
    const stage: Stage = { context, town, scale, ...(await makeRecordings(town, scale.sentences)) };
    const rows = await onLan(stage);
    if (!context.quick) rows.push(...(await on4g(stage)), ...(await onBad4g(stage)));
    return [...rows, ...memory.rows()];
  } catch (error) {
    for (const line of town.commune.log.slice(-15)) context.log(line);
    throw error;
  } finally {
    memory?.end();
    await town.close();
  }
}

async function onLan(stage: Stage): Promise<BenchRow[]> {
  const { context, town, scale } = stage;
  const wantsStarts = context.wants('scheduled-start');
  const topics: readonly Topic[] = [...SCHEDULED, 'start', 'emergency', ...(context.quick ? (['loss-repair'] as const) : [])];
  if (!topics.some((topic) => context.wants(topic))) return [];
  const early = wantsStarts && !context.quick ? await planStarts(stage, 'lan', scale.planAheadMs) : undefined;
  const file = path.join(town.commune.dataDir, `../${HORN}.wav`);
  const fleet = await town.startFleet('lan', { settleMs: scale.settleMs, listen: [[HORN, file]] });
  const starts = early ?? (await startsSoon(stage, 'lan'));
  const rows: BenchRow[] = [];
  if (context.wants('emergency')) rows.push(...(await emergencyRows(stage, fleet, 'lan', 300)));
  if (context.wants('start')) rows.push(...(await playNowRows(stage, fleet, 'lan')));
  const queue = wantsStarts ? await measureJobLateness(context) : undefined;
  const targets: Targets = { skewP50Ms: 0.05, skewP99Ms: 0.2 };
  if (starts) rows.push(...(await scheduledRows(stage, fleet, 'lan', { starts, targets, queue })));
  if (context.quick && context.wants('loss-repair')) {
    // Connecting over the bad network would take half of a quick run's time.
    await fleet.network(BAD_NETWORK);
    rows.push(...(await lossRepairRows(stage, fleet)));
  }
  await fleet.close();
  const [long] = starts ?? [];
  return long && context.wants('sound') ? [...rows, ...(await hornRows(file, long))] : rows;
}

async function on4g(stage: Stage): Promise<BenchRow[]> {
  const { context, town, scale } = stage;
  const topics: readonly Topic[] = ['scheduled-start', 'skew', 'start', 'emergency', 'controller', 'memory'];
  if (!topics.some((topic) => context.wants(topic))) return [];
  const fleet = await town.startFleet('4g', { settleMs: scale.settleMs });
  const starts = await startsSoon(stage, '4g');
  const rows = starts ? await scheduledRows(stage, fleet, '4g', { starts, targets: { skewP99Ms: 5 }, queue: undefined }) : [];
  if (context.wants('emergency')) rows.push(...(await emergencyRows(stage, fleet, '4g', 800)));
  if (context.wants('start')) rows.push(...(await playNowRows(stage, fleet, '4g')));
  await fleet.close();
  return rows;
}

async function onBad4g(stage: Stage): Promise<BenchRow[]> {
  if (!stage.context.wants('loss-repair')) return [];
  const fleet = await stage.town.startFleet(BAD_NETWORK, { settleMs: 5000 });
  const rows = await lossRepairRows(stage, fleet);
  await fleet.close();
  return rows;
}

/** Without the topic of the starts themselves the long bulletin alone will do. */
async function startsSoon(stage: Stage, name: string): Promise<PlannedStart[] | undefined> {
  const { context, scale } = stage;
  if (!SCHEDULED.some((topic) => context.wants(topic))) return undefined;
  const starts = context.wants('scheduled-start') ? scale.starts : 1;
  return await planStarts({ ...stage, scale: { ...scale, starts } }, name, scale.planSoonMs);
}
