import { freePort } from '../support/commune-process.ts';
import { startTestDatabase, stopTestServer } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { type Line, startRedisLine, startSeverableLine } from '../support/severable-line.ts';
import { until } from '../support/until.ts';
import { BenchCommune, type BenchFleet } from './bench-commune.ts';
import { type BenchContext, type BenchRow, benchRow } from './bench-row.ts';
import { BREATH_MS, NO_SOUND_MS, play, type Recording, recording, soundedAfterMs } from './commune-stage.ts';
import { percentile } from './percentile.ts';

const NAME = 'store hangs';
const ANSWER_TARGET_MS = 500;
/** The same as with a database that is well. */
const SOUND_TARGET_MS = 300;
const SLOW_BY_MS = 2000;
const WARNING = 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.';

interface Trouble {
  name: string;
  /** Measured in a quick run, too. */
  isQuick?: boolean;
  begin(): Promise<void> | void;
}

/** How soon an emergency and its stop are answered, and the emergency heard, while the database or the queue does not answer. */
export async function bench(context: BenchContext): Promise<BenchRow[]> {
  const database = await startTestDatabase();
  const redis = await startTestRedis();
  const store = await startSeverableLine(database.databaseUrl);
  const queue = await startRedisLine(redis.path, await freePort());
  const town = new BenchCommune(context, {
    ...(context.quick ? { hamlets: 1, clustersPerHamlet: 5 } : { hamlets: 5, clustersPerHamlet: 10 }),
    environment: { DATABASE_URL: store.databaseUrl, REDIS_URL: queue.redisUrl },
  });
  try {
    await town.start();
    const warning = await recording(town, 'Khẩn cấp', WARNING, 'emergency');
    const fleet = await town.startFleet('lan', { settleMs: context.quick ? 2000 : 10_000 });
    const rows: BenchRow[] = [];
    const all = troubles(store, queue);
    for (const trouble of context.quick ? all.filter(({ isQuick }) => isQuick) : all) {
      rows.push(...(await measure({ context, town, fleet, warning }, trouble)));
      await Promise.all([store.mend(), queue.mend()]);
      await until('the controller is ready', async () => (await town.commune.api.call('GET', '/health/ready')).status === 200, 60_000, 250);
    }
    return rows;
  } catch (error) {
    for (const line of town.commune.log.slice(-15)) context.log(line);
    throw error;
  } finally {
    await Promise.all([store.mend(), queue.mend()]);
    await town.close();
    await Promise.all([store.close(), queue.close()]);
    await redis.close();
    await database.close();
    await stopTestServer();
  }
}

function troubles(store: Line, queue: Line): Trouble[] {
  return [
    { name: 'nothing wrong', begin: () => undefined },
    { name: 'PostgreSQL stopped', begin: () => store.cut() },
    { name: 'PostgreSQL hung', isQuick: true, begin: () => store.hang() },
    { name: 'PostgreSQL slow by 2 s', begin: () => store.slow(SLOW_BY_MS) },
    { name: 'Redis stopped', begin: () => queue.cut() },
    { name: 'Redis hung', begin: () => queue.hang() },
    { name: 'Redis slow by 2 s', begin: () => queue.slow(SLOW_BY_MS) },
  ];
}

interface Scene {
  context: BenchContext;
  town: BenchCommune;
  fleet: BenchFleet;
  warning: Recording;
}

async function measure({ context, town, fleet, warning }: Scene, { name, begin }: Trouble): Promise<BenchRow[]> {
  const { commune, clock, speakers } = town;
  const rounds = context.quick ? 1 : 5;
  const begunMs: number[] = [];
  const stoppedMs: number[] = [];
  const soundsMs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const sounds = fleet.firstSounds();
    // The first press finds it fresh: nobody knows yet that it is away.
    if (round === 1) await begin();
    const buttonAtMs = clock.nowMs();
    const broadcastId = await play(town, warning, 'emergency');
    begunMs.push(clock.nowMs() - buttonAtMs);
    soundsMs.push(...soundedAfterMs(await sounds.take(speakers, buttonAtMs, NO_SOUND_MS), speakers, buttonAtMs));
    const stopAtMs = clock.nowMs();
    await commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    stoppedMs.push(clock.nowMs() - stopAtMs);
    await clock.sleep(BREATH_MS);
  }
  const list = (figures: readonly number[]): string => figures.map((figure) => figure.toFixed(0)).join(', ');
  context.log(
    `${name}: answers after ${list(begunMs)} ms, to stops after ${list(stoppedMs)} ms; last pole ${list([Math.max(...soundsMs)])} ms`,
  );
  const common = { name: NAME, profile: 'lan' };
  return [
    benchRow({
      ...common,
      metric: `${name}: emergency answered, slowest`,
      value: Math.max(...begunMs),
      target: ANSWER_TARGET_MS,
      n: rounds,
    }),
    benchRow({ ...common, metric: `${name}: stop answered, slowest`, value: Math.max(...stoppedMs), target: ANSWER_TARGET_MS, n: rounds }),
    benchRow({
      ...common,
      metric: `${name}: button to first sound, p99`,
      value: percentile(soundsMs, 0.99),
      target: SOUND_TARGET_MS,
      n: soundsMs.length,
    }),
  ];
}
