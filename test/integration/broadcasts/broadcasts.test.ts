import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../controller/accounts/audit.ts';
import { type AirableBulletin, type Broadcasts, createBroadcasts } from '../../../controller/broadcasts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { type AppEvents, createEvents } from '../../../controller/events.ts';
import { createInventory, type Inventory } from '../../../controller/inventory/index.ts';
import { type StartBroadcast, startBroadcast } from '../../../controller/protocol/broadcasts.ts';
import { communeFile } from '../../../controller/protocol/inventory.ts';
import type { EmergencySettings } from '../../../controller/protocol/settings.ts';
import { schema } from '../../../controller/store/index.ts';
import { createFakeAir, type FakeAir } from '../../support/fake-air.ts';
import { createFakeSpeakerDirectory, type FakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';
import { createMemoryDistributor, type MemoryDistributor } from '../../support/memory-distributor.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { createTestJournal } from '../../support/test-journal.ts';
import { until } from '../../support/until.ts';

const ANNOUNCER = { origin: 'console' as const, actor: { userId: randomUUID(), displayName: 'Chị Hoa', role: 'announcer' as const } };
const CLUSTERS = ['ap-01-c1', 'ap-02-c1'];
const COMMUNE = communeFile.parse({
  commune: { name: 'Xã Thử' },
  hamlets: [
    {
      id: 'ap-01',
      name: 'Ấp 1',
      clusters: [
        { id: 'ap-01-c1', name: 'Trụ sở' },
        { id: 'ap-01-f1', name: 'Đình', kind: 'fm' },
      ],
    },
    { id: 'ap-02', name: 'Ấp 2', clusters: [{ id: 'ap-02-c1', name: 'Chợ' }] },
  ],
});

describe('broadcasts on a real store', () => {
  const clock = new SystemClock();
  const folder = makeScratchFolder('broadcasts');
  const audited: AuditEntry[] = [];
  const audit = { record: async (entry: AuditEntry) => void audited.push(entry) };
  const local = createTestJournal();
  const conditions: AppEvents['system.condition'][] = [];
  const bulletins = new Map<string, AirableBulletin>();
  let database: TestDatabase;
  let inventory: Inventory;
  let air: FakeAir;
  let speakers: FakeSpeakerDirectory;
  let distributor: MemoryDistributor;
  let broadcasts: Broadcasts;
  /** Shorter than a person could choose, so that nobody waits here. */
  const emergencySettings: EmergencySettings = { attentionSignal: 'whoop', attentionMs: 500 };
  /** The real library asks the store; most tests here need none. */
  let asksStore = false;

  /** A controller's whole life, as far as broadcasts know it. */
  async function start(connected: readonly string[] = CLUSTERS): Promise<void> {
    air = createFakeAir(clock);
    speakers = createFakeSpeakerDirectory(CLUSTERS);
    distributor = createMemoryDistributor();
    const events = createEvents((_, error) => {
      throw error;
    });
    events.on('system.condition', (fact) => conditions.push(fact));
    broadcasts = createBroadcasts({
      store: database.store,
      local,
      clock,
      logger: pino({ level: 'silent' }),
      events,
      audit,
      air,
      distributor,
      speakers,
      inventory,
      bulletins: {
        async bulletin(id) {
          if (asksStore) await database.store.db.select().from(schema.bulletins).limit(1);
          return bulletins.get(id);
        },
        prepared: () => undefined,
        noteAired: async () => undefined,
      },
      emergencySettings: () => emergencySettings,
      dataDirectory: folder,
      timeZone: 'Asia/Ho_Chi_Minh',
    });
    await broadcasts.start();
    for (const clusterId of connected) await broadcasts.mediaGranter.grant(speakers.connect(clusterId), ['ipv4']);
  }

  function bulletin(durationMs: number): string {
    const id = randomUUID();
    bulletins.set(id, { title: 'Lịch tiêm chủng', class: 'normal', status: 'ready', durationMs, masterPath: `/masters/${durationMs}` });
    return id;
  }

  function request(bulletinId: string, more: Record<string, unknown> = {}): StartBroadcast {
    return startBroadcast.parse({
      broadcastId: randomUUID(),
      title: 'Lịch tiêm chủng',
      class: 'normal',
      content: { kind: 'bulletin', bulletinId },
      targets: { everything: true },
      ...more,
    });
  }

  const endless = () => ({ kind: 'bulletin', bulletinId: bulletin(300), repeat: 'until_stopped', pauseMs: 200 });

  const rowOf = async (broadcastId: string) =>
    (await database.store.db.select().from(schema.broadcasts).where(eq(schema.broadcasts.id, broadcastId)))[0];
  const hasStatus = (broadcastId: string, status: string) => async () => (await rowOf(broadcastId))?.status === status;

  /** @returns what brings it back */
  async function takeStoreAway(): Promise<() => Promise<void>> {
    const address = new URL(database.databaseUrl);
    const name = address.pathname.slice(1);
    address.pathname = '/postgres';
    const admin = new pg.Client({ connectionString: address.href });
    await admin.connect();
    await admin.query(`alter database ${name} allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    return async () => {
      await admin.query(`alter database ${name} allow_connections true`);
      await admin.end();
    };
  }

  beforeAll(async () => {
    database = await startTestDatabase();
    inventory = createInventory({ store: database.store, audit, clock });
    await inventory.start();
    await inventory.importCommune(COMMUNE, { userId: null, displayName: 'a test' });
    await start();
  });
  afterAll(async () => {
    await broadcasts.close();
    await local.close();
    await inventory.close();
    await database.close();
  });

  it('says in plain words what would happen', async () => {
    const preview = await broadcasts.preview(request(bulletin(200_000)), ANNOUNCER.actor);
    expect(preview.vi).toBe(
      'Bản tin ‘Lịch tiêm chủng’ sẽ phát ngay tại toàn xã, 2 cụm loa (2 ấp), âm lượng 50%, dài 3 phút 20 giây. 1 cụm FM không điều khiển được.',
    );
    expect(preview.en).toContain('will sound now at the whole commune, 2 clusters in 2 hamlets, volume 50%, for 3 minutes 20 seconds.');
    expect(preview).toMatchObject({
      clusterCount: 2,
      connectedCount: 2,
      fmClusterCount: 1,
      hamletNames: ['Ấp 1', 'Ấp 2'],
      replaces: [],
      waitsFor: [],
    });
  });

  it('plays a bulletin to its end, written from acceptance on, and the same id sounds once', async () => {
    const wanted = request(bulletin(1500));
    const answers = await Promise.all([broadcasts.begin(wanted, ANNOUNCER), broadcasts.begin(wanted, ANNOUNCER)]);
    expect(answers.map((answer) => answer.broadcastId)).toEqual([wanted.broadcastId, wanted.broadcastId]);
    expect(await rowOf(wanted.broadcastId)).toMatchObject({ title: 'Lịch tiêm chủng', clusterIds: CLUSTERS, requestedByName: 'Chị Hoa' });
    await until('it is finished', hasStatus(wanted.broadcastId, 'finished'));
    expect(air.runs.filter((run) => run.broadcastId === wanted.broadcastId)).toHaveLength(1);
    expect((await broadcasts.begin(wanted, ANNOUNCER)).status).toBe('finished');
    expect(await rowOf(wanted.broadcastId)).toMatchObject({ positionMs: 1500, endReason: null });
    const log = await broadcasts.log(wanted.broadcastId);
    expect(log.map((entry) => entry.kind)).toEqual(['accepted', 'preparing', 'start', 'finished']);
    expect(audited.filter((entry) => entry.target === wanted.broadcastId).map((entry) => entry.action)).toEqual([
      'broadcast.accepted',
      'broadcast.over',
    ]);
  });

  it('says who is on air to a second person who wants to speak', async () => {
    const talk = request(bulletin(60_000), { class: 'live', title: 'Chủ tịch xã nói chuyện' });
    await broadcasts.begin(talk, ANNOUNCER);
    const refused = broadcasts.begin(request(bulletin(1000), { class: 'live' }), ANNOUNCER);
    await expect(refused).rejects.toMatchObject({
      code: 'air.live_busy',
      status: 409,
      words: { vi: expect.stringContaining('Chị Hoa (‘Chủ tịch xã nói chuyện’)') },
    });
    const preview = await broadcasts.preview(request(bulletin(1000), { class: 'emergency' }), ANNOUNCER.actor);
    expect(preview.replaces).toMatchObject([{ broadcastId: talk.broadcastId, clusterCount: 2, resumes: true }]);
    expect((await broadcasts.stop(talk.broadcastId, ANNOUNCER.actor, 'xong')).status).toBe('stopped');
    await expect(broadcasts.stop(talk.broadcastId, ANNOUNCER.actor, undefined)).rejects.toMatchObject({ code: 'broadcast.over' });
    expect(await rowOf(talk.broadcastId)).toMatchObject({
      status: 'stopped',
      endReason: { code: 'air.stopped', vi: 'Chị Hoa đã dừng: xong' },
    });
  });

  it('refuses what can’t be aired, in words, and writes nothing of it', async () => {
    const before = await database.store.db.$count(schema.broadcasts);
    const draft = randomUUID();
    bulletins.set(draft, { title: 'Nháp', class: 'normal', status: 'processing', durationMs: null, masterPath: null });
    const viewer = { origin: 'console' as const, actor: { ...ANNOUNCER.actor, role: 'viewer' as const } };
    const cases: [() => Promise<unknown>, string][] = [
      [() => broadcasts.begin(request(draft), ANNOUNCER), 'broadcast.bulletin_not_ready'],
      [() => broadcasts.begin(request(randomUUID()), ANNOUNCER), 'broadcast.no_bulletin'],
      [() => broadcasts.begin(request(bulletin(1000)), viewer), 'broadcast.not_allowed'],
      [() => broadcasts.begin(request(bulletin(1000), { targets: { clusterIds: ['ap-01-f1'] } }), ANNOUNCER), 'broadcast.only_fm'],
      [() => broadcasts.begin(request(bulletin(1000), { targets: { hamletIds: ['ap-77'] } }), ANNOUNCER), 'inventory.unknown_place'],
      [() => broadcasts.begin(request(bulletin(1000), { startsAtMs: clock.nowMs() - 3_600_000 }), ANNOUNCER), 'broadcast.in_the_past'],
      [() => broadcasts.begin(request('', { content: endless() }), ANNOUNCER), 'broadcast.endless_no_emergency'],
    ];
    for (const [attempt, code] of cases) await expect(attempt()).rejects.toMatchObject({ code });
    expect(await database.store.db.$count(schema.broadcasts)).toBe(before);
  });

  it('takes two hundred plans of people, also when they come at once, says that it is enough, and never refuses an emergency', async () => {
    const aired = bulletin(300);
    const plan = () => request(aired, { startsAtMs: clock.nowMs() + 3_600_000 });
    const answers = await Promise.allSettled(Array.from({ length: 203 }, () => broadcasts.begin(plan(), ANNOUNCER)));
    const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.broadcastId] : []));
    try {
      expect(taken).toHaveLength(200);
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: {
          code: 'broadcast.too_many',
          status: 409,
          words: { vi: expect.stringContaining('200'), en: expect.stringContaining('200') },
        },
      });
      expect((await broadcasts.preview(plan(), ANNOUNCER.actor)).refusal?.code).toBe('broadcast.too_many');
      await expect(broadcasts.begin(request(aired), ANNOUNCER)).rejects.toMatchObject({ code: 'broadcast.too_many' });
      // What was accepted before is answered as before, and a schedule has bounds of its own.
      expect((await broadcasts.begin({ ...plan(), broadcastId: taken[0] ?? '' }, ANNOUNCER)).status).toBe('planned');
      const scheduled = await broadcasts.begin(plan(), { origin: 'schedule', name: 'Lịch sáng' });
      const emergency = await broadcasts.begin(request(aired, { class: 'emergency' }), ANNOUNCER);
      taken.push(scheduled.broadcastId, emergency.broadcastId);
    } finally {
      for (const broadcastId of taken) await broadcasts.stop(broadcastId, ANNOUNCER.actor, undefined);
    }
    expect(
      (await broadcasts.begin(plan(), ANNOUNCER).then(({ broadcastId }) => broadcasts.stop(broadcastId, ANNOUNCER.actor, undefined)))
        .status,
    ).toBe('stopped');
  });

  it('counts the places that plans name, as they were asked for and what that means', async () => {
    const named = { hamletIds: [], clusterIds: new Array<string>(5000).fill('ap-01-c1') };
    const plan = () => request(bulletin(300), { startsAtMs: clock.nowMs() + 3_600_000, targets: named });
    const taken: string[] = [];
    try {
      for (let count = 0; count < 19; count++) taken.push((await broadcasts.begin(plan(), ANNOUNCER)).broadcastId);
      await expect(broadcasts.begin(plan(), ANNOUNCER)).rejects.toMatchObject({
        code: 'broadcast.too_many',
        words: { vi: expect.stringContaining('100000'), en: expect.stringContaining('100000') },
      });
      const small = await broadcasts.begin(request(bulletin(300), { startsAtMs: clock.nowMs() + 3_600_000 }), ANNOUNCER);
      taken.push(small.broadcastId);
    } finally {
      for (const broadcastId of taken) await broadcasts.stop(broadcastId, ANNOUNCER.actor, undefined);
    }
  });

  it('begins an emergency with its attention signal and never with the chime, and says a warning until it is stopped, over a restart too', async () => {
    const warning = request('', { class: 'emergency', title: 'Bão', chime: true, content: endless() });
    const begun = await broadcasts.begin(warning, ANNOUNCER);
    const attention = { signal: 'whoop', durationMs: 1000 };
    expect(begun).toMatchObject({ emergencyKind: 'warning', attention, durationMs: null, timesSaid: 0 });
    const madeOf = () => air.runs.findLast((run) => run.broadcastId === warning.broadcastId)?.source.made;
    expect(madeOf()).toMatchObject({ attention, chime: false, repeat: 'until_stopped' });
    const said = (times: number) => async () => ((await broadcasts.get(warning.broadcastId)).timesSaid ?? 0) >= times;
    await until('it has been said twice', said(2));
    await until('a checkpoint is written', async () => ((await rowOf(warning.broadcastId))?.positionMs ?? 0) > 1500);
    await broadcasts.close();
    const checkpoint = (await rowOf(warning.broadcastId))?.positionMs ?? 0;

    await start();
    await until('it is on the air again', () => madeOf() !== undefined);
    expect(madeOf()).toMatchObject({ attention, repeat: 'until_stopped' });
    // At the first word of the giving that was cut off, or of the next where it was cut off in the pause.
    const goesOnMs = air.runs.find((run) => run.broadcastId === warning.broadcastId)?.request.skipMs ?? -1;
    expect((goesOnMs - attention.durationMs) % 500).toBe(0);
    expect(goesOnMs).toBeGreaterThan(checkpoint - 300);
    expect(goesOnMs).toBeLessThanOrEqual(checkpoint + 200);
    await until('it is said on', said(Math.floor(checkpoint / 500) + 3));
    expect(await broadcasts.stop(warning.broadcastId, ANNOUNCER.actor, undefined)).toMatchObject({ status: 'stopped' });
  });

  it('tells a correction and an all-clear from a warning, each by its own signal, as long as the slowest amplifier needs', async () => {
    speakers.setWakeUp('ap-02-c1', 1500);
    for (const [emergencyKind, content, durationMs] of [
      ['correction', { kind: 'bulletin', bulletinId: bulletin(100), repeat: 2, pauseMs: 0 }, 2700],
      ['all_clear', { kind: 'bulletin', bulletinId: bulletin(100) }, 2600],
    ] as const) {
      const wanted = request('', { class: 'emergency', emergencyKind, content });
      const attention = { signal: emergencyKind, durationMs: 2500 };
      expect(await broadcasts.begin(wanted, ANNOUNCER)).toMatchObject({ emergencyKind, attention, durationMs });
      expect(await rowOf(wanted.broadcastId)).toMatchObject({ emergencyKind, attention, messageMs: 100 });
      await broadcasts.stop(wanted.broadcastId, ANNOUNCER.actor, undefined);
    }
    const bulletinAsEver = await broadcasts.begin(request(bulletin(1000), { chime: true, emergencyKind: 'correction' }), ANNOUNCER);
    expect(bulletinAsEver).toMatchObject({ emergencyKind: null, attention: null, durationMs: 1000 });
    expect(await rowOf(bulletinAsEver.broadcastId)).toMatchObject({ chime: true });
    await broadcasts.stop(bulletinAsEver.broadcastId, ANNOUNCER.actor, undefined);
    speakers.setWakeUp('ap-02-c1', 0);
  });

  it('makes one emergency of the same words at the same places, pressed by two people in the same moment, and tells both', async () => {
    const second = { origin: 'console' as const, actor: { ...ANNOUNCER.actor, userId: randomUUID(), displayName: 'Anh Ba' } };
    const content = endless();
    const pressed = [request('', { class: 'emergency', content }), request('', { class: 'emergency', content })] as const;
    const runs = air.runs.length;
    const [mine, theirs] = await Promise.all([broadcasts.begin(pressed[0], ANNOUNCER), broadcasts.begin(pressed[1], second)]);
    expect(theirs).toMatchObject({ broadcastId: mine.broadcastId, requestedBy: 'Chị Hoa', alsoRequestedBy: ['Anh Ba'] });
    expect(broadcasts.active()).toMatchObject([{ broadcastId: mine.broadcastId, alsoRequestedBy: ['Anh Ba'] }]);
    // Asked again by its own id, as after a lost answer, it is still this one, and either of them ends it.
    expect(await broadcasts.begin(pressed[1], second)).toMatchObject({ broadcastId: mine.broadcastId });
    expect(await broadcasts.get(pressed[1].broadcastId)).toMatchObject({ broadcastId: mine.broadcastId });
    const preview = await broadcasts.preview(request('', { class: 'emergency', content }), second.actor);
    expect(preview.vi).toContain('Chị Hoa đang phát đúng tin này tại đúng nơi này.');
    expect(preview.replaces).toEqual([]);
    expect(air.runs).toHaveLength(runs + 1);
    // So it is after a restart.
    await broadcasts.close();
    await start();
    expect(broadcasts.active()).toMatchObject([{ broadcastId: mine.broadcastId, alsoRequestedBy: ['Anh Ba'] }]);
    expect(await broadcasts.begin(pressed[1], second)).toMatchObject({ broadcastId: mine.broadcastId, alsoRequestedBy: ['Anh Ba'] });
    expect(await broadcasts.stop(pressed[1].broadcastId, second.actor, undefined)).toMatchObject({ status: 'stopped' });
    expect(broadcasts.active()).toEqual([]);
  });

  it('lets other words take over, tells both people, and does not give the first again by itself', async () => {
    const second = { origin: 'console' as const, actor: { ...ANNOUNCER.actor, userId: randomUUID(), displayName: 'Anh Ba' } };
    const flood = request('', { class: 'emergency', title: 'Lũ', content: endless() });
    const fire = request('', { class: 'emergency', title: 'Cháy', content: { ...endless(), bulletinId: bulletin(400) } });
    await broadcasts.begin(flood, ANNOUNCER);
    const answer = await broadcasts.begin(fire, second);
    expect(answer.tookOver).toMatchObject([{ broadcastId: flood.broadcastId, title: 'Lũ', requestedBy: 'Chị Hoa' }]);
    await until('the newer is on the air', async () => (await broadcasts.get(fire.broadcastId)).status === 'on_air');
    expect(await broadcasts.get(flood.broadcastId)).toMatchObject({
      status: 'cut',
      endReasonCode: 'air.replaced',
      endReason: 'Đã dừng vì có tin khẩn cấp mới hơn: ‘Cháy’ (Anh Ba). Tin này không tự phát lại; nếu bà con vẫn cần nghe, hãy phát lại.',
    });
    await broadcasts.stop(fire.broadcastId, second.actor, undefined);
    expect(broadcasts.active()).toEqual([]);
  });

  it('takes a microphone on air for the person who opened it, and for nobody else', async () => {
    const microphoneId = randomUUID();
    distributor.addMicrophone(microphoneId, ANNOUNCER.actor.userId);
    const live = { class: 'live', content: { kind: 'microphone', microphoneId, maxDurationMs: 60_000 } };
    const other = { origin: 'console' as const, actor: { ...ANNOUNCER.actor, userId: randomUUID(), displayName: 'Anh Ba' } };
    await expect(broadcasts.begin(request('', live), other)).rejects.toMatchObject({
      code: 'broadcast.microphone_of_another',
      status: 403,
    });
    const mine = await broadcasts.begin(request('', live), ANNOUNCER);
    expect(mine.content).toMatchObject({ microphoneId });
    await broadcasts.stop(mine.broadcastId, ANNOUNCER.actor, undefined);
  });

  it('after an abrupt end goes on from the checkpoint, starts what fell due, keeps what is to come, and says what is lost', async () => {
    const running = request(bulletin(120_000));
    await broadcasts.begin(running, ANNOUNCER);
    const later = request(bulletin(1000), { startsAtMs: clock.nowMs() + 3_600_000 });
    await broadcasts.begin(later, ANNOUNCER);
    await until('a checkpoint is written', async () => ((await rowOf(running.broadcastId))?.positionMs ?? 0) > 1500);
    // Nothing more is written by the dead controller: it is not closed, its rows are what a SIGKILL leaves.
    await broadcasts.close();
    const checkpoint = (await rowOf(running.broadcastId))?.positionMs ?? 0;
    const base = {
      class: 'normal',
      targets: { everything: true },
      clusterIds: CLUSTERS,
      onPreempted: 'resume' as const,
      origin: 'console' as const,
      requestedByName: 'x',
    };
    const microphone = {
      id: randomUUID(),
      title: 'Mic',
      ...base,
      content: { kind: 'microphone', microphoneId: randomUUID(), maxDurationMs: 60_000 },
      status: 'on_air',
      startsAt: new Date(clock.nowMs()),
      startedAt: new Date(clock.nowMs()),
    };
    const forgotten = {
      id: randomUUID(),
      title: 'Cũ',
      ...base,
      content: { kind: 'bulletin', bulletinId: bulletin(1000), repeat: 1, pauseMs: 0 },
      status: 'planned',
      startsAt: new Date(clock.nowMs() - 3_600_000),
    };
    const justMissed = {
      ...forgotten,
      id: randomUUID(),
      title: 'Vừa lỡ',
      targets: { clusterIds: ['ap-02-c1'], hamletIds: [] },
      class: 'priority',
      startsAt: new Date(clock.nowMs() - 5000),
    };
    await database.store.db.insert(schema.broadcasts).values([microphone, forgotten, justMissed]);

    await start();
    await until('it is on the air again', () => air.runs.some((one) => one.broadcastId === running.broadcastId));
    const run = air.runs.find((one) => one.broadcastId === running.broadcastId);
    expect(run?.request.skipMs).toBe(checkpoint);
    await until('the late one plays', hasStatus(justMissed.id, 'finished'));
    await until('the microphone is marked', hasStatus(microphone.id, 'cut'));
    await until('the forgotten one is marked', hasStatus(forgotten.id, 'missed'));
    expect((await rowOf(forgotten.id))?.endReason?.code).toBe('air.controller_was_down');
    expect(broadcasts.active().map((one) => [one.broadcastId, one.status])).toContainEqual([later.broadcastId, 'planned']);
    expect((await broadcasts.log(running.broadcastId)).map((entry) => entry.kind)).toContain('controller_restarted');
    await broadcasts.stop(running.broadcastId, ANNOUNCER.actor, undefined);
    expect(await broadcasts.withdraw(later.broadcastId, { code: 'schedule.changed', vi: 'x', en: 'x' })).toBe(true);
    expect(await hasStatus(later.broadcastId, 'stopped')()).toBe(true);
  });

  it('goes on without the store, and writes everything when it is back', async () => {
    const wanted = request(bulletin(2500));
    await broadcasts.begin(wanted, ANNOUNCER);
    const bringBack = await takeStoreAway();
    const isStoreAway = (state: string) => conditions.some((fact) => fact.code === 'broadcasts.store_away' && fact.state === state);
    await until('the condition is raised', () => isStoreAway('raised'));
    await until('it is over in memory', () => broadcasts.active().every((one) => one.broadcastId !== wanted.broadcastId));
    await expect(broadcasts.begin(request(bulletin(1000)), ANNOUNCER)).rejects.toMatchObject({ code: 'broadcast.store_away', status: 503 });
    const urgent = request(bulletin(1000), { class: 'emergency' });
    expect((await broadcasts.begin(urgent, ANNOUNCER)).status).toBe('on_air');
    expect(isStoreAway('cleared')).toBe(false);

    await bringBack();
    await until('the condition is cleared', () => isStoreAway('cleared'));
    await until('it is finished', hasStatus(wanted.broadcastId, 'finished'));
    await until('the emergency is finished', hasStatus(urgent.broadcastId, 'finished'));
    expect((await broadcasts.log(wanted.broadcastId)).map((entry) => entry.kind)).toEqual(['accepted', 'preparing', 'start', 'finished']);
    expect((await broadcasts.log(urgent.broadcastId)).map((entry) => entry.kind)).toEqual(['accepted', 'start', 'preparing', 'finished']);
  });

  it('airs what is planned on time while the store is away, and what it has to look up first as soon as the store is back', async () => {
    const startsAtMs = Math.round(clock.nowMs() + 16_000);
    const unknown = request(bulletin(1000), { startsAtMs, targets: { hamletIds: ['ap-02'] }, latestStartMs: 60_000 });
    await broadcasts.begin(unknown, ANNOUNCER);
    // A new controller remembers no bulletin that it has not been asked about.
    await broadcasts.close();
    await start();
    const known = request(bulletin(1000), { startsAtMs, targets: { hamletIds: ['ap-01'] } });
    await broadcasts.begin(known, ANNOUNCER);
    asksStore = true;
    const bringBack = await takeStoreAway();
    const status = (broadcastId: string) => broadcasts.active().find((one) => one.broadcastId === broadcastId)?.status;
    await until('the known one sounds', () => status(known.broadcastId) === 'on_air', 20_000);
    expect(air.runs.find((run) => run.broadcastId === known.broadcastId)?.startsAtMs).toBeCloseTo(startsAtMs - 1000, 0);
    await clock.sleep(startsAtMs + 6000 - clock.nowMs());
    expect(status(unknown.broadcastId)).toBe('planned');
    await bringBack();
    await until('the other one sounds late', hasStatus(unknown.broadcastId, 'finished'), 20_000);
    await until('the first is written, too', hasStatus(known.broadcastId, 'finished'));
    asksStore = false;
  }, 60_000);

  it('lists what is over, newest first, page by page', async () => {
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await broadcasts.history({ limit: 2, before });
      seen.push(...page.broadcasts.map((one) => one.broadcastId));
      before = page.nextBefore ?? undefined;
    } while (before);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(await database.store.db.$count(schema.broadcasts));
  });

  it('gives out the copy of all that was aired, every part of it, in order', async () => {
    const wanted = request(bulletin(1000));
    await broadcasts.begin(wanted, ANNOUNCER);
    await expect(broadcasts.airedCopy(wanted.broadcastId)).rejects.toMatchObject({ code: 'broadcast.no_copy' });
    const parts = ['part one,', '', ' part two', 'never found'].map((content, part) => {
      const path = `${wanted.broadcastId}-${part + 1}.opus`;
      if (content !== 'never found') writeFileSync(join(folder, path), content);
      return { id: randomUUID(), broadcastId: wanted.broadcastId, path, startsAt: new Date(clock.nowMs() + part * 1000) };
    });
    await database.store.db.insert(schema.airedCopies).values(parts.toReversed());
    const { stream, sizeBytes } = await broadcasts.airedCopy(wanted.broadcastId);
    expect(await text(stream)).toBe('part one, part two');
    expect(sizeBytes).toBe('part one, part two'.length);
    const sha256 = createHash('sha256').update('part one,').digest('hex');
    const [first] = parts;
    await database.store.db
      .update(schema.airedCopies)
      .set({ sha256 })
      .where(eq(schema.airedCopies.id, first?.id ?? ''));
    expect(await text((await broadcasts.airedCopy(wanted.broadcastId)).stream)).toBe('part one, part two');
    writeFileSync(join(folder, first?.path ?? ''), 'part 0ne,');
    await expect(broadcasts.airedCopy(wanted.broadcastId)).rejects.toMatchObject({ code: 'broadcast.copy_damaged', status: 409 });
    await until('it is finished', hasStatus(wanted.broadcastId, 'finished'));
  });

  it('knows from receipts who heard it', async () => {
    const wanted = request(bulletin(1000));
    await broadcasts.begin(wanted, ANNOUNCER);
    await until('it is finished', hasStatus(wanted.broadcastId, 'finished'));
    const at = new Date(clock.nowMs());
    await database.store.db.insert(schema.receipts).values({
      ...{
        id: randomUUID(),
        broadcastId: wanted.broadcastId,
        speakerId: 'LX-AP-01-C1',
        clusterId: 'ap-01-c1',
        channelId: wanted.broadcastId,
      },
      ...{ receivedAt: at, firstSoundAt: at, lastSoundAt: at, playedMs: 1000, concealedMs: 0, mutedMs: 0, final: true, receipt: {} },
    });
    const outcomes = await broadcasts.outcomes(wanted.broadcastId);
    expect(outcomes.map((one) => [one.clusterName, one.outcome])).toEqual([
      ['Trụ sở', 'whole'],
      ['Chợ', 'pending'],
    ]);
  });

  it('does not take for heard what a receiver played into an open line, and calls nothing whole that was stopped before its end', async () => {
    const play = async (broadcastId: string, clusterId: string, playedMs: number, receipt: object = {}): Promise<void> => {
      const at = clock.nowMs();
      await database.store.db.insert(schema.receipts).values({
        ...{ id: randomUUID(), broadcastId, speakerId: `LX-${clusterId.toUpperCase()}`, clusterId, channelId: broadcastId },
        ...{ receivedAt: new Date(at), firstSoundAt: new Date(at - playedMs), lastSoundAt: new Date(at) },
        ...{ playedMs, concealedMs: 0, mutedMs: 0, final: true, receipt },
      });
    };
    const found = async (broadcastId: string) =>
      Object.fromEntries(
        (await broadcasts.outcomes(broadcastId)).map(({ clusterId, outcome, cause }) => [clusterId, `${outcome} ${cause?.code}`]),
      );
    const wanted = request(bulletin(1000));
    await broadcasts.begin(wanted, ANNOUNCER);
    await until('it is finished', hasStatus(wanted.broadcastId, 'finished'));
    await play(wanted.broadcastId, 'ap-01-c1', 1000, { amplifierOk: false });
    await play(wanted.broadcastId, 'ap-02-c1', 1000, { amplifierOk: true });
    await database.store.db.insert(schema.faults).values({
      ...{ id: randomUUID(), speakerId: 'LX-AP-02-C1', clusterId: 'ap-02-c1', code: 'line_open', severity: 'critical', evidence: {} },
      raisedAt: new Date(clock.nowMs() - 60_000),
    });
    expect(await found(wanted.broadcastId)).toEqual({ 'ap-01-c1': 'none amplifier_failed', 'ap-02-c1': 'none line_open' });
    await database.store.db.update(schema.faults).set({ clearedAt: new Date(clock.nowMs()) });

    const stopped = request(bulletin(60_000));
    await broadcasts.begin(stopped, ANNOUNCER);
    await until('it is on the air', hasStatus(stopped.broadcastId, 'on_air'));
    await until('a part of it has sounded', async () => (await broadcasts.get(stopped.broadcastId)).positionMs > 500);
    const { positionMs } = await broadcasts.stop(stopped.broadcastId, ANNOUNCER.actor, undefined);
    expect(positionMs).toBeGreaterThan(0);
    await play(stopped.broadcastId, 'ap-01-c1', positionMs + 400);
    expect((await found(stopped.broadcastId))['ap-01-c1']).toBe('part cut_short');
  });
});
