import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_CODES } from '../../../controller/protocol/media.ts';
import type { MediaGrant, Receipt } from '../../../controller/protocol/speaker-control.ts';
import { toSpeaker } from '../../../controller/protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../../../controller/protocol/speaker-state.ts';
import { schema } from '../../../controller/store/index.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { type DeviceIdentity, enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;
let first: DeviceIdentity;
let second: DeviceIdentity;
const open: TestSpeaker[] = [];

async function connected(identity: DeviceIdentity, hello?: Parameters<TestSpeaker['hello']>[0]): Promise<TestSpeaker> {
  const speaker = new TestSpeaker(identity);
  open.push(speaker);
  await speaker.open();
  speaker.hello(hello);
  await speaker.next('welcome');
  return speaker;
}

beforeAll(async () => {
  world = await startSpeakerWorld({ reconnects: { burst: 1e6, perSecond: 1 } });
  first = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
  second = await enrolDevice(await world.speakers.issueClaim('c-2', 'SPK-0002'));
});
afterEach(async () => {
  for (const speaker of open.splice(0)) speaker.end();
  await until('all gone', () => world.speakers.directory.states().every((state) => state.rung === 'offline'));
});
afterAll(() => world?.close());

describe('a real device over TLS', () => {
  test('says hello, is welcomed with its configuration, and counts as connected', async () => {
    const speaker = await connected(first);
    const welcome = await speaker.next('welcome');
    expect(welcome).toMatchObject({
      v: 1,
      seq: 1,
      commune: 'Xã Thử Nghiệm',
      clusterName: 'Cụm 1',
      config: { beatPeriodMs: 20_000, volumeDb: -6, muted: false, emergencyVolumeDb: 0 },
    });
    expect(world.speakers.directory.state('SPK-0001')).toMatchObject({ rung: 'connected', clusterId: 'c-1', hamletId: 'ap-01' });
    expect(world.speakers.directory.isConnected('SPK-0001')).toBe(true);
    expect(world.speakers.directory.speakerOf('c-1')).toBe('SPK-0001');
  });

  test('every message of the controller fits the published schema', async () => {
    const speaker = await connected(first);
    speaker.beat();
    speaker.send({ type: 'probe', t1Ms: 5 });
    speaker.raw('nonsense');
    await speaker.next('error');
    for (const message of speaker.received) expect(toSpeaker.safeParse(message).error).toBeUndefined();
    expect(speaker.received.map((message) => message.seq)).toEqual(speaker.received.map((_, index) => index + 1));
  });

  test('a beat is a clock probe: t1 comes back, t2 and t3 are the controller’s time in order', async () => {
    const speaker = await connected(first);
    const beforeMs = world.clock.nowMs();
    speaker.send({ type: 'probe', t1Ms: -123.456 });
    const reply = await speaker.next('clock', (message) => message.t1Ms === -123.456);
    expect(reply.t2Ms).toBeGreaterThanOrEqual(beforeMs - 5);
    expect(reply.t3Ms).toBeGreaterThanOrEqual(reply.t2Ms);
    expect(reply.t3Ms).toBeLessThanOrEqual(world.clock.nowMs() + 5);
    await until('round trip measured', () => world.speakers.directory.state('SPK-0001')?.roundTripMs != null);
  });

  test('climbs the rungs with the evidence and no further, and the history is stored', async () => {
    const speaker = await connected(first);
    const rung = () => world.speakers.directory.state('SPK-0001')?.rung;
    speaker.beat();
    speaker.beat({ packetsReceived: 2 });
    await until('receiving', () => rung() === 'receiving');
    const broadcastId = randomUUID();
    const soundAtMs = world.clock.nowMs() + 250;
    speaker.send({ type: 'playing', channelId: broadcastId, broadcastId, soundAtMs });
    await until('playing', () => rung() === 'playing');
    expect(world.speakers.directory.state('SPK-0001')?.broadcastId).toBe(broadcastId);
    speaker.send({ type: 'playing', channelId: null, broadcastId: null, soundAtMs: world.clock.nowMs() });
    await until('receiving again', () => rung() === 'receiving');
    speaker.end();
    await until('offline', () => rung() === 'offline');
    await until('stored', async () => {
      const rows = await world.database.store.db.select().from(schema.speakerTransitions).orderBy(schema.speakerTransitions.id);
      return (
        rows
          .slice(-5)
          .map((row) => row.toRung)
          .join() === 'connected,receiving,playing,receiving,offline'
      );
    });
    const played = await world.database.store.db
      .select()
      .from(schema.speakerTransitions)
      .where(eq(schema.speakerTransitions.toRung, 'playing'));
    expect(played.at(-1)?.detail).toMatchObject({ why: 'playing', broadcastId, soundAtMs });
  });

  test('no horn can sound through an open line: it decodes, whatever it says that it plays', async () => {
    const speaker = await connected(first);
    const rung = () => world.speakers.directory.state('SPK-0001')?.rung;
    const broadcastId = randomUUID();
    speaker.beat();
    speaker.beat({ packetsReceived: 2 });
    speaker.send({ type: 'playing', channelId: broadcastId, broadcastId, soundAtMs: world.clock.nowMs() });
    await until('playing', () => rung() === 'playing');
    speaker.send({ type: 'fault', code: 'line_open', state: 'raised' });
    await until('decoding', () => rung() === 'decoding');
    speaker.end();
    await until('offline', () => rung() === 'offline');
    // The fault stands: coming back is no repair.
    const again = await connected(first);
    again.send({ type: 'fault', code: 'line_open', state: 'raised' });
    again.beat({ packetsReceived: 900, outputLevelDb: -20 });
    again.send({ type: 'playing', channelId: broadcastId, broadcastId, soundAtMs: world.clock.nowMs() });
    await until('on the broadcast', () => world.speakers.directory.state('SPK-0001')?.broadcastId === broadcastId);
    expect(rung()).toBe('decoding');
    again.send({ type: 'fault', code: 'line_open', state: 'cleared' });
    await until('playing', () => rung() === 'playing');
  });

  test('who is asked for a sign of life is heard of long before its next beat', async () => {
    await connected(first);
    const { directory } = world.speakers;
    const lastHeardMs = (): number => directory.state('SPK-0001')?.lastBeatMs ?? 0;
    // It is asked once by itself after hello.
    await until('the first round trip', () => directory.state('SPK-0001')?.roundTripMs !== null);
    const beforeMs = lastHeardMs();
    directory.askForSign('SPK-0001');
    await until('a sign of life', () => lastHeardMs() > beforeMs);
    directory.askForSign('no such speaker');
  });

  test('a second connection replaces the first', async () => {
    const old = await connected(first);
    const disconnectedBefore = world.told('speaker.disconnected').length;
    const replacement = await connected(first);
    expect(await old.untilClosed()).toMatchObject({ code: CLOSE_CODES.replaced, reason: 'replaced' });
    replacement.beat();
    await replacement.next('clock');
    expect(world.speakers.directory.isConnected('SPK-0001')).toBe(true);
    expect(world.told('speaker.disconnected')).toHaveLength(disconnectedBefore);
  });

  test('a resumed TLS session is cheap and still known', async () => {
    const speaker = await connected(first);
    await until('session ticket', () => speaker.session !== undefined);
    const again = new TestSpeaker(first, { session: speaker.session as Buffer });
    open.push(again);
    await again.open();
    expect((again.socket as unknown as { _socket: { isSessionReused(): boolean } })._socket.isSessionReused()).toBe(true);
    again.hello();
    await again.next('welcome');
  });
});

