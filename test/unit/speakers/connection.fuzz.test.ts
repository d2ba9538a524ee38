import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { toSpeaker } from '../../../controller/protocol/speaker-control.ts';
import { type ConnectionListener, SpeakerConnection } from '../../../controller/speakers/connection.ts';
import { createSpeakerMetrics } from '../../../controller/speakers/metrics.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { createMessageMutator } from '../../support/message-mutator.ts';
import { validBodies, validHello } from '../../support/speaker-messages.ts';

const MESSAGES = 100_000;

test('100 000 mutated messages: each is counted, answered as the protocol says or ignored, and nothing is kept', async () => {
  const clock = new TestClock();
  const registry = new Registry();
  const metrics = createSpeakerMetrics(registry);
  let handled = 0;
  let sent = 0;
  let given = 0;
  let isOpen = true;
  const listener: ConnectionListener = {
    onHello: () => true,
    onImpostor() {},
    onMessage() {
      handled += 1;
    },
    onAlive() {},
    onRoundTrip: () => true,
    onClosed() {},
  };
  const socket = {
    bufferedAmount: 0,
    send(text: string) {
      sent += 1;
      // Every hundredth answer against the published schema: all kinds pass by often enough.
      if (sent % 100 === 0) expect(toSpeaker.safeParse(JSON.parse(text)).error).toBeUndefined();
    },
    ping() {},
    close() {
      isOpen = false;
    },
    terminate() {
      isOpen = false;
    },
  };
  const open = (): SpeakerConnection => {
    const connection = new SpeakerConnection({ speakerId: 'SPK-0001', ip: '127.0.0.1', socket, clock, metrics, listener });
    connection.start();
    isOpen = true;
    return connection;
  };
  const mutate = createMessageMutator(20_261_010);
  const templates = [...validBodies(clock.nowMs()), validHello('SPK-0001')];
  let connection = open();
  let seq = 0;
  let connections = 1;
  const round = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      if (index % 50 === 0) await clock.advance(2000);
      if (!isOpen) {
        connection = open();
        connections += 1;
        seq = 0;
        // Every tenth stays without a proper hello and meets the mutated ones.
        if (connections % 10 !== 0) {
          seq = 1;
          given += 1;
          connection.receive(JSON.stringify({ v: 1, seq, ...validHello('SPK-0001') }), false);
        }
      }
      const body = connection.isReady ? templates[index % templates.length] : validHello('SPK-0001');
      seq += 1;
      given += 1;
      connection.receive(mutate({ v: 1, seq, ...body }), index % 97 === 0);
    }
  };
  await round(MESSAGES / 2);
  collectGarbage();
  const heapBeforeBytes = process.memoryUsage().heapUsed;
  await round(MESSAGES / 2);
  collectGarbage();
  const grownBytes = process.memoryUsage().heapUsed - heapBeforeBytes;

  expect(handled).toBeGreaterThan(MESSAGES / 20);
  expect(connections).toBeGreaterThan(10);
  expect(grownBytes).toBeLessThan(5e6);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  const counted = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values ?? [];
  const values = await counted('loaxa_speaker_messages_rejected_total');
  const taken = await counted('loaxa_speaker_messages_total');
  expect([...values, ...taken].reduce((sum, { value }) => sum + value, 0)).toBe(given);
  expect(given).toBeGreaterThanOrEqual(MESSAGES);
  const reasons = values.map((value) => value.labels.reason);
  expect(reasons).toEqual(expect.arrayContaining(['malformed', 'unknown_type', 'replayed', 'version']));
  // Labels come from the code: a flood of nonsense makes no new series.
  expect(reasons.length).toBeLessThan(12);
  connection.terminate('test');
  expect(clock.pending().filter((name) => name !== 'speaker hello')).toEqual([]);
});
