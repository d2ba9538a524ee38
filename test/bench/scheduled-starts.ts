import type { BenchCommune, BenchFleet } from './bench-commune.ts';
import { type BenchRow, benchRow } from './bench-row.ts';
import { BREATH_MS, NO_SOUND_MS, type Recording, type Stage, soundedAfterMs } from './commune-stage.ts';
import type { Lateness } from './job-lateness.ts';
import { percentile } from './percentile.ts';
import { processCpuMs } from './process-cpu.ts';

/**
 * Between a planned broadcast's end and the next: the decision about a start falls 1.3 s before its instant, a playout delay and a little more,
 * and one that is not over by then makes it wait.
 */
const GAP_MS = 4000;
/** The measuring stops so long before a broadcast's end. */
const BEFORE_END_MS = 500;

export interface PlannedStart {
  recording: Recording;
  startsAtMs: number;
}

/**
 * Makes schedules as an announcer does. From here on the controller does everything by itself: planning, handing over, arming the timer,
 * preparing channel and speakers ten seconds ahead, and the start.
 */
export async function planStarts({ town, long, short, scale }: Stage, name: string, aheadMs: number): Promise<PlannedStart[]> {
  const starts: PlannedStart[] = [];
  let freeAtMs = town.clock.nowMs() + aheadMs;
  for (let index = 0; index < scale.starts; index++) {
    const recording = index === 0 ? long : short;
    const startsAtMs = Math.ceil(freeAtMs / 1000) * 1000;
    starts.push({ recording, startsAtMs });
    freeAtMs = startsAtMs + recording.durationMs + GAP_MS;
  }
  for (const [index, recording] of [long, short].entries()) {
    const own = starts.filter((start) => start.recording === recording);
    if (own.length === 0) continue;
    await town.commune.api.expect('POST', '/api/schedules', {
      id: `${name}-${index}`,
      name: recording.bulletin.title,
      dailyTimes: own.map(({ startsAtMs }) => new Date(startsAtMs).toISOString().slice(11, 19)),
      timeZone: 'UTC',
      content: { kind: 'bulletin', bulletinId: recording.bulletin.bulletinId, repeat: 1, pauseMs: 0 },
      chime: false,
    });
  }
  return starts;
}

export interface Targets {
  skewP50Ms?: number;
  skewP99Ms: number;
}

