import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAiredCopies, createAiredCopyStore } from '../../../controller/air/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createStore, type Store, schema } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { type SeverableLine, startSeverableLine } from '../../support/severable-line.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

describe('rows of aired copies', () => {
  let database: TestDatabase;
  let line: SeverableLine;
  let severable: Store;
  let dataDir: string;

  const copiesOn = (store: Store) =>
    createAiredCopies({ dataDir, store: createAiredCopyStore({ store, clock, logger }), clock, logger, onCondition: () => undefined });
  const rowsOf = async (broadcastId: string) =>
    (await database.store.db.select().from(schema.airedCopies)).filter((row) => row.broadcastId === broadcastId);

  beforeAll(async () => {
    database = await startTestDatabase();
  });
  beforeEach(async () => {
    dataDir = makeScratchFolder('aired');
    line = await startSeverableLine(database.databaseUrl);
    severable = createStore({ databaseUrl: line.databaseUrl, clock, logger });
    severable.start();
  });
  afterEach(async () => {
    await line.mend();
    await severable.close();
    await line.close();
  });
  afterAll(() => database.close());

  it('come when the database is back, however long it was away', async () => {
    const copies = copiesOn(severable);
    await copies.start();
    await line.cut();
    const broadcastId = randomUUID();
    const copy = copies.begin(broadcastId, clock.nowMs());
    for (let n = 0; n < 10; n++) copy.write(SILENCE);
    // Whoever ends it does not wait for the database.
    await copy.close(clock.nowMs());
    expect(await rowsOf(broadcastId)).toEqual([]);
    await line.mend();
    await until('the row is there', async () => (await rowsOf(broadcastId)).length === 1, 20_000);
    expect((await rowsOf(broadcastId))[0]).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), endsAt: expect.any(Date) });
    await copies.close();
  });

  it('are made anew by the next run, once, when this one was killed before', async () => {
    const copies = copiesOn(severable);
    await copies.start();
    await line.cut();
    const [broadcastId, startsAtMs] = [randomUUID(), Math.round(clock.nowMs())];
    const copy = copies.begin(broadcastId, startsAtMs);
    for (let n = 0; n < 50; n++) copy.write(SILENCE);
    await copy.close(startsAtMs + 1000);
    // It never reaches the database again, as if it had been killed.
    for (let run = 0; run < 2; run++) {
      const next = copiesOn(database.store);
      await next.start();
      await next.close();
    }
    expect(await rowsOf(broadcastId)).toMatchObject([
      { startsAt: new Date(startsAtMs), endsAt: new Date(startsAtMs + 1000), path: expect.stringContaining(broadcastId) },
    ]);
  });
});
