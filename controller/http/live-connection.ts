import type { WebSocket } from 'ws';
import type { SignedIn } from '../accounts/index.ts';
import { LIVE_CLOSE_CODES } from '../protocol/live-feed.ts';

/** Behind by this much, a reader no longer gets what the next message replaces anyway. */
const SKIP_ABOVE_BYTES = 256 * 1024;
/** Behind by this much, it is cut off: the page reconnects and starts from a snapshot. */
const CLOSE_ABOVE_BYTES = 8 * 1024 * 1024;
const UNANSWERED_PINGS = 2;

/** One open console page. */
export class LiveConnection {
  readonly tokenHash: string;
  readonly userId: string;
  readonly #socket: WebSocket;
  /** Changes that happen while the snapshot is being made; undefined once it has been sent. */
  #held: string[] | undefined = [];
  #unanswered = 0;

  constructor(socket: WebSocket, { tokenHash, actor }: SignedIn) {
    this.#socket = socket;
    this.tokenHash = tokenHash;
    this.userId = actor.userId;
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
  }

  /** Sends the snapshot, then what happened meanwhile. */
  begin(snapshot: string): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.send(snapshot);
    for (const message of held) this.send(message);
  }

  /** @returns false when the reader is too slow for it. `optional`: may be left out. */
  send(message: string, { optional = false } = {}): boolean {
    if (this.#held) {
      if (!optional) this.#held.push(message);
      return true;
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (optional && this.#socket.bufferedAmount > SKIP_ABOVE_BYTES) return false;
    if (this.#socket.bufferedAmount > CLOSE_ABOVE_BYTES) {
      this.close(LIVE_CLOSE_CODES.tooSlow, 'too slow');
      // The closing frame waits behind megabytes that nobody reads.
      this.#socket.terminate();
      return false;
    }
    this.#socket.send(message);
    return true;
  }

  /** Ends a connection whose other side is gone without a word. */
  ping(): void {
    if (this.#unanswered >= UNANSWERED_PINGS) {
      this.#socket.terminate();
    } else if (this.#socket.readyState === this.#socket.OPEN) {
      this.#unanswered += 1;
      this.#socket.ping();
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
