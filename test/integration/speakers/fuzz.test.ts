import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlSocket } from '../../../controller/speakers/index.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { createMessageMutator } from '../../support/message-mutator.ts';
import { validBodies, validHello } from '../../support/speaker-messages.ts';
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

async function rejected(): Promise<number> {
  const metric = await world.metrics.getSingleMetric('loaxa_speaker_messages_rejected_total')?.get();
  return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

test('20 000 mutated messages through everything behind the connection: live state, faults, receipts, store', async () => {
  let isOpen = false;
  const socket: ControlSocket = {
    bufferedAmount: 0,
    send() {},
    ping() {},
    close() {
      isOpen = false;
    },
    terminate() {
      isOpen = false;
    },
  };
  const mutate = createMessageMutator(505);
  let connection = world.speakers.converse('SPK-0001', socket, { ip: '127.0.0.1' });
  let seq = 0;
  const round = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      // The commits of receipts have to keep up, as they would with messages from a network.
      if (index % 200 === 0) await world.clock.sleep(5);
      if (!isOpen) {
        connection = world.speakers.converse('SPK-0001', socket, { ip: '127.0.0.1' });
        isOpen = true;
        connection.receive(JSON.stringify({ v: 1, seq: 1, ...validHello('SPK-0001') }), false);
        seq = 1;
      }
      seq += 1;
      const bodies = validBodies(world.clock.nowMs());
      const message = { v: 1, seq, ...bodies[index % bodies.length] };
      connection.receive(index % 4 === 0 ? Buffer.from(JSON.stringify(message)) : mutate(message), false);
    }
  };
  await round(10_000);
  collectGarbage();
  const heapBytes = process.memoryUsage().heapUsed;
  await round(10_000);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - heapBytes).toBeLessThan(15e6);
  expect(await rejected()).toBeGreaterThan(5000);
  connection.terminate('test');
  expect(world.speakers.directory.state('SPK-0001')?.rung).toBe('offline');
});

test('2 000 over TLS: afterwards the port serves as before', async () => {
  const mutate = createMessageMutator(49);
  const before = await rejected();
  let given = 0;
  while (given < 2000) {
    const speaker = await new TestSpeaker(identity).open();
    speaker.raw(JSON.stringify({ v: 1, seq: 1, ...validHello('SPK-0001') }));
    for (let seq = 2; seq < 60 && !speaker.closed; seq++) {
      const bodies = validBodies(world.clock.nowMs());
      speaker.raw(mutate({ v: 1, seq, ...bodies[given % bodies.length] }).toString('latin1'));
      given += 1;
    }
    await until('answered or closed', () => speaker.closed !== undefined || speaker.received.length > 2);
    speaker.end();
  }
  expect((await rejected()) - before).toBeGreaterThan(500);
  const speaker = await new TestSpeaker(identity).open();
  speaker.hello();
  speaker.beat({ packetsReceived: 2 });
  await speaker.next('clock');
  await until('receiving', () => world.speakers.directory.state('SPK-0001')?.rung === 'receiving');
  speaker.end();
});
