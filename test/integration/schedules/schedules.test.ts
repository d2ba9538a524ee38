import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AirableBulletin, type Broadcasts, createBroadcasts } from '../../../controller/broadcasts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createDemoSeeder } from '../../../controller/demo/seed.ts';
import { createEvents } from '../../../controller/events.ts';
import { createInventory, type Inventory } from '../../../controller/inventory/index.ts';
import { scheduleDefinition, scheduleRequest } from '../../../controller/protocol/schedules.ts';
import { FIRST_EMERGENCY_SETTINGS } from '../../../controller/protocol/settings.ts';
import { computingOnTheSpot } from '../../../controller/schedules/computing.ts';
import { createSchedules, type Schedules } from '../../../controller/schedules/index.ts';
import { schema } from '../../../controller/store/index.ts';
import { createFakeAir, type FakeAir } from '../../support/fake-air.ts';
import { createFakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';
import { createMemoryDistributor } from '../../support/memory-distributor.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { createTestJournal } from '../../support/test-journal.ts';
import { until } from '../../support/until.ts';

/** Start time of a schedule whose computing fails. */
const UNCOMPUTABLE = '03:33';
const PROJECT_SCHEDULES = new URL('../../../schedules', import.meta.url).pathname;
const HOA = { userId: null, displayName: 'Chị Hoa' };
const HOUR_MS = 3_600_000;

describe('schedules on a real store', () => {
  const clock = new SystemClock();
  const logger = pino({ level: 'silent' });
  const audit = { record: async () => undefined };
  const folder = makeScratchFolder('schedules');
  const bulletins = new Map<string, AirableBulletin & { text?: string }>();
  const made: string[] = [];
  const local = createTestJournal();
  let database: TestDatabase;
  let inventory: Inventory;
  let air: FakeAir;
  let broadcasts: Broadcasts;
  let schedules: Schedules;
  const conditions: { code: string; state: string; en: string }[] = [];

  const make = (title: string): { bulletinId: string } => {
    const bulletinId = randomUUID();
    made.push(title);
    bulletins.set(bulletinId, { title, class: 'normal', status: 'ready', durationMs: 1200, masterPath: '/masters/1200' });
    return { bulletinId };
  };
  const programmes = {
    createFromText: async ({ title }: { title: string }) => make(title),
    createFromFile: async ({ title }: { title: string }) => make(title),
    bulletin: async (id: string) => bulletins.get(id),
    prepared: () => undefined,
    noteAired: async () => undefined,
  };
  const seeder = (issued: string[], needsClaim: boolean) =>
    createDemoSeeder({
      store: database.store,
      clock,
      inventory,
      programmes,
      schedules,
      issueClaim: async (clusterId, speakerId) => {
        issued.push(clusterId);
        return { host: 'localhost', port: 8444, speakerId, claim: 'AAAABBBBCCCCDDDD', caSha256: '0'.repeat(64) };
      },
      needsClaim: () => needsClaim,
      folder: PROJECT_SCHEDULES,
      dataDir: folder,
      timeZone: 'Asia/Ho_Chi_Minh',
      speakers: 60,
    });

  async function start(timeZone = 'Asia/Ho_Chi_Minh'): Promise<void> {
    inventory = createInventory({ store: database.store, audit, clock });
    await inventory.start();
    air = createFakeAir(clock);
    const speakers = createFakeSpeakerDirectory(['ap-01-c1', 'ap-02-c1']);
    const events = createEvents((_, error) => {
      throw error;
    });
    const distributor = createMemoryDistributor();
    broadcasts = createBroadcasts({
      ...{ store: database.store, local, clock, logger, events, audit, air, distributor, speakers, inventory },
      ...{ bulletins: programmes, emergencySettings: () => FIRST_EMERGENCY_SETTINGS, dataDirectory: folder, timeZone: 'Asia/Ho_Chi_Minh' },
    });
    await broadcasts.start();
    for (const clusterId of ['ap-01-c1', 'ap-02-c1']) await broadcasts.mediaGranter.grant(speakers.connect(clusterId), ['ipv4']);
    schedules = createSchedules({
      ...{ store: database.store, clock, logger, audit, broadcasts, programmes, inventory, folder: PROJECT_SCHEDULES },
      ...{ subfolders: ['demo/schedules'], timeZone, onCondition: (condition) => void conditions.push(condition) },
      computing: {
        ...computingOnTheSpot,
        occurrences: async (request) => {
          if (request.recurrence.startTime === UNCOMPUTABLE) throw new Error('the thread ended');
          return computingOnTheSpot.occurrences(request);
        },
      },
    });
    // The job that the last run left is overdue, and the queue doesn't wait for us.
    await schedules.plan();
    await schedules.start();
  }
  async function stop(): Promise<void> {
    await schedules.close();
    await broadcasts.close();
    await inventory.close();
  }
  /** A schedule with one playing at this instant. */
  function at(id: string, startsAtMs: number, more: Record<string, unknown> = {}) {
    const local = new Date(startsAtMs + 7 * HOUR_MS).toISOString();
    return scheduleDefinition.parse({
      id,
      name: `Lịch ${id}`,
      dailyTimes: [local.slice(11, 19)],
      startsOn: local.slice(0, 10),
      until: local.slice(0, 10),
      content: { kind: 'bulletin', bulletinId: make(id).bulletinId },
      targets: { hamletIds: ['ap-01'] },
      ...more,
    });
  }
  const wholeSecond = (aheadMs: number): number => Math.ceil((clock.nowMs() + aheadMs) / 1000) * 1000;

  beforeAll(async () => {
    database = await startTestDatabase();
    await start();
  });
  afterAll(async () => {
    await stop();
    await local.close();
    await database.close();
  });

  it('faulty places are told with their file and line while the commune is empty, and are gone after a reload', async () => {
    expect(schedules.problems().map((problem) => problem.en)).toEqual([
      expect.stringMatching(/^demo\/schedules\/hang-ngay\.yaml:\d+: There is no hamlet “ap-01”/),
    ]);
    const issued: string[] = [];
    const claims = await seeder(issued, true).seedPlaces();
    expect(claims).toHaveLength(60);
    expect(claims[0]).toEqual({ claimCode: `loaxa:1:localhost:8444:LXSIM-0001:AAAABBBBCCCCDDDD:${'0'.repeat(64)}`, hamletId: 'ap-01' });
    expect(inventory.resolve({ everything: true })).toMatchObject({ clusterIds: { length: 60 }, hamlets: { length: 15 } });
    await schedules.reload(HOA);
    expect(schedules.problems()).toEqual([]);
    expect((await schedules.list()).map((one) => [one.definition.id, one.source, one.fileName])).toContainEqual([
      'mau-chao-mung',
      'file',
      'demo/schedules/hang-ngay.yaml',
    ]);
  });

  it('makes a bulletin from a text file once, however often files are loaded', async () => {
    expect(made.filter((title) => title === 'Chào mừng bà con nghe đài truyền thanh')).toHaveLength(1);
    await schedules.reload(HOA);
    expect(made.filter((title) => title === 'Chào mừng bà con nghe đài truyền thanh')).toHaveLength(1);
    await expect(schedules.bulletinOfFile('demo/ban-tin/khong-co.txt')).rejects.toMatchObject({ code: 'schedule.no_file' });
    await writeFile(join(folder, 'outside.txt'), 'x');
    await expect(schedules.bulletinOfFile(`../../../../../..${join(folder, 'outside.txt')}`)).rejects.toMatchObject({
      code: 'schedule.no_file',
    });
  });

  it('the demo plays a spoken and an uploaded bulletin soon, one after the other, at every start', async () => {
    const demo = seeder([], false);
    expect(await demo.seedPlaces()).toEqual([]);
    const [first, second] = await demo.playSoon(new AbortController().signal);
    await until(
      'both have sounded',
      async () =>
        (await broadcasts.history({ limit: 10, before: undefined })).broadcasts.filter((one) => one.status === 'finished').length === 2,
    );
    const runs = air.runs.map((run) => run.startsAtMs + 1000);
    expect(runs[0]).toBeCloseTo(first?.startsAtMs ?? 0, 3);
    expect(runs[1]).toBeCloseTo(second?.startsAtMs ?? 0, 3);
    const again = await demo.playSoon(new AbortController().signal);
    expect(again[0]?.startsAtMs).toBeGreaterThan(second?.startsAtMs ?? 0);
    expect(made.filter((title) => title === 'Bản tin tải lên (mẫu)')).toHaveLength(1);
    await until(
      'both have sounded again',
      async () =>
        (await broadcasts.history({ limit: 10, before: undefined })).broadcasts.filter((one) => one.status === 'finished').length === 4,
    );
  });

  it('refuses what can’t be planned, and what belongs to a file', async () => {
    const soon = at('thu-nghiem', wholeSecond(2 * HOUR_MS));
    await expect(schedules.create({ ...soon, targets: { hamletIds: ['ap-99'], clusterIds: [] } }, HOA)).rejects.toMatchObject({
      code: 'schedule.invalid',
    });
    await expect(schedules.create({ ...soon, id: 'mau-chao-mung' }, HOA)).rejects.toMatchObject({ code: 'schedule.exists' });
    await expect(schedules.remove('mau-chao-mung', HOA)).rejects.toMatchObject({ code: 'schedule.from_file' });
    await expect(schedules.replace(soon, HOA)).rejects.toMatchObject({ code: 'schedule.unknown' });
  });

  it('takes the commune’s zone for a schedule that names none', async () => {
    await stop();
    await start('Asia/Tokyo');
    const { timeZone: _, ...request } = at('khong-mui-gio', wholeSecond(20 * HOUR_MS));
    const made = await schedules.create(scheduleRequest.parse(request), HOA);
    expect(made.definition.timeZone).toBe('Asia/Tokyo');
    await schedules.remove('khong-mui-gio', HOA);
    await stop();
    await start();
  });

  it('hands over what is near once, takes it back when it is skipped, changed or removed', async () => {
    const one = at('gan', wholeSecond(120_000));
    await schedules.create(one, HOA);
    await Promise.all([schedules.plan(), schedules.plan(), schedules.plan()]);
    const mine = () => broadcasts.active().filter((broadcast) => broadcast.title === one.name);
    expect(mine()).toMatchObject([{ status: 'planned', origin: 'schedule', requestedBy: 'Lịch gan' }]);
    const [occurrence] = (await schedules.upcoming(1)).occurrences.filter((upcoming) => upcoming.scheduleId === 'gan');
    expect(occurrence).toMatchObject({ status: 'broadcast', clusterCount: 4, durationMs: 1200 });

    await schedules.skip(occurrence?.occurrenceId ?? '', HOA);
    expect(mine()).toEqual([]);
    await schedules.plan();
    expect(mine()).toEqual([]);

    const other = at('doi', wholeSecond(130_000));
    await schedules.create(other, HOA);
    const before = broadcasts.active().find((broadcast) => broadcast.title === other.name)?.broadcastId;
    await schedules.replace({ ...other, class: 'priority' }, HOA);
    const after = broadcasts.active().filter((broadcast) => broadcast.title === other.name);
    expect(after).toMatchObject([{ class: 'priority', status: 'planned' }]);
    expect(after[0]?.broadcastId).not.toBe(before);
    await schedules.remove('doi', HOA);
    expect(broadcasts.active().filter((broadcast) => broadcast.title === other.name)).toEqual([]);
  });

  it('one schedule that can’t be computed holds up no other, and is shown all the same', async () => {
    await schedules.create(at('hong', wholeSecond(120_000), { startTime: UNCOMPUTABLE }), HOA);
    await schedules.create(at('lanh', wholeSecond(120_000)), HOA);
    const titles = broadcasts.active().map((broadcast) => broadcast.title);
    expect(titles).toContain('Lịch lanh');
    expect(titles).not.toContain('Lịch hong');
    expect(await schedules.get('hong')).toMatchObject({ nextAtMs: [] });
    expect((await schedules.upcoming(1)).occurrences.map((one) => one.scheduleId)).toContain('lanh');
    await schedules.remove('hong', HOA);
    await schedules.remove('lanh', HOA);
  });

  it('one damaged row stops neither the start nor any other schedule, is told, and is mended by writing it again', async () => {
    const [first, second] = [at('hong', wholeSecond(HOUR_MS)), at('lanh', wholeSecond(HOUR_MS))];
    for (const one of [first, second]) await schedules.create(scheduleRequest.parse(one), HOA);
    // The demo's schedule stands in a file, too: the file mends its row.
    const damage = (id: string) => database.store.pool.query(`update schedules set definition = '"\\u2400"'::jsonb where id = $1`, [id]);
    await damage('hong');
    const { rows } = await database.store.pool.query(`select id from schedules where source = 'file' and deleted_at is null limit 1`);
    await damage(rows[0].id);
    conditions.length = 0;
    await stop();
    await start();
    expect(schedules.has('lanh')).toBe(true);
    expect(schedules.has(rows[0].id)).toBe(true);
    expect(schedules.has('hong')).toBe(false);
    expect(conditions).toMatchObject([{ code: 'schedules.unread', state: 'raised', en: expect.stringContaining('“hong”') }]);
    expect(schedules.problems().some(({ en }) => en.includes('“hong”'))).toBe(true);
    await schedules.create(scheduleRequest.parse(first), HOA);
    await schedules.reload(HOA);
    expect(schedules.has('hong')).toBe(true);
    expect(conditions.at(-1)).toMatchObject({ code: 'schedules.unread', state: 'cleared' });
    for (const { id } of [first, second]) await schedules.remove(id, HOA);
  });

  it('sounds once when it is changed in its last second', async () => {
    const soon = at('sat-gio', wholeSecond(3000));
    await schedules.create(soon, HOA);
    const mine = () =>
      air.runs.filter((run) => broadcasts.active().some((one) => one.broadcastId === run.broadcastId && one.title === soon.name));
    await until('it is decided', () => mine().length === 1);
    const changed = { ...soon, class: 'priority' as const };
    await schedules.replace(changed, HOA);
    expect(broadcasts.active().filter((one) => one.title === soon.name)).toMatchObject([{ class: 'normal' }]);
    await until('it is over', () => mine().length === 0);
    await schedules.plan();
    expect(broadcasts.active().filter((one) => one.title === soon.name)).toEqual([]);
    expect((await broadcasts.history({ limit: 50, before: undefined })).broadcasts.filter((one) => one.title === soon.name)).toHaveLength(
      1,
    );
    await schedules.remove('sat-gio', HOA);
  });

  it('shows overlaps and who gets the clusters', async () => {
    const atMs = wholeSecond(2 * HOUR_MS);
    await schedules.create(at('thuong', atMs), HOA);
    await schedules.create(at('uu-tien', atMs, { class: 'priority', targets: { hamletIds: ['ap-01', 'ap-02'] } }), HOA);
    const shown = (await schedules.upcoming(3)).occurrences.filter((one) => one.startsAtMs === atMs);
    expect(shown.map((one) => [one.scheduleId, one.overlaps.map((other) => [other.name, other.winner, other.loserThen])])).toEqual(
      expect.arrayContaining([
        ['thuong', [['Lịch uu-tien', 'other', 'waits']]],
        ['uu-tien', [['Lịch thuong', 'this', 'waits']]],
      ]),
    );
  });

  it('tells what a schedule would do and whom it would meet, before it is stored, and of a change without meeting itself', async () => {
    const startsAtMs = wholeSecond(5 * HOUR_MS);
    const there = at('da-co', startsAtMs);
    await schedules.create(there, HOA);
    const wanted = at('muon-co', startsAtMs);
    const preview = await schedules.preview(wanted);
    expect(preview).toMatchObject({ nextAtMs: [startsAtMs], clusterCount: 4 });
    expect(preview.clashes).toEqual([
      expect.objectContaining({ startsAtMs, name: 'Lịch da-co', otherStartsAtMs: startsAtMs, loserThen: 'waits' }),
    ]);
    expect(schedules.has('muon-co')).toBe(false);
    expect((await schedules.preview({ ...there, name: 'Tên khác', enabled: false })).clashes).toEqual([]);
    // Another version under the same id is not taken for the one before.
    const later = { ...wanted, dailyTimes: ['23:59'], until: undefined, startsOn: '2026-01-01' };
    expect((await schedules.preview(later)).nextAtMs).toHaveLength(5);
    await expect(schedules.preview({ ...wanted, targets: { hamletIds: ['ap-99'], clusterIds: [] } })).rejects.toMatchObject({
      code: 'schedule.invalid',
    });
    await schedules.remove('da-co', HOA);
  });

  it('after a restart plans nothing twice, plays late what it still may, and marks what was missed', async () => {
    await schedules.create(at('sap-phat', wholeSecond(200_000)), HOA);
    const count = await database.store.db.$count(schema.occurrences);
    const planned = broadcasts.active().map((one) => one.broadcastId);
    expect(planned).not.toEqual([]);
    await stop();
    // What a controller that died an hour ago has left: one playing too old, one that may still start.
    const old = at('cu', wholeSecond(-1 * HOUR_MS), { latestStartMs: 60_000 });
    const late = at('muon', wholeSecond(-20_000), { latestStartMs: 120_000 });
    const before = new Date(clock.nowMs() - 2 * HOUR_MS);
    for (const definition of [old, late]) {
      await database.store.db.insert(schema.schedules).values({
        id: definition.id,
        name: definition.name,
        source: 'api',
        definition,
        definitionHash: 'x',
        createdAt: before,
        updatedAt: before,
      });
    }
    await start();
    expect(await database.store.db.$count(schema.occurrences)).toBe(count + 2);
    for (const id of planned) expect(broadcasts.active().filter((one) => one.broadcastId === id)).toHaveLength(1);
    const rows = await database.store.db.select().from(schema.occurrences);
    expect(rows.find((row) => row.scheduleId === 'cu')).toMatchObject({
      status: 'missed',
      reason: expect.stringContaining('Máy chủ không hoạt động'),
    });
    await until('the late one plays', () =>
      air.runs.some((run) => run.broadcastId === rows.find((row) => row.scheduleId === 'muon')?.broadcastId),
    );
  });
});
