import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SystemClock, TestClock } from '../../../controller/clock.ts';
import { createJobs, type Jobs } from '../../../controller/jobs/index.ts';
import { scheduleRequest } from '../../../controller/protocol/schedules.ts';
import { createSchedules, type Schedules } from '../../../controller/schedules/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

const MINUTE_MS = 60_000;
const logger = pino({ level: 'silent' });
const clock = new TestClock(Date.UTC(2026, 10, 28, 1));
const begun: { startsAtMs?: number | undefined }[] = [];
let database: TestDatabase;
let redis: TestRedis;
let jobs: Jobs;
let schedules: Schedules;

beforeAll(async () => {
  [database, redis] = await Promise.all([startTestDatabase(), startTestRedis()]);
  schedules = createSchedules({
    ...{ store: database.store, clock, logger, folder: makeScratchFolder('schedules'), timeZone: 'UTC' },
    audit: { record: async () => undefined },
    broadcasts: {
      begin: async (request) => {
        begun.push(request);
        return {} as never;
      },
      withdraw: async () => true,
    },
    programmes: {
      createFromText: () => Promise.reject(new Error('no files here')),
      createFromFile: () => Promise.reject(new Error('no files here')),
      bulletin: async () => undefined,
    },
    inventory: { resolve: () => ({ clusterIds: ['c-1'], fmClusterIds: [], hamlets: [], isEverything: true }) },
  });
  jobs = createJobs({ connection: redis.url, clock: new SystemClock(), logger });
  jobs.define({
    'ingest-bulletin': { concurrency: 1, handle: async () => undefined },
    'plan-schedules': { concurrency: 1, handle: () => schedules.plan() },
  });
  await jobs.start();
  await schedules.start();
  await jobs.schedule('plan-schedules', {}, { key: 'plan', everyMs: MINUTE_MS });
});
afterAll(async () => {
  const pid = redis?.pid();
  if (pid !== undefined) process.kill(pid, 'SIGCONT');
  await schedules?.close();
  await jobs?.close();
  await redis?.close();
  await database?.close();
});

it('a schedule half an hour ahead is handed over in time while Redis hangs', async () => {
  process.kill(redis.pid() ?? 0, 'SIGSTOP');
  const startsAtMs = clock.nowMs() + 30 * MINUTE_MS;
  const request = scheduleRequest.parse({
    ...{ id: 'tin-sang', name: 'Tin sáng', startsOn: '2026-11-28', dailyTimes: ['01:30:00'], targets: { everything: true } },
    content: { kind: 'relay', url: 'https://example.org/live', durationMs: MINUTE_MS },
  });
  await schedules.create(request, { userId: null, displayName: 'Chị Hoa' });
  expect(begun).toEqual([]);
  await clock.advance(26 * MINUTE_MS);
  await until('it is handed over', () => begun.length > 0);
  expect(begun[0]).toMatchObject({ startsAtMs });
  expect(clock.nowMs()).toBeLessThan(startsAtMs);
});
