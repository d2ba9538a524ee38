import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createEvents } from '../../../controller/events.ts';
import { type BulletinRecords, bulletinRecords } from '../../../controller/programmes/bulletin-records.ts';
import { createPreparedBulletins, type PreparedBulletins } from '../../../controller/programmes/prepared-bulletins.ts';
import { ALL_CLEAR_TOPIC, CORRECTION_TOPIC } from '../../../controller/protocol/prepared-topics.ts';
import { type BulletinListQuery, bulletinListQuery } from '../../../controller/protocol/programmes.ts';
import { createStore, isConnectionLoss, type Store } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type SeverableLine, startSeverableLine } from '../../support/severable-line.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const ready = (more: Partial<BulletinListQuery>): BulletinListQuery => bulletinListQuery.parse({ status: 'ready', ...more });

describe('what stands ready for an emergency', () => {
  const events = createEvents((_, error) => {
    throw error;
  });
  let database: TestDatabase;
  let line: SeverableLine;
  let store: Store;
  let bulletins: BulletinRecords;
  let prepared: PreparedBulletins;

  async function add(title: string, more: { class?: string; topic?: string; status?: 'ready' | 'draft' }): Promise<string> {
    const id = randomUUID();
    const at = new Date(clock.nowMs());
    const row = { class: 'normal', topic: '', status: 'ready' as const, language: 'vi', origin: 'text' as const, ...more };
    await bulletins.insert({ id, title, text: title, createdAt: at, updatedAt: at, ...row });
    events.emit('bulletin.changed', { bulletinId: id });
    return id;
  }
  const titles = async (query: BulletinListQuery): Promise<string[]> =>
    (await prepared.list(query)).records.map(({ bulletin }) => bulletin.title).sort();

  beforeAll(async () => {
    database = await startTestDatabase();
    line = await startSeverableLine(database.databaseUrl);
    store = createStore({ databaseUrl: line.databaseUrl, clock, logger });
    store.start();
    bulletins = bulletinRecords(store);
    prepared = createPreparedBulletins({ bulletins, events, clock, logger, onLoaded() {} });
    await add('Lũ', { class: 'emergency' });
    await add('Bão, chưa xong', { class: 'emergency', status: 'draft' });
    await add('Đính chính', { topic: CORRECTION_TOPIC.toUpperCase() });
    await add('Lịch tiêm chủng', {});
    await prepared.start();
  });
  afterAll(async () => {
    prepared.close();
    await store.close();
    await line.close();
    await database.close();
  });

  it('is found while the database hangs, as it is now; everything else is asked of the database', async () => {
    const allClear = await add('Hết lũ', { topic: ALL_CLEAR_TOPIC });
    const withdrawn = await add('Vỡ đê', { class: 'emergency' });
    await until('what was added is known', () => prepared.find(allClear) !== undefined && prepared.find(withdrawn) !== undefined);
    await bulletins.update(withdrawn, { deletedAt: new Date(clock.nowMs()) }, new Date(clock.nowMs()));
    events.emit('bulletin.changed', { bulletinId: withdrawn });
    await until('what was withdrawn is not', () => prepared.find(withdrawn) === undefined);
    const queries = [ready({ class: ['emergency'] }), ready({ topic: 'dinh chinh' }), ready({ topic: ALL_CLEAR_TOPIC })];
    const fromStore = await Promise.all(queries.map(titles));
    expect(fromStore).toEqual([['Lũ'], ['Đính chính'], ['Hết lũ']]);

    line.hang();
    expect(await Promise.all(queries.map(titles))).toEqual(fromStore);
    const everything = titles(bulletinListQuery.parse({}));
    await expect(everything).rejects.toSatisfy(isConnectionLoss);
  });
});
