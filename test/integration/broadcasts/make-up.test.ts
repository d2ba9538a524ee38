import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AirableBulletin, type Broadcasts, createBroadcasts } from '../../../controller/broadcasts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createEvents, type Events } from '../../../controller/events.ts';
import { createInventory, type Inventory } from '../../../controller/inventory/index.ts';
import { type StartBroadcast, startBroadcast } from '../../../controller/protocol/broadcasts.ts';
import { communeFile } from '../../../controller/protocol/inventory.ts';
import type { Receipt } from '../../../controller/protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../../../controller/protocol/speaker-state.ts';
import { schema } from '../../../controller/store/index.ts';
import { createFakeAir } from '../../support/fake-air.ts';
import { createFakeSpeakerDirectory, type FakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';
import { createMemoryDistributor } from '../../support/memory-distributor.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { createTestJournal } from '../../support/test-journal.ts';
import { until } from '../../support/until.ts';

const MESSAGE_MS = 1000;
const ANNOUNCER = { origin: 'console' as const, actor: { userId: randomUUID(), displayName: 'Chị Hoa', role: 'announcer' as const } };
const CLUSTERS = ['ap-01-c1', 'ap-02-c1'];
const clock = new SystemClock();
const bulletins = new Map<string, AirableBulletin>();
let database: TestDatabase;
let inventory: Inventory;
let events: Events;
let speakers: FakeSpeakerDirectory;
let broadcasts: Broadcasts;
const local = createTestJournal();

/** A controller's whole life, as far as broadcasts know it. */
async function start(): Promise<void> {
  events = createEvents((_, error) => {
    throw error;
  });
  speakers = createFakeSpeakerDirectory(CLUSTERS);
  broadcasts = createBroadcasts({
    store: database.store,
    local,
    clock,
    logger: pino({ level: 'silent' }),
    events,
    audit: { record: async () => undefined },
    air: createFakeAir(clock),
    distributor: createMemoryDistributor(),
    speakers,
    inventory,
    bulletins: { bulletin: async (id) => bulletins.get(id), prepared: () => undefined, noteAired: async () => undefined },
    emergencySettings: () => ({ attentionSignal: 'sweep', attentionMs: 500 }),
    dataDirectory: makeScratchFolder('make-up'),
    timeZone: 'Asia/Ho_Chi_Minh',
  });
  await broadcasts.start();
}

async function comeBack(clusterId: string): Promise<void> {
  const speakerId = speakers.connect(clusterId);
  speakers.show(clusterId, { rung: 'receiving', lastBeatMs: clock.nowMs() });
  await broadcasts.mediaGranter.grant(speakerId, ['ipv4']);
  const state = speakers.state(speakerId);
  if (state) events.emit('speaker.changed', { state });
}

function emergency(more: Partial<StartBroadcast> = {}): StartBroadcast {
  const bulletinId = randomUUID();
  bulletins.set(bulletinId, {
    title: 'Lũ',
    class: 'emergency',
    status: 'ready',
    durationMs: MESSAGE_MS,
    masterPath: `/masters/${MESSAGE_MS}`,
  });
  const content = { kind: 'bulletin' as const, bulletinId };
  return startBroadcast.parse({
    broadcastId: randomUUID(),
    title: 'Lũ',
    class: 'emergency',
    content,
    targets: { everything: true },
    ...more,
  });
}

/** A broadcast as it is stored, once its end is. */
async function storedEnd(broadcastId: string) {
  let row: typeof schema.broadcasts.$inferSelect | undefined;
  await until('its end is stored', async () => {
    [row] = await database.store.db.select().from(schema.broadcasts).where(eq(schema.broadcasts.id, broadcastId));
    return row?.status === 'finished';
  });
  return row;
}

/** What a speaker says after it heard all of it, as the port takes it: told to whoever listens, and stored. */
async function handIn(clusterId: string, broadcastId: string, more: Partial<Receipt> = {}): Promise<void> {
  const row = await storedEnd(broadcastId);
  const speakerId = `LX-${clusterId.toUpperCase()}`;
  const atMs = row?.startedAt?.getTime() ?? 0;
  const receipt = {
    ...{ receiptId: randomUUID(), broadcastId, channelId: 'emergency', firstSoundAtMs: atMs, lastSoundAtMs: atMs + MESSAGE_MS },
    ...{ playedMs: row?.positionMs ?? 0, concealedMs: 0, mutedMs: 0, mutedByConfigMs: 0, heard: row?.passes ?? [], final: true },
    ...more,
  } as unknown as Receipt;
  speakers.show(clusterId, { lastBeatMs: clock.nowMs() });
  events.emit('receipt.arrived', { speakerId, clusterId, receipt });
  await database.store.db.insert(schema.receipts).values({
    ...{ id: receipt.receiptId, broadcastId, speakerId, clusterId, channelId: 'emergency', receivedAt: new Date(clock.nowMs()) },
    ...{ firstSoundAt: new Date(atMs), lastSoundAt: new Date(atMs + MESSAGE_MS), playedMs: receipt.playedMs, concealedMs: 0, mutedMs: 0 },
    ...{ final: true, receipt },
  });
}

const makeUpsOf = async (broadcastId: string) =>
  database.store.db.select().from(schema.broadcasts).where(eq(schema.broadcasts.makesUpFor, broadcastId));
const isFinished = (broadcastId: string) => async () => (await broadcasts.get(broadcastId)).status === 'finished';

beforeAll(async () => {
  database = await startTestDatabase();
  inventory = createInventory({ store: database.store, audit: { record: async () => undefined }, clock });
  await inventory.start();
  const hamlets = CLUSTERS.map((id, index) => ({
    id: id.slice(0, 5),
    name: `Ấp ${index + 1}`,
    clusters: [{ id, name: `Cụm ${index + 1}` }],
  }));
  await inventory.importCommune(communeFile.parse({ commune: { name: 'Xã Thử' }, hamlets }), { userId: null, displayName: 'a test' });
  await start();
});
afterAll(async () => {
  await broadcasts.close();
  await inventory.close();
  await local.close();
  await database.close();
});

it('tells a pole that was cut off when it is back, also when the controller was restarted meanwhile, and then counts it as made up', async () => {
  await comeBack('ap-01-c1');
  const flood = emergency();
  await broadcasts.begin(flood, ANNOUNCER);
  await until('it is over', isFinished(flood.broadcastId));
  await handIn('ap-01-c1', flood.broadcastId);
  await until('the missing pole is named in the log', async () =>
    (await broadcasts.log(flood.broadcastId)).some((line) => line.kind === 'not_heard'),
  );
  const [heard, missed] = await broadcasts.outcomes(flood.broadcastId);
  // A device that measures no levels: whole, by weaker evidence.
  expect(heard).toMatchObject({ outcome: 'whole', madeUp: false, cause: null, evidence: 'played' });
  expect(missed).toMatchObject({ outcome: 'pending', cause: { code: 'offline', vi: 'mất kết nối' } });

  await broadcasts.close();
  await start();
  await comeBack('ap-01-c1');
  await comeBack('ap-02-c1');
  await until('a make-up pass is over', async () => (await makeUpsOf(flood.broadcastId))[0]?.status === 'finished', 20_000);
  const [makeUp] = await makeUpsOf(flood.broadcastId);
  expect(makeUp).toMatchObject({
    clusterIds: ['ap-02-c1'],
    class: 'emergency',
    origin: 'make_up',
    requestedByName: 'Chị Hoa',
    title: 'Lũ',
  });
  await handIn('ap-02-c1', makeUp?.id ?? '');
  await until('nothing is left to do', async () =>
    (await broadcasts.log(flood.broadcastId)).some((line) => line.kind === 'make_up_over' && line.detail.why === 'done'),
  );
  const outcomes = await broadcasts.outcomes(flood.broadcastId);
  expect(outcomes).toMatchObject([
    { clusterId: 'ap-01-c1', outcome: 'whole', madeUp: false },
    { clusterId: 'ap-02-c1', outcome: 'whole', madeUp: true, cause: null },
  ]);
  expect(await makeUpsOf(flood.broadcastId)).toHaveLength(1);
}, 60_000);

it('names a pole that says itself that it was silent, in the outcomes as in the make-up, and also after a restart', async () => {
  const flood = emergency({ targets: { hamletIds: [], clusterIds: ['ap-01-c1'] } });
  const { broadcastId } = flood;
  await comeBack('ap-01-c1');
  await broadcasts.begin(flood, ANNOUNCER);
  await until('it is over', isFinished(broadcastId));
  const row = await storedEnd(broadcastId);
  await broadcasts.close();
  const startedAtMs = row?.startedAt?.getTime() ?? 0;
  const said = { fromMs: startedAtMs, untilMs: startedAtMs + MESSAGE_MS };
  const fromMs = Math.floor(said.fromMs / 1000) * 1000;
  const seconds = Math.ceil(said.untilMs / 1000) - fromMs / 1000;
  const stretch = { ...said, positionMs: 0, db: Array(seconds).fill(-20) };
  await database.store.db.insert(schema.broadcastEvents).values({ broadcastId, at: new Date(), kind: 'sent_sound', detail: stretch });
  await handIn('ap-01-c1', broadcastId, { heard: [said], levels: [{ fromMs, db: Array(seconds).fill(-95) }] });
  await start();
  // Not there: it is named, and nothing is given.
  await until('it is named with the cause', async () =>
    (await broadcasts.log(broadcastId)).some(({ kind, detail }) => kind === 'not_heard' && JSON.stringify(detail).includes('offline')),
  );
  expect(await broadcasts.outcomes(broadcastId)).toMatchObject([{ outcome: 'none', evidence: null, cause: { code: 'offline' } }]);
  await comeBack('ap-01-c1');
  await until('a make-up pass is over', async () => (await makeUpsOf(broadcastId))[0]?.status === 'finished', 20_000);
  const [makeUp] = await makeUpsOf(broadcastId);
  await handIn('ap-01-c1', makeUp?.id ?? '', { amplifierCurrentMa: 0 });
  speakers.show('ap-01-c1', { telemetry: { amplifierCurrentMa: 0 } as SpeakerTelemetry });
  await until('it is named with its current', async () =>
    (await broadcasts.log(broadcastId)).some(({ kind, detail }) => kind === 'not_heard' && JSON.stringify(detail).includes('no_current')),
  );
  expect(await broadcasts.outcomes(broadcastId)).toMatchObject([{ outcome: 'none', cause: { code: 'no_current' } }]);
  await broadcasts.stop(broadcastId, ANNOUNCER.actor, undefined);
}, 60_000);

it('leaves an emergency alone that is no longer valid', async () => {
  const flood = emergency({ validForMs: 0 });
  await broadcasts.begin(flood, ANNOUNCER);
  await until('it is over', isFinished(flood.broadcastId));
  await expect(broadcasts.stop(flood.broadcastId, ANNOUNCER.actor, undefined)).rejects.toMatchObject({ code: 'broadcast.over' });
});

it('lets a person end the making-up of an emergency that is over', async () => {
  const flood = emergency({ targets: { hamletIds: [], clusterIds: ['ap-01-c1'] } });
  await broadcasts.begin(flood, ANNOUNCER);
  await until('it is over', isFinished(flood.broadcastId));
  expect(await broadcasts.stop(flood.broadcastId, ANNOUNCER.actor, undefined)).toMatchObject({ status: 'finished' });
  await expect(broadcasts.stop(flood.broadcastId, ANNOUNCER.actor, undefined)).rejects.toMatchObject({ code: 'broadcast.over' });
  const [row] = await database.store.db.select().from(schema.broadcasts).where(eq(schema.broadcasts.id, flood.broadcastId));
  expect(row?.validForMs).toBe(0);
});

/** A bulletin for everybody, and an emergency over it that came to its end; the controller went down in that moment. */
async function goneRightAfterAnEmergency(): Promise<{ bulletin: StartBroadcast; flood: StartBroadcast }> {
  for (const clusterId of CLUSTERS) await comeBack(clusterId);
  const bulletin = { ...emergency(), class: 'normal' as const, title: 'Tin' };
  bulletins.set((bulletin.content as { bulletinId: string }).bulletinId, {
    ...{ title: 'Tin', class: 'normal', status: 'ready', durationMs: 600_000, masterPath: '/masters/600000' },
  });
  await broadcasts.begin(bulletin, ANNOUNCER);
  await until('the bulletin sounds', async () => (await broadcasts.get(bulletin.broadcastId)).status === 'on_air');
  const flood = emergency();
  await broadcasts.begin(flood, ANNOUNCER);
  await until('the emergency is over', isFinished(flood.broadcastId));
  return { bulletin, flood };
}

it('after a restart, what an emergency interrupted waits until every pole has come back and said what it heard', async () => {
  const { bulletin, flood } = await goneRightAfterAnEmergency();
  await broadcasts.close();
  await start();
  let isAnswered = false;
  let wentOnBefore = false;
  events.on('broadcast.changed', ({ broadcast }) => {
    if (broadcast.broadcastId === bulletin.broadcastId && broadcast.status === 'on_air') wentOnBefore ||= !isAnswered;
  });
  await comeBack('ap-01-c1');
  await handIn('ap-01-c1', flood.broadcastId);
  await until('the bulletin waits for the emergency’s sake', async () =>
    (await broadcasts.log(bulletin.broadcastId)).some(
      ({ kind, detail }) => kind === 'waiting' && (detail.for as string[]).includes(flood.broadcastId),
    ),
  );
  await comeBack('ap-02-c1');
  isAnswered = true;
  await handIn('ap-02-c1', flood.broadcastId);
  await until('the bulletin goes on', async () => (await broadcasts.get(bulletin.broadcastId)).status === 'on_air');
  expect(wentOnBefore).toBe(false);
  expect(await makeUpsOf(flood.broadcastId)).toEqual([]);
  await broadcasts.stop(bulletin.broadcastId, ANNOUNCER.actor, undefined);
}, 60_000);

it('an emergency whose end nobody had noted when the controller went down is not given again to those who heard it', async () => {
  const { bulletin, flood } = await goneRightAfterAnEmergency();
  for (const clusterId of CLUSTERS) await handIn(clusterId, flood.broadcastId);
  await broadcasts.close();
  await database.store.db
    .update(schema.broadcasts)
    .set({ status: 'on_air', endedAt: null })
    .where(eq(schema.broadcasts.id, flood.broadcastId));
  await start();
  expect((await broadcasts.get(flood.broadcastId)).status).toBe('finished');
  for (const clusterId of CLUSTERS) await comeBack(clusterId);
  await until('the bulletin goes on', async () => (await broadcasts.get(bulletin.broadcastId)).status === 'on_air', 20_000);
  expect(await makeUpsOf(flood.broadcastId)).toEqual([]);
  expect((await broadcasts.log(flood.broadcastId)).map(({ kind }) => kind)).not.toContain('not_heard');
  await broadcasts.stop(bulletin.broadcastId, ANNOUNCER.actor, undefined);
}, 60_000);
