import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { faultRoutes } from '../../../controller/faults/index.ts';
import { faultListQuery } from '../../../controller/protocol/speakers.ts';
import { schema } from '../../../controller/store/index.ts';
import { validBodies } from '../../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;
afterEach(() => world?.close());

const told = () => [...world.told('fault.raised').map((fact) => fact.code)];
const rows = async () => world.database.store.db.select().from(schema.faults).where(eq(schema.faults.speakerId, 'SPK-0001'));

test('a speaker that goes silent on a standing connection is offline after three missed beats, and back with the next', async () => {
  world = await startSpeakerWorld({ beatPeriodMs: 1000 });
  const identity = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  await speaker.next('welcome');
  speaker.beat();
  await speaker.next('clock');
  const lastMs = world.clock.nowMs();
  // The stuck device answers no ping either.
  speaker.socket.pause();
  await until('offline', () => world.told('fault.raised').some((fact) => fact.code === 'offline'));
  const raised = world.told('fault.raised').find((fact) => fact.code === 'offline');
  expect((raised?.atMs ?? 0) - lastMs).toBeGreaterThan(2900);
  await until('cut off', () => world.speakers.directory.state('SPK-0001')?.rung === 'offline');
  expect(world.speakers.directory.isConnected('SPK-0001')).toBe(false);
  expect(world.speakers.directory.state('SPK-0001')?.faults).toContain('offline');
  speaker.end();
  const again = await new TestSpeaker(identity).open();
  again.hello();
  await until('cleared', () => world.told('fault.cleared').some((fact) => fact.code === 'offline'));
  expect(world.speakers.directory.state('SPK-0001')?.faults).not.toContain('offline');
  await until('in the history', async () => (await rows()).some((row) => row.code === 'offline' && row.clearedAt !== null));
  again.end();
});

test('faults outlive the controller: they stand after a restart, are not raised twice, and clear on evidence', async () => {
  world = await startSpeakerWorld();
  const identity = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
  let speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  speaker.beat({ mains: false });
  speaker.send({ type: 'fault', code: 'amplifier_failed', state: 'raised', detail: 'protection tripped' });
  await until('raised', () => told().length === 2);
  expect(world.speakers.directory.state('SPK-0001')?.faults.toSorted()).toEqual(['amplifier_failed', 'power_lost']);
  speaker.end();
  const before = (await world.faults.history({ speakerId: 'SPK-0001', limit: 10 })).map((fault) => fault.faultId);
  expect(before).toHaveLength(2);

  await world.restart();
  expect(world.faults.open('SPK-0001').toSorted()).toEqual(['amplifier_failed', 'power_lost']);
  expect(world.speakers.directory.state('SPK-0001')?.faults.toSorted()).toEqual(['amplifier_failed', 'power_lost']);
  speaker = await new TestSpeaker({ ...identity, port: world.speakers.port() }).open();
  speaker.hello();
  speaker.beat({ mains: false });
  speaker.beat();
  speaker.beat();
  await until('power is back', () => world.told('fault.cleared').some((fact) => fact.code === 'power_lost'));
  // What the device itself reported is the device's to take back.
  speaker.beat({ outputLevelDb: -20, amplifierCurrentMa: 400 });
  await speaker.next('clock');
  expect(world.faults.open('SPK-0001')).toEqual(['amplifier_failed']);
  speaker.send({ type: 'fault', code: 'amplifier_failed', state: 'cleared' });
  await until('amplifier works', () => world.faults.open('SPK-0001').length === 0);
  expect(told()).toHaveLength(2);
  const history = await world.faults.history({ speakerId: 'SPK-0001', limit: 10 });
  expect(history.map((fault) => fault.faultId).toSorted()).toEqual(before.toSorted());
  expect(history.every((fault) => fault.clearedAtMs !== null)).toBe(true);
  expect(history.find((fault) => fault.code === 'amplifier_failed')?.evidence).toMatchObject({
    reportedBySpeaker: true,
    detail: 'protection tripped',
    cleared: { reportedBySpeaker: true },
  });
  speaker.end();
});

