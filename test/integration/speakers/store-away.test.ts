import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../../controller/store/index.ts';
import { validBodies } from '../../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;
beforeAll(async () => {
  world = await startSpeakerWorld();
});
afterAll(() => world?.close());

test('a receipt that can’t be stored is not acknowledged; the condition is told, and ends with the next that can', async () => {
  const speaker = await new TestSpeaker(await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'))).open();
  speaker.hello();
  await speaker.next('welcome');
  const body = validBodies(world.clock.nowMs()).find((candidate) => candidate.type === 'receipt');
  if (body?.type !== 'receipt') throw new Error('a receipt is among them');
  const { db } = world.database.store;
  await db.execute(sql`alter table receipts rename to receipts_away`);
  const seq = speaker.send(body);
  await speaker.next('error', (message) => message.code === 'unavailable' && message.toSeq === seq);
  expect(speaker.received.some((message) => message.type === 'receipt.ack')).toBe(false);
  expect(world.told('system.condition')).toMatchObject([{ code: 'receipts_not_stored', state: 'raised' }]);
  await db.execute(sql`alter table receipts_away rename to receipts`);
  speaker.send(body);
  await speaker.next('receipt.ack', (message) => message.receiptId === body.receipt.receiptId);
  expect(world.told('system.condition').at(-1)).toMatchObject({ code: 'receipts_not_stored', state: 'cleared' });
  speaker.end();
});

test('changes of rung wait for the store and keep their order', async () => {
  const identity = await enrolDevice(await world.speakers.issueClaim('c-2', 'SPK-0002'));
  const { db } = world.database.store;
  await db.execute(sql`alter table speaker_transitions rename to transitions_away`);
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  await speaker.next('welcome');
  speaker.beat();
  speaker.beat({ packetsReceived: 1 });
  await until('receiving', () => world.speakers.directory.state('SPK-0002')?.rung === 'receiving');
  speaker.end();
  await until('offline', () => world.speakers.directory.state('SPK-0002')?.rung === 'offline');
  await world.clock.sleep(1200);
  await db.execute(sql`alter table transitions_away rename to speaker_transitions`);
  await until('written', async () => {
    const rows = await db.select().from(schema.speakerTransitions).where(eq(schema.speakerTransitions.speakerId, 'SPK-0002'));
    return rows.map((row) => `${row.fromRung}>${row.toRung}`).join(' ') === 'offline>connected connected>receiving receiving>offline';
  });
});
