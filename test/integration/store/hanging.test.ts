import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createStore, isConnectionLoss, type Store } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type SeverableLine, startSeverableLine } from '../../support/severable-line.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();

describe('a database that hangs', () => {
  let database: TestDatabase;
  let line: SeverableLine;
  let store: Store;
  const told: string[] = [];
  beforeAll(async () => {
    database = await startTestDatabase();
    line = await startSeverableLine(database.databaseUrl);
    store = createStore({
      databaseUrl: line.databaseUrl,
      clock,
      logger: pino({ level: 'silent' }),
      poolSize: 2,
      onChange: (state) => told.push(state),
    });
    store.start();
    expect(await store.isHealthy()).toBe(true);
  });
  afterAll(async () => {
    await store.close();
    await line.close();
    await database.close();
  });

  it('fails what waits for it and what asks it, also with an exhausted pool, and is there again when it answers', async () => {
    line.hang();
    // More than the pool has connections: some hold one, some wait for one.
    const waiting = Array.from({ length: 5 }, () => store.db.execute(sql`select 1`));
    const inTransaction = store.db.transaction((transaction) => transaction.execute(sql`select 1`));
    for (const outcome of await Promise.allSettled([...waiting, inTransaction])) {
      expect(outcome.status).toBe('rejected');
      if (outcome.status === 'rejected') expect(isConnectionLoss(outcome.reason)).toBe(true);
    }
    await until('it counts as away', () => store.isAway());
    const startMs = clock.monotonicMs();
    await expect(store.db.execute(sql`select 1`)).rejects.toThrow();
    await expect(store.db.transaction((transaction) => transaction.execute(sql`select 1`))).rejects.toThrow();
    expect(await store.isHealthy()).toBe(false);
    // Nothing is waited for: a thousandth of what a hang costs.
    expect(clock.monotonicMs() - startMs).toBeLessThan(1000);

    await line.mend();
    await until('it is there again', () => !store.isAway());
    expect((await store.db.execute<{ n: number }>(sql`select 7 as n`)).rows[0]?.n).toBe(7);
    expect(told).toEqual(['away', 'back']);
  });

  it('is only slow when each of its answers takes two seconds', async () => {
    line.slow(2000);
    const answers = await Promise.all([1, 2].map((n) => store.db.execute<{ n: number }>(sql`select ${n}::int as n`)));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2]);
    expect(await store.isHealthy()).toBe(true);
    expect([store.isAway(), store.isPrompt()]).toEqual([false, false]);
    await line.mend();
    await until('it is prompt again', () => store.isPrompt());
    expect(told).toEqual(['away', 'back']);
  });

  it('keeps nobody from closing', async () => {
    line.hang();
    const waiting = store.db.execute(sql`select 1`);
    await Promise.all([store.close(), expect(waiting).rejects.toThrow()]);
  });
});
