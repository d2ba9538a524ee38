import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { SignedIn } from '../../../controller/accounts/index.ts';
import { LiveConnection } from '../../../controller/http/live-connection.ts';
import { LiveDelivery } from '../../../controller/http/live-delivery.ts';
import type { LiveMessage } from '../../../controller/protocol/live-feed.ts';

const WHO = { tokenHash: 'x', actor: { userId: 'x' } } as unknown as SignedIn;
const PAGES = 300;

/** A socket that takes everything, and notes how much in which turn. */
class CountingSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly #onBytes: (bytes: number) => void;
  text = '';
  constructor(onBytes: (bytes: number) => void) {
    super();
    this.#onBytes = onBytes;
  }
  send(data: Buffer, _options: unknown, done: () => void): void {
    this.text += data.toString();
    this.#onBytes(data.length);
    setImmediate(done);
  }
}

describe('the delivery of the live feed', () => {
  it('sends a long message to hundreds of pages in turns, nobody’s before the caller is done, and all of it to each', async () => {
    let turn = 0;
    let isOver = false;
    const bytesOf = new Map<number, number>();
    const count = (): void => {
      turn += 1;
      if (!isOver) setImmediate(count);
    };
    count();
    const sockets = Array.from(
      { length: PAGES },
      () => new CountingSocket((bytes) => void bytesOf.set(turn, (bytesOf.get(turn) ?? 0) + bytes)),
    );
    const connections: LiveConnection[] = [];
    const delivery = new LiveDelivery({ connections, onBehind: () => expect.unreachable('nobody is behind') });
    for (const socket of sockets) {
      const connection = new LiveConnection(socket as unknown as WebSocket, WHO, (awake) => delivery.wake(awake));
      connection.begin({ pieces: [], bytes: 0, number: 1 });
      connections.push(connection);
    }
    const message = { type: 'tick', atMs: 1, pad: 'x'.repeat(500_000) } as LiveMessage;
    delivery.tell(message, { optional: false });
    expect(bytesOf.size).toBe(0);
    const whole = JSON.stringify(message);
    await expect.poll(() => sockets.every(({ text }) => text.length === whole.length), { timeout: 20_000 }).toBe(true);
    isOver = true;
    expect(sockets.every(({ text }) => text === whole)).toBe(true);
    expect(Math.max(...bytesOf.values())).toBeLessThan(1_000_000);
  });
});
