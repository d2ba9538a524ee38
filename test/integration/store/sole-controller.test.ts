import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import type { AppError } from '../../../controller/errors.ts';
import { createSoleController, type SoleController } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const LOCK_KEY = 0x4c4f415842;
const logger = pino({ level: 'silent' });

describe('one controller for a database', () => {
  let database: TestDatabase;
  const open: SoleController[] = [];

  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(() => database.close());

  function controller(instance: string) {
    const yields: AppError[] = [];
    const sole = createSoleController({
      ...{ databaseUrl: database.databaseUrl, clock, logger, instance, startPatienceMs: 0 },
      onYield: (reason) => yields.push(reason),
    });
    open.push(sole);
    return { sole, yields };
  }
  /** As an administrator of the database, or a server that goes down for a moment. */
  const cutOff = (instance: string): Promise<unknown> =>
    database.store.pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1', [`% ${instance}`]);

  it('the second is refused, and told who the first is; it may when the first has ended', async () => {
    const first = controller('first');
    await first.sole.start();
    const refusal = controller('second').sole.start();
    await expect(refusal).rejects.toMatchObject({ code: 'store.in_use', details: { process: String(process.pid) } });
    await first.sole.close();
    const third = controller('third');
    await third.sole.start();
    expect(third.sole.isHeld()).toBe(true);
  });

  it('a lost connection is taken again, and nobody has to yield', async () => {
    const { sole, yields } = controller('alone');
    await sole.start();
    for (let round = 0; round < 2; round += 1) {
      await cutOff('alone');
      await until('the loss is noticed', () => !sole.isHeld(), 20_000);
      await until('it is taken again', () => sole.isHeld(), 20_000);
    }
    expect(yields).toEqual([]);
  });

  it('a session of its own whose line broke is in nobody’s way', async () => {
    const stale = new pg.Client({ connectionString: database.databaseUrl, application_name: 'loa-xa controller here 1 same' });
    stale.on('error', () => undefined);
    await stale.connect();
    await stale.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    const { sole, yields } = controller('same');
    await sole.start();
    expect([sole.isHeld(), yields]).toEqual([true, []]);
  });

  it('who finds another at it after a lost connection yields, once, in words', async () => {
    const { sole, yields } = controller('old');
    await sole.start();
    // It waits for the lock, and so has it before we can look again.
    const successor = new pg.Client({ connectionString: database.databaseUrl, application_name: 'loa-xa controller elsewhere 7 new' });
    successor.on('error', () => undefined);
    await successor.connect();
    const taken = successor.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    await cutOff('old');
    await taken;
    await until('it yields', () => yields.length > 0, 20_000);
    expect(yields).toMatchObject([{ code: 'store.in_use', details: { host: 'elsewhere', process: '7' } }]);
    expect(yields[0]?.words.en).toContain('took the database');
    expect(sole.isHeld()).toBe(false);
    await successor.end();
  });
});
