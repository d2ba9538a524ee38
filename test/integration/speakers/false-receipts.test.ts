import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOSE_CODES } from '../../../controller/protocol/media.ts';
import type { Receipt } from '../../../controller/protocol/speaker-control.ts';
import { schema } from '../../../controller/store/index.ts';
import { validBodies } from '../../support/speaker-messages.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { type DeviceIdentity, enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

let world: SpeakerWorld;
let identity: DeviceIdentity;
beforeAll(async () => {
  world = await startSpeakerWorld();
  identity = await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'));
});
afterAll(() => world?.close());

async function connected(): Promise<TestSpeaker> {
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  await speaker.next('welcome');
  return speaker;
}

function receipt(changes: Partial<Receipt> = {}): Receipt {
  const body = validBodies(world.clock.nowMs()).find((candidate) => candidate.type === 'receipt');
  if (body?.type !== 'receipt') throw new Error('a receipt is among them');
  return { ...body.receipt, ...changes };
}

test('what was not sent to this pole is neither stored nor told, and the pole is told to drop it', async () => {
  const speaker = await connected();
  const [unknown, foreign] = [receipt(), receipt()];
  const known = world.sent;
  world.sent = (broadcastId) =>
    broadcastId === unknown.broadcastId
      ? undefined
      : { ...known(broadcastId), ...{ class: 'normal', startedAtMs: 0, endedAtMs: null, positionMs: 0 }, clusterIds: ['c-2'] };
  const told = world.told('speaker.receipt').length;
  const endless = receipt({ playedMs: 1.7e308 });
  for (const one of [unknown, foreign, endless]) {
    const seq = speaker.send({ type: 'receipt', receipt: one });
    await speaker.next('error', (message) => message.code === 'malformed' && message.toSeq === seq);
  }
  world.sent = known;
  const good = receipt();
  speaker.send({ type: 'receipt', receipt: good });
  await speaker.next('receipt.ack', (message) => message.receiptId === good.receiptId);
  const rows = await world.database.store.db.select({ id: schema.receipts.id }).from(schema.receipts);
  expect(rows).toEqual([{ id: good.receiptId }]);
  expect(world.told('speaker.receipt')).toHaveLength(told + 1);
  speaker.end();
});

test('while what was sent can’t be looked up the pole keeps its receipt', async () => {
  const speaker = await connected();
  const known = world.sent;
  world.sent = () => {
    throw new Error('the store does not answer');
  };
  const kept = receipt();
  const seq = speaker.send({ type: 'receipt', receipt: kept });
  await speaker.next('error', (message) => message.code === 'unavailable' && message.toSeq === seq);
  world.sent = known;
  speaker.send({ type: 'receipt', receipt: kept });
  await speaker.next('receipt.ack', (message) => message.receiptId === kept.receiptId);
  speaker.end();
});

test('a device fills neither the store nor the queue that others wait in', async () => {
  const speaker = await connected();
  // More at once than any conforming device has on its way: it is told to wait, and nobody is refused for it.
  const many = Array.from({ length: 60 }, () => receipt());
  for (const one of many) speaker.send({ type: 'receipt', receipt: one });
  const answered = (type: string) => speaker.received.filter((message) => message.type === type).length;
  await until('all answered', () => answered('receipt.ack') + answered('error') === many.length);
  expect(answered('error')).toBeGreaterThan(0);
  expect(answered('receipt.ack')).toBeGreaterThanOrEqual(10);
  speaker.end();
});

test('a speaker that comes back all the time is put off: its history stays short', async () => {
  const closes: (number | undefined)[] = [];
  while (closes.length < 60) {
    const speaker = await new TestSpeaker(identity).open();
    speaker.hello();
    await until('welcomed or put off', () => speaker.closed !== undefined || speaker.received.length > 0);
    speaker.end();
    closes.push(speaker.closed?.code);
  }
  expect(closes.at(-1)).toBe(CLOSE_CODES.tooManyErrors);
  const { speakerTransitions } = schema;
  await until('offline', () => world.speakers.directory.state('SPK-0001')?.rung === 'offline');
  const rows = await world.database.store.db
    .select()
    .from(speakerTransitions)
    .where(and(eq(speakerTransitions.speakerId, 'SPK-0001'), eq(speakerTransitions.toRung, 'connected')));
  expect(rows.length).toBeLessThan(50);
});
