import { pino } from 'pino';
import { SystemClock } from '../../controller/clock.ts';
import { createJobs } from '../../controller/jobs/index.ts';
import { startTestRedis } from '../support/redis.ts';
import type { BenchContext } from './bench-row.ts';
import { percentile } from './percentile.ts';

const SHORTEST_DELAY_MS = 1000;
/** Between two due instants: each job finds an idle worker, so that what is measured is the waking. */
const SPACING_MS = 130;
const LIMIT_MS = 10_000;

/** How late BullMQ's delayed jobs begin. */
export interface Lateness {
  p50Ms: number;
  p99Ms: number;
  n: number;
}

/** BullMQ as the peer of a scheduled start: the project's own queue on a private Redis of its own, with nothing else to do. */
export async function measureJobLateness({ quick, log }: BenchContext): Promise<Lateness> {
  const clock = new SystemClock();
  const redis = await startTestRedis();
  const jobs = createJobs({ connection: redis.url, clock, logger: pino({ level: 'silent' }) });
  const dueMs = new Map<string, number>();
  const lateMs: number[] = [];
  jobs.define({
    'plan-schedules': {
      concurrency: 1,
      async handle(_data, { jobId }) {
        lateMs.push(clock.nowMs() - (dueMs.get(jobId) ?? Number.NaN));
      },
    },
    'ingest-bulletin': { concurrency: 1, async handle() {} },
  });
  const n = quick ? 15 : 100;
  try {
    await jobs.start();
    for (let index = 0; index < n; index++) {
      const jobId = `late-${index}`;
      const delayMs = SHORTEST_DELAY_MS + index * SPACING_MS;
      dueMs.set(jobId, clock.nowMs() + delayMs);
      await jobs.enqueue('plan-schedules', {}, { jobId, delayMs });
    }
    const giveUpAtMs = Math.max(...dueMs.values()) + LIMIT_MS;
    while (lateMs.length < n && clock.nowMs() < giveUpAtMs) await clock.sleep(20);
  } finally {
    await jobs.close();
    await redis.close();
  }
  if (lateMs.length < n) throw new Error(`BullMQ ran only ${lateMs.length} of ${n} delayed jobs`);
  const lateness = { p50Ms: percentile(lateMs, 0.5), p99Ms: percentile(lateMs, 0.99), n };
  log(`BullMQ’s delayed jobs alone: p50 ${lateness.p50Ms.toFixed(1)}, p99 ${lateness.p99Ms.toFixed(1)} ms late`);
  return lateness;
}
