import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AirableBulletin, type Broadcasts, createBroadcasts } from '../../../controller/broadcasts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { type AppEvents, createEvents } from '../../../controller/events.ts';
import { createInventory, type Inventory } from '../../../controller/inventory/index.ts';
import { type BroadcastSummary, type StartBroadcast, startBroadcast } from '../../../controller/protocol/broadcasts.ts';
import { communeFile } from '../../../controller/protocol/inventory.ts';
import { FIRST_EMERGENCY_SETTINGS } from '../../../controller/protocol/settings.ts';
import { createLocalJournal, createStore, type Quarantine, type Refused, type Store, schema } from '../../../controller/store/index.ts';
import { createFakeAir, type FakeAir } from '../../support/fake-air.ts';
import { createFakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';
import { createMemoryDistributor } from '../../support/memory-distributor.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { type SeverableLine, startSeverableLine } from '../../support/severable-line.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const ANNOUNCER = { origin: 'console' as const, actor: { userId: randomUUID(), displayName: 'Chị Hoa', role: 'announcer' as const } };
const PREPARED: AirableBulletin = { title: 'Lũ', class: 'emergency', status: 'ready', durationMs: 60_000, masterPath: '/masters/60000' };
const COMMUNE = communeFile.parse({
  commune: { name: 'Xã Thử' },
  hamlets: [{ id: 'ap-01', name: 'Ấp 1', clusters: [{ id: 'ap-01-c1', name: 'Trụ sở' }] }],
});
const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const audit = { record: async () => undefined };

/** One life of a controller, as far as broadcasts know it. */
interface Run {
  broadcasts: Broadcasts;
  air: FakeAir;
  conditions: AppEvents['system.condition'][];
  told: BroadcastSummary[];
}

describe('while the database hangs', () => {
  const bulletinId = randomUUID();
  const opened: { close(): Promise<void> }[] = [];
  let database: TestDatabase;
  let inventory: Inventory;
  let line: SeverableLine;
  let hangable: Store;
  let folder: string;
  const setAside: Refused[] = [];
  const quarantine: Quarantine = {
    keep: (refused) => void setAside.push(refused),
    start: async () => undefined,
    close: async () => undefined,
  };

  async function run(store: Store, journalFolder = folder): Promise<Run> {
    const air = createFakeAir(clock);
    const events = createEvents((_, error) => {
      throw error;
    });
    const conditions: Run['conditions'] = [];
    const told: BroadcastSummary[] = [];
    events.on('system.condition', (fact) => conditions.push(fact));
    events.on('broadcast.changed', ({ broadcast }) => told.push(broadcast));
    const local = createLocalJournal({ folder: journalFolder, clock, logger, onCondition: (fact) => conditions.push(fact) });
    await local.start();
    const speakers = createFakeSpeakerDirectory(['ap-01-c1']);
    const broadcasts = createBroadcasts({
      ...{ store, local, clock, logger, events, audit, air, distributor: createMemoryDistributor(), speakers, inventory },
      bulletins: {
        // The real library asks the store, too.
        bulletin: async () => (await store.db.execute('select 1')) && PREPARED,
        prepared: (id) => (id === bulletinId ? PREPARED : undefined),
        noteAired: async () => undefined,
      },
      emergencySettings: () => FIRST_EMERGENCY_SETTINGS,
      ...{ dataDirectory: folder, timeZone: 'Asia/Ho_Chi_Minh' },
    });
    await broadcasts.start();
    opened.push(broadcasts, local);
    await broadcasts.mediaGranter.grant(speakers.connect('ap-01-c1'), ['ipv4']);
    return { broadcasts, air, conditions, told };
  }

  const emergency = (more: Partial<StartBroadcast> = {}): StartBroadcast =>
    startBroadcast.parse({
      ...{ broadcastId: randomUUID(), title: 'Lũ', class: 'emergency', targets: { everything: true } },
      ...{ content: { kind: 'bulletin', bulletinId }, ...more },
    });
  const rowOf = async (broadcastId: string) =>
    (await database.store.db.select().from(schema.broadcasts).where(eq(schema.broadcasts.id, broadcastId)))[0];
  const runsOf = ({ air }: Run, broadcastId: string) => air.runs.filter((one) => one.broadcastId === broadcastId);

  beforeAll(async () => {
    database = await startTestDatabase();
    database.store.quarantine = quarantine;
    inventory = createInventory({ store: database.store, audit, clock });
    await inventory.start();
    await inventory.importCommune(COMMUNE, { userId: null, displayName: 'a test' });
  });
  beforeEach(async () => {
    folder = makeScratchFolder('hanging');
    line = await startSeverableLine(database.databaseUrl);
    setAside.length = 0;
    hangable = createStore({ databaseUrl: line.databaseUrl, quarantine, clock, logger });
    hangable.start();
  });
  afterEach(async () => {
    await line.mend();
    for (const part of opened.splice(0)) await part.close();
    await hangable.close();
    await line.close();
    await database.store.db.update(schema.broadcasts).set({ status: 'finished' });
  });
  afterAll(async () => {
    await inventory.close();
    await database.close();
  });

  it('an emergency sounds, a stop silences, both are acknowledged, and a stop survives a kill', async () => {
    const first = await run(hangable);
    const wanted = emergency();
    line.hang();
    const startMs = clock.monotonicMs();
    const begun = await first.broadcasts.begin(wanted, ANNOUNCER);
    expect(begun).toMatchObject({ status: 'on_air', stored: true });
    expect(runsOf(first, wanted.broadcastId)).toHaveLength(1);
    expect(await first.broadcasts.begin(wanted, ANNOUNCER)).toMatchObject({ status: 'on_air' });
    const stopped = await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, 'nhầm');
    expect(stopped).toMatchObject({ status: 'stopped', stored: true });
    // Once it is over, the same id is still known without the store: nothing sounds twice.
    expect(await first.broadcasts.begin(wanted, ANNOUNCER)).toMatchObject({ status: 'stopped' });
    expect(runsOf(first, wanted.broadcastId)).toHaveLength(1);
    await expect(first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined)).rejects.toMatchObject({ code: 'broadcast.over' });
    expect(clock.monotonicMs() - startMs).toBeLessThan(5000);

    // The first run never reaches the database again, as if it had been killed; the next one does.
    const second = await run(database.store);
    expect(await rowOf(wanted.broadcastId)).toMatchObject({ status: 'stopped', endReason: { vi: 'Chị Hoa đã dừng: nhầm' } });
    expect(second.broadcasts.active()).toEqual([]);
    expect(second.air.runs).toEqual([]);
    const log = await second.broadcasts.log(wanted.broadcastId);
    expect(log.map(({ kind }) => kind).sort()).toEqual(['accepted', 'preparing', 'start', 'stopped']);
    // A third run finds the same, once.
    const third = await run(database.store);
    expect(third.air.runs).toEqual([]);
    expect(await third.broadcasts.log(wanted.broadcastId)).toEqual(log);
  });

  it('an emergency that was acknowledged sounds on after a kill', async () => {
    const first = await run(hangable);
    const wanted = emergency();
    line.hang();
    await first.broadcasts.begin(wanted, ANNOUNCER);
    const second = await run(database.store);
    await until('it sounds again', () => runsOf(second, wanted.broadcastId).length === 1);
    await second.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined);
  });

  it('who asked for the same emergency is acknowledged when that is kept, and is known after a kill', async () => {
    const first = await run(hangable);
    const [wanted, same] = [emergency(), emergency()];
    const second = { ...ANNOUNCER, actor: { ...ANNOUNCER.actor, displayName: 'Anh Ba' } };
    await first.broadcasts.begin(wanted, ANNOUNCER);
    line.hang();
    expect(await first.broadcasts.begin(same, second)).toMatchObject({ broadcastId: wanted.broadcastId, stored: true });
    const next = await run(database.store);
    expect(await next.broadcasts.get(same.broadcastId)).toMatchObject({ broadcastId: wanted.broadcastId, alsoRequestedBy: ['Anh Ba'] });
    await next.broadcasts.stop(same.broadcastId, second.actor, undefined);
  });

  it('what the database had is stopped for good as well', async () => {
    const first = await run(hangable);
    const wanted = emergency({ class: 'normal' });
    await first.broadcasts.begin(wanted, ANNOUNCER);
    await until('it is on the air in the store, too', async () => (await rowOf(wanted.broadcastId))?.status === 'on_air');
    line.hang();
    expect(await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined)).toMatchObject({ status: 'stopped', stored: true });
    expect((await rowOf(wanted.broadcastId))?.status).toBe('on_air');
    const second = await run(database.store);
    expect((await rowOf(wanted.broadcastId))?.status).toBe('stopped');
    expect(second.air.runs).toEqual([]);
  });

  it('everything is in the database when it answers again, and the journal is empty', async () => {
    const first = await run(hangable);
    const wanted = emergency();
    line.hang();
    await first.broadcasts.begin(wanted, ANNOUNCER);
    await until('it counts as away', () => first.conditions.some(({ code }) => code === 'broadcasts.store_away'));
    await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined);
    await line.mend();
    await until('it is written', async () => (await rowOf(wanted.broadcastId))?.status === 'stopped');
    const log = await first.broadcasts.log(wanted.broadcastId);
    expect(log.map(({ kind }) => kind).sort()).toEqual(['accepted', 'preparing', 'start', 'stopped']);
    const nextJournal = createLocalJournal({ folder, clock, logger });
    await nextJournal.start();
    expect(nextJournal.left('broadcast')).toEqual([]);
    await nextJournal.close();
  });

  it('a text that the store can’t hold costs neither its own broadcast its state, nor another', async () => {
    const first = await run(hangable);
    const [one, other] = [emergency({ class: 'normal' }), emergency({ class: 'normal', startsAtMs: clock.nowMs() + 3_600_000 })];
    await first.broadcasts.begin(one, ANNOUNCER);
    await first.broadcasts.begin({ ...other, title: 'Lũ\ud800' }, ANNOUNCER);
    await Promise.all([
      first.broadcasts.stop(one.broadcastId, ANNOUNCER.actor, 'x\0y'),
      first.broadcasts.stop(other.broadcastId, ANNOUNCER.actor, undefined),
    ]);
    await until('both are stopped in the store', async () =>
      (await Promise.all([rowOf(one.broadcastId), rowOf(other.broadcastId)])).every((row) => row?.status === 'stopped'),
    );
    expect((await rowOf(one.broadcastId))?.endReason?.vi).toBe('Chị Hoa đã dừng: x\uFFFDy');
    const second = await run(database.store);
    expect(second.air.runs).toEqual([]);
    expect((await second.broadcasts.log(one.broadcastId)).map(({ kind }) => kind)).toContain('stopped');
  });

  it('a connection that is lost after the commit doubles no line of its log', async () => {
    let lost = 0;
    const transaction: Store['db']['transaction'] = async (...args) => {
      const result = await database.store.db.transaction(...args);
      if (lost++ % 2 === 0) throw Object.assign(new Error('the answer was lost'), { code: '08006' });
      return result;
    };
    const db = new Proxy(database.store.db, { get: (of, name) => (name === 'transaction' ? transaction : Reflect.get(of, name)) });
    const first = await run({ ...database.store, db });
    const wanted = emergency();
    await first.broadcasts.begin(wanted, ANNOUNCER);
    await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined);
    await until('its end is in the log', async () =>
      (await first.broadcasts.log(wanted.broadcastId)).some(({ kind }) => kind === 'stopped'),
    );
    await first.broadcasts.close();
    expect(lost).toBeGreaterThan(1);
    const kinds = (await first.broadcasts.log(wanted.broadcastId)).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual([...new Set(kinds)].toSorted());
  });

  it('nor when it had to be kept on the disk', async () => {
    const first = await run(hangable);
    const wanted = emergency();
    await first.broadcasts.begin(wanted, ANNOUNCER);
    await until('it is on the air in the store, too', async () => (await rowOf(wanted.broadcastId))?.status === 'on_air');
    line.hang();
    expect(await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, '\0')).toMatchObject({ status: 'stopped', stored: true });
    const second = await run(database.store);
    expect((await rowOf(wanted.broadcastId))?.status).toBe('stopped');
    expect(second.air.runs).toEqual([]);
  });

  describe('with a rule in the database that refuses some rows', () => {
    const execute = (statement: string) => database.store.db.execute(statement);
    beforeEach(async () => {
      await execute(`create function refuse_some() returns trigger language plpgsql as $$ begin
        if to_jsonb(new)::text like '%refuse this%' then raise exception 'not this one'; end if; return new; end $$`);
      for (const table of ['broadcasts', 'broadcast_events'])
        await execute(`create trigger refuse_some before insert or update on ${table} for each row execute function refuse_some()`);
    });
    afterEach(() => execute('drop function refuse_some cascade'));

    it.each([
      ['while it answers', false],
      ['from the disk of a run that was killed', true],
    ])('a broadcast whose end is refused is stopped all the same, %s', async (_when, isHung) => {
      const first = await run(hangable);
      const wanted = emergency({ class: 'normal' });
      await first.broadcasts.begin(wanted, ANNOUNCER);
      await until('it is on the air in the store, too', async () => (await rowOf(wanted.broadcastId))?.status === 'on_air');
      if (isHung) line.hang();
      await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, 'refuse this');
      const second = await run(database.store);
      expect(await rowOf(wanted.broadcastId)).toMatchObject({ status: 'stopped', endReason: null });
      expect(second.air.runs).toEqual([]);
      expect(setAside).toContainEqual(expect.objectContaining({ from: 'broadcast', failure: 'refused', reason: 'not this one' }));
    });
  });

  it('nobody reads that it is over before that is safe', async () => {
    const first = await run(hangable);
    const wanted = emergency({ class: 'normal' });
    await first.broadcasts.begin(wanted, ANNOUNCER);
    await until('it is on the air in the store, too', async () => (await rowOf(wanted.broadcastId))?.status === 'on_air');
    line.hang();
    const stopped = first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined);
    await expect(first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined)).rejects.toMatchObject({ code: 'broadcast.over' });
    // At this very moment.
    expect(readFileSync(join(folder, 'unwritten.jsonl'), 'utf8')).toContain('"status":"stopped"');
    await stopped;
  });

  it('a database that takes two seconds for each answer delays neither', async () => {
    const first = await run(hangable);
    const wanted = emergency();
    line.slow(2000);
    const startMs = clock.monotonicMs();
    const answers = [
      await first.broadcasts.begin(wanted, ANNOUNCER),
      await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined),
    ];
    expect(answers).toMatchObject([
      { status: 'on_air', stored: true },
      { status: 'stopped', stored: true },
    ]);
    // Either of them would take longer than this if it waited for one answer.
    expect(clock.monotonicMs() - startMs).toBeLessThan(1900);
  });

  it('what was refused because of it never sounds, though the database should take it late', async () => {
    const first = await run(hangable);
    const wanted = emergency({ class: 'normal', startsAtMs: clock.nowMs() + 3_600_000 });
    // The question whether it is known must pass, and the insertion must not.
    line.slow(1500);
    const refused = first.broadcasts.begin(wanted, ANNOUNCER);
    refused.catch(() => undefined);
    await until('its row is on the way', async () => (await rowOf(wanted.broadcastId)) !== undefined);
    line.hang();
    await expect(refused).rejects.toMatchObject({ code: 'broadcast.store_away' });
    await line.mend();
    await until('it is void', async () => (await rowOf(wanted.broadcastId))?.status === 'failed');
    const second = await run(database.store);
    expect(second.broadcasts.active()).toEqual([]);
    // Asked for once more, by a schedule or a person, it is accepted like any other.
    expect(await first.broadcasts.begin(wanted, ANNOUNCER)).toMatchObject({ status: 'planned', endedAtMs: null });
    await until('it is planned in the store', async () => (await rowOf(wanted.broadcastId))?.status === 'planned');
    expect(await rowOf(wanted.broadcastId)).toMatchObject({ endedAt: null, endReason: null });
  }, 60_000);

  it.skipIf(noSmallDisk)(`with a full disk, too, it sounds and says that it is not stored ${noSmallDisk ?? ''}`, async () => {
    const disk = mountSmallDisk(2);
    try {
      const first = await run(hangable, disk.folder);
      const wanted = emergency();
      disk.fill();
      line.hang();
      // The rest of the last page of the file still takes something.
      const ballast = emergency();
      await first.broadcasts.begin(ballast, ANNOUNCER);
      for (let n = 0; n < 5; n++) await first.broadcasts.stop(ballast.broadcastId, ANNOUNCER.actor, 'x'.repeat(190)).catch(() => undefined);
      const begun = await first.broadcasts.begin(wanted, ANNOUNCER);
      expect(begun).toMatchObject({ status: 'on_air', stored: false });
      expect(runsOf(first, wanted.broadcastId)).toHaveLength(1);
      expect(first.conditions).toContainEqual(expect.objectContaining({ code: 'store.journal_failed', state: 'raised' }));
      expect(await first.broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined)).toMatchObject({
        status: 'stopped',
        stored: false,
      });
      await line.mend();
      await until(
        'it is told that it is stored',
        () => first.told.findLast((one) => one.broadcastId === wanted.broadcastId)?.stored === true,
      );
      expect((await rowOf(wanted.broadcastId))?.status).toBe('stopped');
    } finally {
      disk.close();
    }
  });
});
