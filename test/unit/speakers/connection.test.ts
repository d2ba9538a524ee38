import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { CLOSE_CODES } from '../../../controller/protocol/media.ts';
import { SpeakerConnection } from '../../../controller/speakers/connection.ts';
import { createSpeakerMetrics } from '../../../controller/speakers/metrics.ts';
import { validHello } from '../../support/speaker-messages.ts';

/** A connection that has said hello. */
function ready() {
  const clock = new TestClock();
  const socket = {
    bufferedAmount: 0,
    closed: undefined as number | undefined,
    send() {},
    ping() {},
    close(code: number) {
      socket.closed = code;
    },
    terminate() {},
  };
  const connection = new SpeakerConnection({
    speakerId: 'SPK-0001',
    ip: '127.0.0.1',
    socket,
    clock,
    metrics: createSpeakerMetrics(new Registry()),
    listener: { onHello: () => true, onImpostor() {}, onMessage() {}, onAlive() {}, onRoundTrip: () => true, onClosed() {} },
  });
  connection.start();
  connection.receive(JSON.stringify({ v: 1, seq: 1, ...validHello('SPK-0001') }), false);
  return { clock, socket, connection };
}

test('an hour without the database throws no speaker out that keeps asking, as it should, every five seconds', async () => {
  const { clock, socket, connection } = ready();
  for (let count = 0; count < 720; count++) {
    // Up to ten receipts on the way at a time.
    for (let receipt = 0; receipt < 10; receipt++) connection.refuse('unavailable', count + 2, 'the database does not take receipts now');
    connection.refuse('internal', count + 2, 'a defect');
    await clock.advance(5000);
  }
  expect(socket.closed).toBeUndefined();
  expect(connection.isReady).toBe(true);
  // Its own errors still have all their room, and no more.
  for (let count = 0; count < 20; count++) connection.refuse('malformed', 1, 'a defect of the device');
  expect(socket.closed).toBeUndefined();
  connection.refuse('malformed', 1, 'a defect of the device');
  expect(socket.closed).toBe(CLOSE_CODES.tooManyErrors);
});
