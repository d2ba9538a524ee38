import { eq } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { schema } from '../../../controller/store/index.ts';
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
  speaker.beat({ outputLevelDb: -20, amplifierCurrentMa: 400 });
  await until('amplifier works', () => world.faults.open('SPK-0001').length === 0);
  expect(told()).toHaveLength(2);
  const history = await world.faults.history({ speakerId: 'SPK-0001', limit: 10 });
  expect(history.map((fault) => fault.faultId).toSorted()).toEqual(before.toSorted());
  expect(history.every((fault) => fault.clearedAtMs !== null)).toBe(true);
  expect(history.find((fault) => fault.code === 'amplifier_failed')?.evidence).toMatchObject({
    reportedBySpeaker: true,
    detail: 'protection tripped',
    cleared: { amplifierCurrentMa: 400 },
  });
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
