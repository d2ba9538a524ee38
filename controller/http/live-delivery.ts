import type { LiveMessage } from '../protocol/live-feed.ts';
import { breathe } from '../turns.ts';
import type { LiveConnection } from './live-connection.ts';
import { piecesOf } from './live-snapshots.ts';

/** So much is written as text, encrypted and handed to sockets before the loop may do something else. */
const TURN = { characters: 64 * 1024, bytes: 256 * 1024, pieces: 50 };

interface Untold {
  message: LiveMessage;
  how: { optional: boolean };
}

/**
 * Brings every message to every page, a little in each turn of the event loop: one message may name all places of a commune, and hundreds of
 * pages may be open. A message is written as text once.
 */
export class LiveDelivery {
  #connections: Iterable<LiveConnection>;
  #onBehind: (connection: LiveConnection) => void;
  #untold: Untold[] = [];
  #awake = new Set<LiveConnection>();
  #isRunning = false;

  constructor(deps: { connections: Iterable<LiveConnection>; onBehind(connection: LiveConnection): void }) {
    this.#connections = deps.connections;
    this.#onBehind = deps.onBehind;
  }

  tell(message: LiveMessage, how: Untold['how']): void {
    this.#untold.push({ message, how });
    void this.#run();
  }

  /** Something waits for this page, or it takes more again. */
  wake(connection: LiveConnection): void {
    this.#awake.add(connection);
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#untold.length > 0 || this.#awake.size > 0) {
        // What happens first, above all on the air, comes before what is told of it.
        await breathe();
        this.#write();
        this.#handOver();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #write(): void {
    let characters = 0;
    let told = 0;
    for (const { message, how } of this.#untold) {
      if (characters >= TURN.characters) break;
      const text = JSON.stringify(message);
      const pieces = piecesOf(text);
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
      for (const connection of this.#connections) connection.add(pieces, bytes, how);
      characters += text.length;
      told += 1;
    }
    this.#untold.splice(0, told);
  }

  /** One piece for each in turn, so that a long message to one page keeps no other waiting. */
  #handOver(): void {
    let bytes = 0;
    let pieces = 0;
    for (const connection of this.#awake) {
      if (bytes >= TURN.bytes || pieces >= TURN.pieces) return;
      this.#awake.delete(connection);
      const handedOver = connection.handOver();
      if (handedOver === undefined) {
        if (connection.needsSnapshot) this.#onBehind(connection);
        continue;
      }
      bytes += handedOver;
      pieces += 1;
      this.#awake.add(connection);
    }
  }
}
