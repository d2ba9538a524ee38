import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditEntry, type AuditTrail, createAuditTrail } from '../../../controller/accounts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createEvents } from '../../../controller/events.ts';
import { createStore, schema } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createTestJournal } from '../../support/test-journal.ts';

const logger = pino({ level: 'silent' });
const clock = new SystemClock();
const { auditEntries } = schema;
const entry = (action: string, detail: Record<string, unknown> = {}): AuditEntry => ({
  actorId: null,
  actorName: 'lan',
  action,
  target: 'loa',
  ip: '::1',
  detail,
});

describe('the audit trail', () => {
  let database: TestDatabase;
  let trail: AuditTrail;
  const local = createTestJournal();
  afterAll(() => local.close());
  beforeEach(async () => {
    database = await startTestDatabase();
    trail = createAuditTrail({ store: database.store, local, clock, logger });
  });
  afterEach(async () => {
    await trail.close();
    await database.close();
  });
  const fill = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => trail.record(entry(`a.${i}`, { i }))));

  it('is intact when empty and after many writers at once, from two processes', async () => {
    expect(await trail.verify()).toMatchObject({ intact: true, checkedEntries: 0 });
    const other = createAuditTrail({ store: database.store, local, clock, logger });
    await Promise.all([fill(150), ...Array.from({ length: 50 }, (_, i) => other.record(entry(`b.${i}`)))]);
    expect(await trail.verify()).toMatchObject({ intact: true, checkedEntries: 200, firstBroken: null });
    await other.close();
  });

  it('keeps whatever text and JSON it is given, intact', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        async (text, detail) => {
          await trail.record({ ...entry(text, detail), target: text, actorName: text });
        },
      ),
      { seed: 11, numRuns: 200 },
    );
    await trail.record(
      entry('numbers', { tiny: 5e-324, huge: 1.7e308, minusZero: -0, third: 1 / 3, big: 2 ** 53, exp: 1e21, nan: Number.NaN }),
    );
    expect(await trail.verify()).toMatchObject({ intact: true, checkedEntries: 201 });
  });

  it.each([
    ['the actor', { actorName: 'somebody else' }],
    ['the action', { action: 'nothing.happened' }],
    ['the target', { target: '' }],
    ['the address', { ip: null }],
    ['the instant', { at: new Date(0) }],
    ['the detail', { detail: { i: 4.0001 } }],
    ['the hash', { hash: 'f'.repeat(64) }],
  ])('shows that %s of an entry was altered', async (_what, change) => {
    await fill(9);
    const [row] = await database.store.db.select().from(auditEntries).where(eq(auditEntries.action, 'a.4'));
    await database.store.db
      .update(auditEntries)
      .set(change)
      .where(eq(auditEntries.id, row?.id ?? -1));
    expect(await trail.verify()).toMatchObject({ intact: false, firstBroken: { id: row?.id, reason: 'altered' } });
  });

  it('shows that entries were removed: the first, one inside, the last', async () => {
    await fill(9);
    const rows = await database.store.db.select().from(auditEntries).orderBy(auditEntries.id);
    const remove = (id: number | undefined) => database.store.db.delete(auditEntries).where(eq(auditEntries.id, id ?? -1));
    await remove(rows[8]?.id);
    expect((await trail.verify()).firstBroken).toEqual({ id: null, reason: 'truncated' });
    await remove(rows[4]?.id);
    expect((await trail.verify()).firstBroken).toEqual({ id: rows[5]?.id, reason: 'removed' });
    await remove(rows[0]?.id);
    expect((await trail.verify()).firstBroken).toEqual({ id: rows[1]?.id, reason: 'removed' });
  });

  it('shows entries that were exchanged', async () => {
    await fill(5);
    await database.store.db.execute(sql`update audit_entries set id = case when action = 'a.2' then -1 else id end where action = 'a.2'`);
    expect((await trail.verify()).intact).toBe(false);
  });

  it('pages and filters, newest first', async () => {
    await fill(25);
    const first = await trail.find({ limit: 10 });
    const second = await trail.find({ limit: 10, beforeId: first.nextBeforeId ?? -1 });
    const third = await trail.find({ limit: 10, beforeId: second.nextBeforeId ?? -1 });
    const ids = [first, second, third].flatMap((page) => page.entries.map(({ id }) => id));
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(new Set(ids).size).toBe(25);
    expect(third.nextBeforeId).toBeNull();
    expect((await trail.find({ limit: 100, action: 'a.1' })).entries).toHaveLength(11);
    expect((await trail.find({ limit: 100, actorName: 'lan', target: 'loa', fromMs: 0, toMs: 1 })).entries).toEqual([]);
    expect((await trail.find({ limit: 100, action: "a.1' or true --" })).entries).toEqual([]);
  });

  it('refuses entries while the store is away, keeps those that may wait, and writes them when it is back', async () => {
    const away = createStore({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/nothing', clock, logger });
    const events = createEvents(() => undefined);
    const conditions: string[] = [];
    events.on('system.condition', ({ code, state }) => conditions.push(`${code} ${state}`));
    let store = away;
    const switching = createAuditTrail({
      store: {
        ...away,
        get db() {
          return store.db;
        },
        isHealthy: () => store.isHealthy(),
      },
      local,
      clock,
      logger,
      events,
    });
    await expect(switching.requireAvailable()).rejects.toMatchObject({ code: 'audit.unavailable', status: 503 });
    await expect(switching.record(entry('change'))).rejects.toThrow();
    await switching.record(entry('emergency.stopped'), { whenPossible: true });
    await switching.record(entry('emergency.started'), { whenPossible: true });
    await expect.poll(() => conditions).toEqual(['audit.delayed raised']);
    expect(switching.waiting()).toBe(2);
    store = database.store;
    await switching.requireAvailable();
    await expect.poll(() => switching.waiting(), { timeout: 10_000 }).toBe(0);
    await expect.poll(() => conditions).toEqual(['audit.delayed raised', 'audit.delayed cleared']);
    const { entries } = await trail.find({ limit: 10 });
    expect(entries.map(({ action }) => action)).toEqual(['emergency.started', 'emergency.stopped']);
    expect((await trail.verify()).intact).toBe(true);
    await switching.close();
    await away.close();
  });

  it('has no trouble to tell of when many come at once', async () => {
    const conditions: string[] = [];
    const events = createEvents(() => undefined);
    events.on('system.condition', ({ code, state }) => conditions.push(`${code} ${state}`));
    const busy = createAuditTrail({ store: database.store, local, clock, logger, events });
    for (let round = 0; round < 50; round++) {
      await busy.record(entry('speaker.enrolled'), { whenPossible: true });
      if (round % 10 === 9) await busy.record(entry('change'));
    }
    await expect.poll(() => busy.waiting()).toBe(0);
    expect(conditions).toEqual([]);
    await busy.close();
  });

  it('does not lose the others to one entry that the store refuses', async () => {
    const outcomes = await Promise.allSettled([
      trail.record(entry('good.1')),
      trail.record({ ...entry('bad'), actorId: 'not a uuid' }),
      trail.record(entry('good.2')),
      trail.record({ ...entry('bad.later'), actorId: 'not a uuid' }, { whenPossible: true }),
      trail.record(entry('good.3')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(await trail.verify()).toMatchObject({ intact: true, checkedEntries: 3 });
  });
});
