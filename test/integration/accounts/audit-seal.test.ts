import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { desc, eq } from 'drizzle-orm';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHAIN_START, type ChainedEntry, chainHash } from '../../../controller/accounts/audit-chain.ts';
import { type AuditTrail, createAuditTrail } from '../../../controller/accounts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createEvents } from '../../../controller/events.ts';
import { createLocalJournal, createStore, type LocalJournal, type Store, schema } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { startSeverableLine } from '../../support/severable-line.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';
import { createTestJournal } from '../../support/test-journal.ts';
import { until } from '../../support/until.ts';

const logger = pino({ level: 'silent' });
const clock = new SystemClock();
const { auditEntries, settings } = schema;
const entry = (action: string) => ({ actorId: null, actorName: 'lan', action, target: 'loa', ip: null });

describe('the seal of the audit trail', () => {
  let database: TestDatabase;
  let dataDir: string;
  const trails: AuditTrail[] = [];
  const told: string[] = [];

  /** One life of a controller; it ends without a word, as by SIGKILL, unless it is closed. */
  async function run(store: Store = database.store, local: LocalJournal = createTestJournal()): Promise<AuditTrail> {
    told.length = 0;
    const events = createEvents(() => undefined);
    events.on('system.condition', ({ code, state }) => told.push(`${code} ${state}`));
    const trail = createAuditTrail({ store, local, clock, logger, events, dataDir });
    trails.push(trail);
    await trail.start();
    return trail;
  }
  const seal = (): string => join(dataDir, 'journal/audit-head');
  const sealed = async (trail: AuditTrail): Promise<void> => trail.close();
  const record = async (trail: AuditTrail, ...actions: string[]): Promise<void> => {
    for (const action of actions) await trail.record(entry(action));
  };

  /** What somebody can do who has the database, and nothing else: another story that is consistent in itself. */
  async function rewrite(target: string): Promise<void> {
    const rows = await database.store.db.select().from(auditEntries).orderBy(auditEntries.id);
    let previousHash = CHAIN_START;
    for (const { id, at, previousHash: _, hash: __, ...rest } of rows) {
      const altered = { ...rest, target, atMs: at.getTime() } as ChainedEntry;
      const hash = chainHash(previousHash, altered);
      await database.store.db.update(auditEntries).set({ target, previousHash, hash }).where(eq(auditEntries.id, id));
      previousHash = hash;
    }
    await database.store.db
      .update(settings)
      .set({ value: { hash: previousHash, entries: rows.length } })
      .where(eq(settings.key, 'audit.head'));
  }

  beforeEach(async () => {
    database = await startTestDatabase();
    dataDir = makeScratchFolder('audit-seal');
  });
  afterEach(async () => {
    for (const trail of trails.splice(0)) await trail.close();
    await database.close();
  });

  it('is made once with a key that only its owner reads, and says nothing of a trail that is whole', async () => {
    const first = await run();
    expect(told).toEqual([]);
    await record(first, 'a', 'b');
    await sealed(first);
    expect(statSync(join(dataDir, 'tls/audit.key')).mode & 0o777).toBe(0o400);
    expect(statSync(seal()).size).toBe(2048);
    const second = await run();
    await record(second, 'c');
    expect(await second.verify()).toMatchObject({ intact: true, checkedEntries: 3, lostEntries: 0 });
    expect(told).toEqual([]);
  });

  it('finds a trail that was computed anew with other contents, and does not forget it', async () => {
    const first = await run();
    await record(first, 'a', 'b', 'c');
    await sealed(first);
    await rewrite('nothing happened');
    const second = await run();
    expect(told).toEqual(['audit.seal_broken raised']);
    expect(await second.verify()).toMatchObject({ intact: false, firstBroken: { id: null, reason: 'unsealed' } });
    await record(second, 'd');
    await sealed(second);
    const third = await run();
    expect(told).toEqual(['audit.seal_broken raised']);
    expect((await third.verify()).intact).toBe(false);
  });

  it('finds an entry that somebody put behind the sealed ones', async () => {
    const first = await run();
    await record(first, 'a', 'b');
    await sealed(first);
    const forged = { at: new Date(clock.nowMs()), actorName: 'lan', action: 'c', target: 'loa', detail: {}, hash: 'f'.repeat(64) };
    const [last] = await database.store.db.select().from(auditEntries).orderBy(desc(auditEntries.id)).limit(1);
    await database.store.db.insert(auditEntries).values({ ...forged, previousHash: last?.hash ?? '' });
    await database.store.db
      .update(settings)
      .set({ value: { hash: forged.hash, entries: 3 } })
      .where(eq(settings.key, 'audit.head'));
    await run();
    expect(told).toEqual(['audit.seal_broken raised']);
  });

  it('finds it while the controller runs: when it is verified, and when the next entry comes', async () => {
    const first = await run();
    await record(first, 'a', 'b');
    await rewrite('nothing happened');
    expect(await first.verify()).toMatchObject({ intact: false, firstBroken: { reason: 'unsealed' } });
    dataDir = makeScratchFolder('audit-seal');
    const second = await run();
    await record(second, 'c');
    await rewrite('something else');
    await record(second, 'd');
    expect(told).toEqual(['audit.first_seal raised', 'audit.seal_broken raised']);
    expect((await second.verify()).intact).toBe(false);
  });

  it('finds a database that was put back to an older day, and one that is new', async () => {
    const first = await run();
    await record(first, 'a', 'b');
    await sealed(first);
    await database.store.db.delete(auditEntries);
    await database.store.db.delete(settings).where(eq(settings.key, 'audit.head'));
    await run();
    expect(told).toEqual(['audit.seal_broken raised']);
  });

  it('takes up an old installation, and says so once', async () => {
    const old = createAuditTrail({ store: database.store, local: createTestJournal(), clock, logger });
    await record(old, 'a', 'b');
    await old.close();
    const first = await run();
    expect(told).toEqual(['audit.first_seal raised']);
    expect((await first.verify()).intact).toBe(true);
    await sealed(first);
    await run();
    expect(told).toEqual([]);
  });

  it('lets a run that was killed have written more than it sealed, and a backup have an older seal', async () => {
    const first = await run();
    await record(first, 'a');
    await sealed(first);
    const kept = join(dataDir, 'kept');
    copyFileSync(seal(), kept);
    const second = await run();
    await record(second, 'b', 'c');
    await sealed(second);
    copyFileSync(kept, seal());
    const third = await run();
    expect(told).toEqual([]);
    expect((await third.verify()).intact).toBe(true);
  });

  it.each(['key', 'seal'])('says when the %s is gone', async (which) => {
    const first = await run();
    await record(first, 'a');
    await sealed(first);
    rmSync(which === 'key' ? join(dataDir, 'tls/audit.key') : seal());
    await run();
    expect(told).toEqual(['audit.seal_broken raised']);
  });

  it('goes on behind a gap that somebody acknowledges, names it for ever, and finds the next one', async () => {
    const first = await run();
    await expect(first.acknowledge('không có gì', 'root')).rejects.toMatchObject({ code: 'audit.nothing_broken' });
    await record(first, 'a', 'b', 'c');
    await sealed(first);
    await rewrite('nothing happened');
    const second = await run();
    const why = 'khôi phục từ bản sao lưu cũ';
    const acknowledged = [{ by: 'root', why, breaks: [{ id: null, reason: 'unsealed' }] }];
    expect(await second.acknowledge(why, 'root')).toMatchObject({ intact: true, firstBroken: null, acknowledged });
    expect(told).toEqual(['audit.seal_broken raised', 'audit.seal_broken lapsed', 'audit.entries_lost lapsed']);
    const [entry] = (await second.find({ limit: 1 })).entries;
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(entry).toMatchObject({ action: 'audit.acknowledged', detail: { why, breaks: [{ expectedHash: hash, foundHash: hash }] } });
    await sealed(second);
    const third = await run();
    expect(told).toEqual([]);
    expect(await third.verify()).toMatchObject({ intact: true, acknowledged });
    await rewrite('nothing happened, again');
    expect(await third.verify()).toMatchObject({ intact: false, firstBroken: { reason: 'unsealed' } });
    expect(told).toEqual(['audit.seal_broken raised']);
  });

  it('an altered entry, removed ones and a tail that was cut are acknowledged each, and none of them covers another', async () => {
    const first = await run();
    await record(first, 'a', 'b', 'c', 'd', 'e');
    const ids = (await first.find({ limit: 10 })).entries.map(({ id }) => id).reverse();
    const { db } = database.store;
    const alter = (id: number, target: string) => db.update(auditEntries).set({ target }).where(eq(auditEntries.id, id));
    const remove = (id: number) => db.delete(auditEntries).where(eq(auditEntries.id, id));
    await alter(ids[1] ?? 0, 'x');
    await remove(ids[2] ?? 0);
    const reasons = async () => (await first.verify()).acknowledged.map(({ breaks }) => breaks.map(({ reason }) => reason));
    expect(await first.verify()).toMatchObject({ intact: false, firstBroken: { id: ids[1], reason: 'altered' } });
    expect(await first.acknowledge('một', 'root')).toMatchObject({ intact: true });
    expect(await reasons()).toEqual([['altered', 'removed', 'truncated']]);
    await record(first, 'f');
    expect(await first.verify()).toMatchObject({ intact: true });
    await alter(ids[1] ?? 0, 'y');
    expect(await first.verify()).toMatchObject({ intact: false, firstBroken: { id: ids[1], reason: 'altered' } });
    await first.acknowledge('hai', 'root');
    const [newest] = (await first.find({ limit: 1 })).entries;
    await record(first, 'g');
    const [last] = (await first.find({ limit: 1 })).entries;
    await remove(last?.id ?? 0);
    expect(last?.id).not.toBe(newest?.id);
    expect(await first.verify()).toMatchObject({ intact: false, firstBroken: { id: null, reason: 'truncated' } });
    expect(await first.acknowledge('ba', 'root')).toMatchObject({ intact: true });
    expect(await reasons()).toHaveLength(3);
  });

  it('says while the disk gives neither key nor seal, and seals as soon as it does', async () => {
    // A file where the keys' folder should be.
    writeFileSync(join(dataDir, 'tls'), '');
    const first = await run();
    await record(first, 'a');
    expect(told).toEqual(['audit.unsealed raised']);
    rmSync(join(dataDir, 'tls'));
    await record(first, 'b');
    await sealed(first);
    expect(told).toEqual(['audit.unsealed raised', 'audit.first_seal raised', 'audit.unsealed cleared']);
    const second = await run();
    expect(await second.verify()).toMatchObject({ intact: true, checkedEntries: 2 });
    expect(told).toEqual([]);
  });

  it('counts what is only in memory, so that a run that is killed then is known to have lost it', async () => {
    await sealed(await run());
    const away = createStore({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/nothing', clock, logger });
    // Nor does the disk take it: its folder is a file.
    const blocked = join(dataDir, 'blocked');
    writeFileSync(blocked, '');
    let store = away;
    const switching = {
      ...away,
      get db() {
        return store.db;
      },
    };
    store = database.store;
    const first = await run(switching, createTestJournal(blocked));
    store = away;
    await first.record(entry('emergency'), { whenPossible: true, keep: true });
    await first.record(entry('stop'), { whenPossible: true });
    const atOnce = join(dataDir, 'as-killed');
    const found = (): number => {
      copyFileSync(seal(), atOnce);
      return statSync(atOnce).size;
    };
    await until('both are counted', () => found() > 0 && first.waiting() === 2 && unkeptIn(atOnce) === 2);
    // Killed now: the next run finds what stood there.
    store = database.store;
    await until('the first run has written them after all', () => first.waiting() === 0, 30_000);
    await first.close();
    expect(unkeptIn(seal())).toBe(0);
    copyFileSync(atOnce, seal());
    const second = await run();
    expect(told).toContain('audit.entries_lost raised');
    expect(await second.verify()).toMatchObject({ intact: false, lostEntries: 2, firstBroken: { id: null, reason: 'lost' } });
    await away.close();
  });

  it.skipIf(noSmallDisk)(`loses nothing on a full disk beside a database that hangs ${noSmallDisk ?? ''}`, async () => {
    const disk = mountSmallDisk(120);
    const line = await startSeverableLine(database.databaseUrl);
    const hangable = createStore({ databaseUrl: line.databaseUrl, clock, logger });
    try {
      dataDir = disk.folder;
      const folder = join(dataDir, 'journal');
      mkdirSync(folder);
      const local = createLocalJournal({ folder, clock, logger });
      await local.start();
      await until('its reserve is made', () => statSync(join(folder, 'unwritten.jsonl')).size === 16 * 1024 * 1024);
      hangable.start();
      const first = await run(hangable, local);
      await record(first, 'before');
      disk.fill();
      line.hang();
      const actions = Array.from({ length: 40 }, (_, n) => `emergency.${n}`);
      await Promise.all(actions.map((action) => first.record(entry(action), { whenPossible: true, keep: true })));
      // Killed; the disk is still full.
      const next = createLocalJournal({ folder, clock, logger });
      await next.start();
      const second = await run(database.store, next);
      await until('all of it is written', () => second.waiting() === 0);
      const { entries } = await second.find({ limit: 100 });
      expect(entries.map(({ action }) => action).toSorted()).toEqual(['before', ...actions].toSorted());
      expect(await second.verify()).toMatchObject({ intact: true, lostEntries: 0 });
      await next.close();
    } finally {
      await line.mend();
      for (const trail of trails.splice(0)) await trail.close();
      await hangable.close();
      await line.close();
      disk.close();
    }
  });
});

/** By the newer of the two slots. */
function unkeptIn(path: string): number {
  const slots = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as { sequence: number; state: { unkept: number } });
  return slots.sort((a, b) => b.sequence - a.sequence)[0]?.state.unkept ?? -1;
}
