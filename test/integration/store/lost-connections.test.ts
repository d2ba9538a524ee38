import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createStore, isConnectionLoss, type Store } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type SeverableLine, startSeverableLine } from '../../support/severable-line.ts';

describe('connections that break', () => {
  let database: TestDatabase;
  let line: SeverableLine;
  let store: Store;
  beforeAll(async () => {
    database = await startTestDatabase();
    line = await startSeverableLine(database.databaseUrl);
    store = createStore({ databaseUrl: line.databaseUrl, clock: new SystemClock(), logger: pino({ level: 'silent' }), poolSize: 3 });
  });
  afterAll(async () => {
    await store.close();
    await line.close();
    await database.close();
  });

  it('are given back, in a transaction’s begin, middle and after an error, as often as it happens', async () => {
    for (let round = 0; round < 8; round++) {
      const outcomes = Promise.allSettled([
        store.db.transaction(async (transaction) => {
          await transaction.execute(sql`select pg_sleep(5)`);
        }),
        store.db.transaction(async (transaction) => {
          await transaction.execute(sql`select 1`);
          await line.cut();
          await transaction.execute(sql`select 1`);
        }),
      ]);
      for (const outcome of await outcomes) {
        expect(outcome.status).toBe('rejected');
        if (outcome.status === 'rejected') expect(isConnectionLoss(outcome.reason)).toBe(true);
      }
      await expect(store.db.transaction(() => Promise.resolve())).rejects.toThrow();
      await line.mend();
      await expect(store.db.transaction((transaction) => transaction.execute(sql`select 1/0`))).rejects.toThrow();
      const [row] = (await store.db.transaction((transaction) => transaction.execute<{ n: number }>(sql`select 7 as n`))).rows;
      expect(row?.n).toBe(7);
      expect(store.pool.totalCount - store.pool.idleCount).toBe(0);
    }
  });
});
