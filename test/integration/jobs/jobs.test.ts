import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createJobs, type JobContext, type JobHandlers, type Jobs } from '../../../controller/jobs/index.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };

let redis: TestRedis;
const open: Jobs[] = [];

beforeEach(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const jobs of open.splice(0)) await jobs.close();
  await redis.close();
});

interface Setup {
  handle: (bulletinId: string, context: JobContext) => Promise<void>;
  concurrency?: number;
  connection?: string;
}

async function startJobs({
  handle,
  concurrency = 1,
  connection,
}: Setup): Promise<{ jobs: Jobs; lines: string[]; changes: string[]; reasons: string[] }> {
  const lines: string[] = [];
  const changes: string[] = [];
  const reasons: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const jobs = createJobs({
    connection: connection ?? redis.path,
    clock: new SystemClock(),
    logger,
    onConnectionChange: (state, unreachable) => {
      changes.push(state);
      if (unreachable) reasons.push(unreachable.en);
    },
  });
  const handlers: JobHandlers = {
    'ingest-bulletin': { concurrency, handle: ({ bulletinId }, context) => handle(bulletinId, context) },
    'plan-schedules': { concurrency: 1, handle: async () => {} },
  };
  jobs.define(handlers);
  open.push(jobs);
  await jobs.start();
  return { jobs, lines, changes, reasons };
}

describe('jobs', () => {
  test('run one at a time, with progress, and the same id twice runs once', async () => {
    const ran: string[] = [];
    let running = 0;
    let mostAtOnce = 0;
    const release = Promise.withResolvers<void>();
    const { jobs } = await startJobs({
      async handle(bulletinId, context) {
        mostAtOnce = Math.max(mostAtOnce, ++running);
        context.reportProgress(0.5);
        await release.promise;
        ran.push(bulletinId);
        running--;
      },
    });
    const ids = [randomUUID(), randomUUID()];
    for (const id of [...ids, ...ids]) await jobs.enqueue('ingest-bulletin', { bulletinId: id }, { jobId: id });
    await vi.waitFor(async () => expect(await jobs.getProgress('ingest-bulletin', ids[0] as string)).toBe(0.5), PATIENCE);
    expect(await jobs.isLive('ingest-bulletin', ids[1] as string)).toBe(true);
    release.resolve();
    await vi.waitFor(async () => expect(await jobs.isLive('ingest-bulletin', ids[1] as string)).toBe(false), PATIENCE);
    expect(ran).toEqual(ids);
    expect(mostAtOnce).toBe(1);
  });

  test('are tried again as often as asked, then kept as failed and logged; the id can be used again', async () => {
    const attempts: [number, boolean][] = [];
    const { jobs, lines } = await startJobs({
      async handle(_id, context) {
        attempts.push([context.attempt, context.isLastAttempt]);
        throw new Error('the disk is on fire');
      },
    });
    const bulletinId = randomUUID();
    await jobs.enqueue('ingest-bulletin', { bulletinId }, { jobId: bulletinId, attempts: 2 });
    await vi.waitFor(
      () =>
        expect(attempts).toEqual([
          [1, false],
          [2, true],
        ]),
      PATIENCE,
    );
    await vi.waitFor(async () => expect(await jobs.isLive('ingest-bulletin', bulletinId)).toBe(false), PATIENCE);
    expect(lines.filter((line) => line.includes('the disk is on fire')).length).toBe(2);
    await jobs.enqueue('ingest-bulletin', { bulletinId }, { jobId: bulletinId });
    await vi.waitFor(() => expect(attempts.length).toBe(3), PATIENCE);
  });

  test('refuse data that is not what the job carries', async () => {
    const { jobs } = await startJobs({ handle: () => Promise.resolve() });
    await expect(jobs.enqueue('ingest-bulletin', { bulletinId: 'no id' }, { jobId: 'x' })).rejects.toThrow();
  });

  test('survive SIGKILL of Redis: said once when lost and once when back, and work goes on', async () => {
    const ran: string[] = [];
    const { jobs, lines, changes } = await startJobs({
      handle: async (bulletinId) => {
        ran.push(bulletinId);
      },
    });
    const before = randomUUID();
    await jobs.enqueue('ingest-bulletin', { bulletinId: before }, { jobId: before });
    await vi.waitFor(() => expect(ran).toContain(before), PATIENCE);
    redis.kill();
    await vi.waitFor(() => expect(changes).toEqual(['lost', 'back']), PATIENCE);
    const after = randomUUID();
    await jobs.enqueue('ingest-bulletin', { bulletinId: after }, { jobId: after });
    await vi.waitFor(() => expect(ran).toContain(after), PATIENCE);
    expect(lines.filter((line) => line.includes('does not answer')).length).toBe(1);
    expect(lines.filter((line) => line.includes('Redis is back')).length).toBe(1);
  });

  test('a job under way when the controller stops is aborted and can run again', async () => {
    const begun = Promise.withResolvers<void>();
    const first = await startJobs({
      handle: (_id, context) =>
        new Promise((_resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason));
          begun.resolve();
        }),
    });
    const bulletinId = randomUUID();
    await first.jobs.enqueue('ingest-bulletin', { bulletinId }, { jobId: bulletinId });
    await begun.promise;
    await first.jobs.close();
    const ran: string[] = [];
    const second = await startJobs({
      connection: redis.url,
      handle: async (id) => {
        ran.push(id);
      },
    });
    await second.jobs.enqueue('ingest-bulletin', { bulletinId }, { jobId: bulletinId });
    await vi.waitFor(() => expect(ran).toEqual([bulletinId]), PATIENCE);
  });

  test('start without a Redis that is not there or wants another password, say why without the password, and work when it is there', async () => {
    const gone = await startJobs({ handle: async () => {}, connection: 'redis://:bi-mat@127.0.0.1:1' });
    expect(gone.changes).toEqual(['lost']);
    expect(gone.reasons[0]).toMatch(/127\.0\.0\.1:1 .*ECONNREFUSED.*REDIS_URL/);
    expect(JSON.stringify(gone.reasons)).not.toContain('bi-mat');
    const administrator = new Redis(redis.path);
    await administrator.config('SET', 'requirepass', 'dung');
    const ran: string[] = [];
    const refused = await startJobs({
      handle: async (id) => {
        ran.push(id);
      },
      connection: redis.path,
    });
    expect(refused.reasons[0]).toContain('NOAUTH');
    await administrator.config('SET', 'requirepass', '');
    administrator.disconnect();
    await vi.waitFor(() => expect(refused.changes).toEqual(['lost', 'back']), PATIENCE);
    const bulletinId = randomUUID();
    await refused.jobs.enqueue('ingest-bulletin', { bulletinId }, { jobId: bulletinId });
    await vi.waitFor(() => expect(ran).toEqual([bulletinId]), PATIENCE);
  });
});