/** How exactly planned broadcasts start; and while the long one plays, how far neighbours are apart and what it costs the controller. */
export async function scheduledRows(
  stage: Stage,
  fleet: BenchFleet,
  profile: string,
  options: { starts: readonly PlannedStart[]; targets: Targets; queue: Lateness | undefined },
): Promise<BenchRow[]> {
  const { context, town } = stage;
  const { clock, speakers } = town;
  const errorsMs: number[] = [];
  const medians: number[] = [];
  const spreads: number[] = [];
  const rows: BenchRow[] = [];
  for (const [index, { recording, startsAtMs }] of options.starts.entries()) {
    const waitMs = startsAtMs - clock.nowMs();
    if (waitMs < 0)
      throw new Error(`${profile}: scheduled start ${index + 1} was due ${-waitMs.toFixed(0)} ms before the bench was ready for it`);
    if (waitMs > 60_000) context.log(`${profile}: the schedule that was made at the beginning is due in ${(waitMs / 1000).toFixed(0)} s`);
    if (index === 0) await clock.sleep(waitMs - BEFORE_END_MS);
    await fleet.reset();
    const sounds = fleet.firstSounds();
    const cpu = controllerCpu(town);
    const firstSampleMs = startsAtMs - recording.preSkipMs;
    const sounding = await sounds.take(speakers, firstSampleMs, startsAtMs - clock.nowMs() + NO_SOUND_MS);
    const heard = soundedAfterMs(sounding, speakers, firstSampleMs);
    errorsMs.push(...heard.map(Math.abs));
    medians.push(percentile(heard.map(Math.abs), 0.5));
    spreads.push(Math.max(...heard) - Math.min(...heard));
    await clock.sleep(Math.max(0, startsAtMs + recording.durationMs - BEFORE_END_MS - clock.nowMs()));
    if (index > 0) continue;
    rows.push(...(await skewRows(stage, fleet, profile, options.targets)));
    rows.push(
      benchRow({ name: 'controller', metric: 'CPU while a recording plays', value: cpu(), unit: '% of a core', n: speakers, profile }),
    );
  }
  await clock.sleep(BEFORE_END_MS + BREATH_MS);
  const { queue } = options;
  const p99 = percentile(errorsMs, 0.99);
  context.log(
    `${profile}: ${medians.length} scheduled starts: p50 ${percentile(errorsMs, 0.5).toFixed(2)}, p99 ${p99.toFixed(2)} ms off; medians ${medians.map((ms) => ms.toFixed(2)).join(', ')}`,
  );
  const common = { name: 'scheduled start error', n: errorsMs.length, profile };
  const which = `${medians.length} starts by schedule`;
  return [
    benchRow({ ...common, metric: `against the wall clock, ${which}, p50`, value: percentile(errorsMs, 0.5) }),
    benchRow({
      ...common,
      metric: `against the wall clock, ${which}, p99 of all speakers`,
      value: p99,
      target: 5,
      peer: queue ? `BullMQ’s delayed jobs alone: p50 ${queue.p50Ms.toFixed(1)}, p99 ${queue.p99Ms.toFixed(1)} ms late (${queue.n})` : null,
      ratio: queue ? p99 / queue.p99Ms : null,
    }),
    benchRow({ ...common, metric: 'worst of the starts, its median speaker', value: Math.max(...medians), n: medians.length }),
    benchRow({ ...common, metric: 'last speaker after the first, worst of the starts', value: Math.max(...spreads), n: spreads.length }),
    ...rows,
  ];
}

async function skewRows({ context }: Stage, fleet: BenchFleet, profile: string, targets: Targets): Promise<BenchRow[]> {
  const { settledSkewMs: settled, skewMs: all, ...report } = (await fleet.report()).report;
  context.log(
    `${profile}: skew p50 ${settled.p50.toFixed(3)}, p99 ${settled.p99.toFixed(3)} ms (from the first sound on: ${all.p50.toFixed(3)}, ${all.p99.toFixed(3)}); ` +
      `simulator ${report.cpuPercent.toFixed(0)} % of a core, ${report.hostLateBlocks} blocks late by the machine`,
  );
  // Debian's snapclient plays through a sound system, which a server has not: no ratio to a figure of another day.
  const elsewhere = (figure: string): string | null =>
    profile === 'lan' ? `measured elsewhere, not in this run: snapclient 0.26 through PulseAudio ${figure} ms` : null;
  const common = { name: 'skew', profile, n: settled.count };
  return [
    benchRow({
      ...common,
      metric: 'inside hamlets, settled, p50',
      value: settled.p50,
      target: targets.skewP50Ms ?? null,
      peer: elsewhere('0.04-0.05'),
    }),
    benchRow({
      ...common,
      metric: 'inside hamlets, settled, p99',
      value: settled.p99,
      target: targets.skewP99Ms,
      peer: elsewhere('0.18-0.20'),
    }),
    benchRow({ ...common, metric: 'inside hamlets from the first sound on, p99', value: all.p99, n: all.count }),
  ];
}

/** Processor time of the controller and its media workers from now on; the function answers percent of a core. */
function controllerCpu({ commune, clock }: BenchCommune): () => number {
  const pids = [commune.controller?.pid ?? 0, ...commune.children(/mediasoup-worker/)];
  const usedMs = (): number => pids.reduce((sum, pid) => sum + (processCpuMs(pid) ?? 0), 0);
  const before = usedMs();
  const startMs = clock.monotonicMs();
  return () => (100 * (usedMs() - before)) / (clock.monotonicMs() - startMs);
}