test('a current of 0 is none only of a device that has shown some, also before a restart: of old hardware it is no sensor', async () => {
  world = await startSpeakerWorld();
  const identity = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
  const dead = { outputLevelDb: -20, amplifierCurrentMa: 0 };
  const connect = async (): Promise<TestSpeaker> => {
    const speaker = await new TestSpeaker({ ...identity, port: world.speakers.port() }).open();
    speaker.hello();
    return speaker;
  };
  /** The current of a receipt that said 0, as it is stored. */
  const storedCurrent = async (speaker: TestSpeaker): Promise<unknown> => {
    const body = validBodies(world.clock.nowMs()).find((candidate) => candidate.type === 'receipt');
    if (body?.type !== 'receipt') throw new Error('a receipt is among them');
    const receipt = { ...body.receipt, amplifierCurrentMa: 0 };
    speaker.send({ type: 'receipt', receipt });
    await speaker.next('receipt.ack', (message) => message.receiptId === receipt.receiptId);
    const [row] = await world.database.store.db.select().from(schema.receipts).where(eq(schema.receipts.id, receipt.receiptId));
    return (row?.receipt as { amplifierCurrentMa?: number } | undefined)?.amplifierCurrentMa;
  };
  let speaker = await connect();
  for (let count = 0; count < 3; count++) speaker.beat(dead);
  expect(await storedCurrent(speaker)).toBeUndefined();
  expect(world.faults.open('SPK-0001')).toEqual([]);
  // A look at the figures shows what it says.
  expect(world.speakers.directory.state('SPK-0001')?.telemetry).toMatchObject({ amplifierCurrentMa: 0 });
  speaker.beat({ amplifierCurrentMa: 25 });
  expect(await storedCurrent(speaker)).toBe(0);
  speaker.end();

  await world.restart();
  speaker = await connect();
  for (let count = 0; count < 2; count++) speaker.beat(dead);
  expect(await storedCurrent(speaker)).toBe(0);
  expect(world.faults.open('SPK-0001')).toEqual(['amplifier_failed']);
  speaker.end();
});

test('a revoked speaker’s faults end with its service', async () => {
  world = await startSpeakerWorld();
  const identity = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  speaker.beat({ mains: false });
  await until('raised', () => told().includes('power_lost'));
  await world.speakers.revoke('SPK-0001');
  expect(world.faults.openFaults()).toEqual([]);
  await until('stored', async () => (await rows()).every((row) => row.clearedAt !== null));
});

test('the history of one code is as long as it is asked for, whatever else has happened since', async () => {
  world = await startSpeakerWorld();
  const clearedAt = new Date(world.clock.nowMs());
  const fault = (code: string, severity: string, n: number) => ({
    id: randomUUID(),
    speakerId: 'SPK-0001',
    clusterId: 'c-1',
    evidence: {},
    raisedAt: new Date(clearedAt.getTime() - n * 1000),
    ...{ code, severity, clearedAt },
  });
  await world.database.store.db
    .insert(schema.faults)
    .values([
      ...Array.from({ length: 50 }, (_, n) => fault('loss_high', 'warning', n)),
      ...Array.from({ length: 3 }, (_, n) => fault('line_open', 'critical', 100 + n)),
    ]);
  const asked = async (query: string): Promise<number> => {
    const [route] = faultRoutes(world.faults, world.clock);
    const parsed = faultListQuery.parse(Object.fromEntries(new URLSearchParams(query)));
    if (!route) throw new Error('a route');
    return ((await route.handler({ query: parsed } as never)) as { faults: unknown[] }).faults.length;
  };
  expect(await asked('state=all&limit=10')).toBe(10);
  expect(await asked('state=all&limit=10&code=line_open')).toBe(3);
  expect(await asked('state=all&limit=2&severity=critical')).toBe(2);
  expect(await asked('state=all&limit=10&code=line_open&severity=warning')).toBe(0);
});

test('thousands that fall silent together hold no turn of the event loop: their faults begin some at a time', async () => {
  world = await startSpeakerWorld({ beatPeriodMs: 1000 });
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  const perTurn = new Map<number, number>();
  world.events.on('fault.raised', () => void perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1));
  for (let number = 0; number < 1000; number++)
    world.faults.watch({ speakerId: `SPK-9${number}`, clusterId: `c-${number}`, isMuted: false, beatPeriodMs: 1000 });
  await until('all of them are offline', () => world.told('fault.raised').length >= 1000, 20_000);
  isOver = true;
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(100);
});