describe('who is turned away', () => {
  const refusals = (why: string) => world.audit.filter((entry) => entry.action === 'speaker.refused' && entry.detail?.why === why);

  test.each([
    ['no certificate', { withoutCertificate: true }, CLOSE_CODES.notEnrolled],
    ['a certificate of another authority', {}, CLOSE_CODES.notEnrolled],
  ])('%s', async (what, options, code) => {
    let identity = first;
    if (what.includes('another')) {
      const stranger = await startSpeakerWorld();
      identity = { ...(await enrolDevice(await stranger.speakers.issueClaim('c-1', 'SPK-0001'))), caPem: first.caPem, port: first.port };
      await stranger.close();
    }
    const speaker = new TestSpeaker(identity, options);
    expect((await speaker.untilClosed()).code).toBe(code);
    const [entry] = refusals(what.includes('another') ? 'untrusted' : 'no_certificate');
    expect(entry).toMatchObject({ target: 'unknown', ip: expect.stringContaining('127.0.0.1') });
  });

  test('a speaker that says it is another', async () => {
    const speaker = await new TestSpeaker(first).open();
    speaker.hello({ speakerId: 'SPK-0002' });
    expect(await speaker.untilClosed()).toEqual({ code: CLOSE_CODES.notEnrolled, reason: 'wrong_speaker' });
    expect(refusals('wrong_speaker')).toMatchObject([{ target: 'SPK-0001', detail: { claimedId: 'SPK-0002' } }]);
  });

  test('no subprotocol, wrong path, plain HTTP: refused before a WebSocket exists', async () => {
    const speaker = new TestSpeaker(first, { protocol: 'something.else' });
    expect((await speaker.untilClosed()).code).toBe(1006);
    const socket = connect({ host: '127.0.0.1', port: first.port, ca: first.caPem });
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(answer.toString()).toMatch(/^HTTP\/1.1 404/);
    socket.destroy();
  });

  test('what is refused is closed, also when the caller keeps its own half open', async () => {
    // The types leave out what the documentation lists.
    const halfOpen = { allowHalfOpen: true } as object;
    const socket = connect({ host: '127.0.0.1', port: first.port, ca: first.caPem, ...halfOpen });
    // A write to nobody is an error on the way to the end that is waited for.
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    await once(socket, 'secureConnect');
    socket.write('GET /elsewhere HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(answer.toString()).toMatch(/^HTTP\/1.1 404/);
    // Only a write tells a half-open caller that nobody is there.
    const writing = setInterval(() => socket.write('x'), 50);
    await closed.finally(() => clearInterval(writing));
  });

  test('another version of the protocol, a bad hello', async () => {
    const versioned = await new TestSpeaker(first).open();
    versioned.raw(JSON.stringify({ v: 2, seq: 1, type: 'hello' }));
    expect((await versioned.untilClosed()).code).toBe(CLOSE_CODES.versionUnsupported);
    const bad = await new TestSpeaker(first).open();
    bad.raw(JSON.stringify({ v: 1, seq: 1, type: 'hello', speakerId: 'SPK-0001' }));
    expect((await bad.untilClosed()).code).toBe(CLOSE_CODES.badMessage);
  });

  test('a revoked speaker: cut off at once, and refused when it comes back, also with its old TLS session', async () => {
    const identity = await enrolDevice(await world.speakers.issueClaim('c-3', 'SPK-0003'));
    const speaker = await connected(identity);
    await until('session ticket', () => speaker.session !== undefined);
    await world.speakers.revoke('SPK-0003');
    expect((await speaker.untilClosed()).code).toBe(CLOSE_CODES.revoked);
    const again = new TestSpeaker(identity, { session: speaker.session as Buffer });
    expect((await again.untilClosed()).code).toBe(CLOSE_CODES.revoked);
    expect(refusals('revoked')).toMatchObject([
      { target: 'SPK-0003', detail: { certificateSha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
    expect(world.speakers.directory.state('SPK-0003')).toBeUndefined();
  });
});

describe('messages with a defined answer', () => {
  test('malformed, unknown, replayed, binary, too large', async () => {
    const speaker = await connected(first);
    speaker.raw('{');
    await speaker.next('error', (message) => message.code === 'malformed' && message.toSeq === 0);
    speaker.raw(JSON.stringify({ v: 1, seq: 50, type: 'party' }));
    await speaker.next('error', (message) => message.code === 'unknown_type' && message.toSeq === 50);
    speaker.raw(JSON.stringify({ v: 1, seq: 60, type: 'probe', t1Ms: 1 }));
    await speaker.next('clock');
    speaker.raw(JSON.stringify({ v: 1, seq: 60, type: 'probe', t1Ms: 2 }));
    await speaker.next('error', (message) => message.code === 'replayed' && message.toSeq === 60);
    speaker.raw(Buffer.from([1, 2, 3]));
    await speaker.next('error', (message) => message.detail === 'binary frame');
    speaker.raw(JSON.stringify({ v: 1, seq: 61, type: 'probe', t1Ms: 1, padding: 'x'.repeat(20_000) }));
    await speaker.next('error', (message) => message.code === 'too_large');
    speaker.raw('x'.repeat(70_000));
    expect((await speaker.untilClosed()).code).toBe(1009);
    expect(speaker.received.filter((message) => message.type === 'clock')).toHaveLength(1);
  });

  test('a device that does not learn is cut off; one that asks too fast is told so', async () => {
    const stubborn = await connected(first);
    for (let count = 0; count < 40; count++) stubborn.raw('{');
    expect((await stubborn.untilClosed()).code).toBe(CLOSE_CODES.tooManyErrors);
    const eager = await connected(second);
    for (let count = 0; count < 310; count++) eager.send({ type: 'probe', t1Ms: count });
    await eager.next('error', (message) => message.code === 'rate_limited');
  });
});

describe('media paths', () => {
  const grant: MediaGrant = {
    transportId: 't-1',
    addresses: [{ family: 'ipv4', ip: '127.0.0.1', port: 40_000 }],
    srtpSuite: 'AEAD_AES_128_GCM',
    speakerKey: Buffer.alloc(28, 1).toString('base64'),
    controllerKey: Buffer.alloc(28, 2).toString('base64'),
    absCaptureTimeId: 10,
    channels: [],
  };

  test('unavailable until there is a media plane; then granted; a failure is told', async () => {
    const speaker = await connected(first);
    const refused = speaker.send({ type: 'media.request', reason: 'start' });
    await speaker.next('error', (message) => message.code === 'unavailable' && message.toSeq === refused);
    const asked: unknown[] = [];
    world.speakers.setMediaGranter({
      async grant(...args) {
        asked.push(args);
        return grant;
      },
      release() {},
    });
    speaker.send({ type: 'media.request', reason: 'start' });
    expect((await speaker.next('media.setup')).grant).toEqual(grant);
    expect(asked).toEqual([['SPK-0001', ['ipv4'], expect.stringContaining('127.0.0.1')]]);
    world.speakers.setMediaGranter({ grant: () => Promise.reject(new Error('no worker')), release() {} });
    const failed = speaker.send({ type: 'media.request', reason: 'path_lost' });
    await speaker.next('error', (message) => message.code === 'unavailable' && message.toSeq === failed);
  });

  test('a path is no evidence: only what the speaker says that it received is', async () => {
    const speaker = await connected(first);
    world.speakers.setMediaGranter({ grant: async () => grant, release() {} });
    const rung = () => world.speakers.directory.state('SPK-0001')?.rung;
    for (let count = 0; count < 3; count++) {
      speaker.received.length = 0;
      speaker.send({ type: 'media.request', reason: 'path_lost' });
      await speaker.next('media.setup');
      speaker.beat({ packetsReceived: 0 });
      await speaker.next('clock');
      expect(rung()).toBe('connected');
    }
    speaker.beat({ packetsReceived: 1 });
    await until('receiving', () => rung() === 'receiving');
  });
});

describe('what a device counted before it was switched off', () => {
  const old = { packetsReceived: 900, packetsLost: 100, packetsLate: 7, packetsRepaired: 5, packetsRejected: 3, concealedMs: 400 };
  const none = { packetsReceived: 0, packetsLost: 0, packetsLate: 0, packetsRepaired: 0, packetsRejected: 0, concealedMs: 0 };
  const state = () => world.speakers.directory.state('SPK-0001');

  async function beats(speaker: TestSpeaker, telemetry: Partial<SpeakerTelemetry>): Promise<void> {
    speaker.received.length = 0;
    speaker.beat(telemetry);
    await speaker.next('clock');
  }

  test('opens no path in the first beat of a new boot; the second beat counts', async () => {
    const speaker = await connected(first);
    await beats(speaker, { ...old, mains: false });
    expect(state()).toMatchObject({ rung: 'connected', telemetry: { ...none, mains: false } });
    await beats(speaker, old);
    expect(state()).toMatchObject({ rung: 'receiving', telemetry: old });
  });

  test('opens none after a connection that broke before its first beat; a later connection of the same boot counts on', async () => {
    const bootId = randomUUID();
    const reconnected = async (): Promise<TestSpeaker> => {
      for (const speaker of open.splice(0)) speaker.end();
      await until('offline', () => state()?.rung === 'offline');
      return connected(first, { bootId });
    };
    await reconnected();
    await beats(await reconnected(), old);
    expect(state()?.rung).toBe('connected');
    await beats(await reconnected(), { packetsReceived: 1 });
    expect(state()?.rung).toBe('receiving');
  });
});

describe('receipts', () => {
  const receipt = ({ broadcastId = randomUUID(), ...changes }: Partial<Receipt> = {}): Receipt => ({
    receiptId: randomUUID(),
    broadcastId,
    channelId: broadcastId,
    firstSoundAtMs: 1_790_000_000_000.25,
    lastSoundAtMs: 1_790_000_060_000.5,
    playedMs: 60_000,
    concealedMs: 20,
    fecMs: 40,
    mutedMs: 0,
    mutedByConfigMs: 0,
    preemptedMs: 0,
    packetsReceived: 3000,
    packetsLost: 3,
    packetsLate: 0,
    packetsRepaired: 2,
    maxSyncErrorMs: 0.4,
    meanOutputLevelDb: -20,
    amplifierOk: true,
    heard: [],
    final: true,
    ...changes,
  });
  const stored = async (id: string) =>
    (await world.database.store.db.select().from(schema.receipts).where(eq(schema.receipts.broadcastId, id)))[0];

  test('acknowledged after it is stored; again when it comes again', async () => {
    const speaker = await connected(first);
    const given = receipt();
    speaker.send({ type: 'receipt', receipt: given });
    await speaker.next('receipt.ack', (message) => message.receiptId === given.receiptId);
    expect(await stored(given.broadcastId)).toMatchObject({
      speakerId: 'SPK-0001',
      clusterId: 'c-1',
      playedMs: 60_000,
      final: true,
      receipt: given,
    });
    speaker.received.length = 0;
    speaker.send({ type: 'receipt', receipt: given });
    await speaker.next('receipt.ack', (message) => message.receiptId === given.receiptId);
    expect(world.told('speaker.receipt').map((fact) => fact.receipt.receiptId)).toContain(given.receiptId);
  });

  test('the final replaces the interim, and no interim replaces the final', async () => {
    const speaker = await connected(first);
    const broadcastId = randomUUID();
    const interim = receipt({ broadcastId, final: false, playedMs: 30_000 });
    const final = receipt({ broadcastId });
    const late = receipt({ broadcastId, final: false, playedMs: 31_000 });
    for (const one of [interim, final, late]) {
      speaker.send({ type: 'receipt', receipt: one });
      await speaker.next('receipt.ack', (message) => message.receiptId === one.receiptId);
    }
    expect(await stored(broadcastId)).toMatchObject({ id: final.receiptId, playedMs: 60_000, final: true });
  });

  test('levels are gathered over the receipts of a play, once each, also where several are written together', async () => {
    const speaker = await connected(first);
    const broadcastId = randomUUID();
    const chunk = (second: number) => ({ fromMs: 1_790_000_000_000 + second * 1000, db: [-20, null, -22] });
    const interims = [0, 3, 6].map((second) => receipt({ broadcastId, final: false, levels: [chunk(second)] }));
    const [told, ...together] = interims as [Receipt, Receipt, Receipt];
    const give = async (...receipts: Receipt[]): Promise<void> => {
      for (const one of receipts) speaker.send({ type: 'receipt', receipt: one });
      for (const one of receipts) await speaker.next('receipt.ack', (message) => message.receiptId === one.receiptId);
    };
    await give(told);
    speaker.received.length = 0;
    await give(told);
    await give(...together);
    await give(receipt({ broadcastId }));
    const row = await stored(broadcastId);
    expect(row).toMatchObject({ final: true, receipt: { levels: [chunk(0), chunk(3), chunk(6)] } });
    await give(receipt({ broadcastId: randomUUID() }));
  });

  test('two plays of one broadcast both count: before a power cut, and after it', async () => {
    const speaker = await connected(first);
    const broadcastId = randomUUID();
    const againAtMs = 1_790_000_200_000.75;
    const cut = receipt({ broadcastId, final: false, playedMs: 60_000 });
    const second = { broadcastId, firstSoundAtMs: againAtMs, lastSoundAtMs: againAtMs + 90_000 };
    const interim = receipt({ ...second, final: false, playedMs: 60_000 });
    const final = receipt({ ...second, playedMs: 90_000 });
    // The three come together: they are written in one statement.
    for (const one of [cut, interim, final]) speaker.send({ type: 'receipt', receipt: one });
    for (const one of [cut, interim, final]) await speaker.next('receipt.ack', (message) => message.receiptId === one.receiptId);
    const rows = await world.database.store.db.select().from(schema.receipts).where(eq(schema.receipts.broadcastId, broadcastId));
    expect(rows.map((row) => [row.id, row.playedMs, row.final]).toSorted()).toEqual(
      [
        [cut.receiptId, 60_000, false],
        [final.receiptId, 90_000, true],
      ].toSorted(),
    );
    const left = receipt({ broadcastId, firstSoundAtMs: againAtMs + 100_000, lastSoundAtMs: againAtMs + 110_000, playedMs: 10_000 });
    speaker.send({ type: 'receipt', receipt: left });
    await speaker.next('receipt.ack', (message) => message.receiptId === left.receiptId);
    const [sum] = await world.database.store.db
      .select({ playedMs: sql<number>`sum(played_ms)` })
      .from(schema.receipts)
      .where(eq(schema.receipts.broadcastId, broadcastId));
    expect(sum?.playedMs).toBe(160_000);
  });

  test('many at once, among them one that takes another speaker’s id: only that one is refused', async () => {
    const speaker = await connected(first);
    const other = await connected(second);
    const taken = receipt();
    other.send({ type: 'receipt', receipt: taken });
    await other.next('receipt.ack');
    const good = Array.from({ length: 20 }, () => receipt());
    const stolen = receipt({ receiptId: taken.receiptId });
    for (const one of [...good, stolen]) speaker.send({ type: 'receipt', receipt: one });
    await speaker.next('error', (message) => message.code === 'malformed');
    await until('all acknowledged', () => speaker.received.filter((message) => message.type === 'receipt.ack').length === 20);
    expect(await stored(stolen.broadcastId)).toBeUndefined();
  });

  test('one that ends before it begins is refused', async () => {
    const speaker = await connected(first);
    speaker.send({ type: 'receipt', receipt: receipt({ lastSoundAtMs: 1 }) });
    await speaker.next('error', (message) => message.code === 'malformed');
  });
});

test('a change of the cluster reaches its speaker', async () => {
  const speaker = await connected(first);
  const changes = { volumeDb: -12, alignDelayMs: 35, muted: true, emergencyVolumeDb: -3 };
  const told = new Promise((resolve) => world.events.on('speaker.changed', ({ state }) => state.muted && resolve(state)));
  await world.database.store.db.update(schema.clusters).set(changes).where(eq(schema.clusters.id, 'c-1'));
  await world.speakers.clusterChanged('c-1');
  const { config } = await speaker.next('config');
  expect(config).toMatchObject(changes);
  // The consoles see at once that the pole is muted.
  expect(await told).toMatchObject({ speakerId: 'SPK-0001', muted: true });
  expect(world.speakers.directory.state('SPK-0001')).toMatchObject({ muted: true });
});

test('a stopping controller says goodbye and when to come back', async () => {
  const stopping = await startSpeakerWorld();
  const identity = await enrolDevice(await stopping.speakers.issueClaim('c-1', 'SPK-0001'));
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  await speaker.next('welcome');
  await stopping.close();
  expect((await speaker.untilClosed()).code).toBe(CLOSE_CODES.controllerStopping);
  expect((await speaker.next('goodbye')).reconnectAfterMs).toBeGreaterThan(0);
});
