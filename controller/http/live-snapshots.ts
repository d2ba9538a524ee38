import type { LiveMessage } from '../protocol/live-feed.ts';
import { breathe } from '../turns.ts';

type Snapshot = Extract<LiveMessage, { type: 'snapshot' }>;

/** The state of now. Each thing is looked at when its turn to be written comes: all of them at once would hold the event loop. */
export interface LiveSnapshot {
  broadcasts: Iterable<Snapshot['broadcasts'][number]>;
  speakers: Iterable<Snapshot['speakers'][number]>;
  conditions: Iterable<Snapshot['conditions'][number]>;
}

/** A snapshot as it is sent; all pages that asked for it share it. */
export interface LiveSnapshotText {
  pieces: readonly Buffer[];
  bytes: number;
  /** Later ones have higher numbers. */
  number: number;
}

/** So much is written before the loop may do something else, about half a millisecond. */
const TURN_CHARACTERS = 64 * 1024;

/**
 * Makes snapshots of the live feed, one at a time and in turns of the event loop. Whoever asks while one is made gets the next one: the changes
 * since the beginning of this one were not kept for them. After a restart hundreds of pages ask at once, and two snapshots serve them all.
 */
export class LiveSnapshots {
  #read: () => LiveSnapshot | Promise<LiveSnapshot>;
  #nowMs: () => number;
  #making: Promise<LiveSnapshotText> | undefined;
  #next: Promise<LiveSnapshotText> | undefined;
  #number = 0;

  constructor(deps: { read: () => LiveSnapshot | Promise<LiveSnapshot>; nowMs: () => number }) {
    this.#read = deps.read;
    this.#nowMs = deps.nowMs;
  }

  take(): Promise<LiveSnapshotText> {
    if (this.#making) {
      const begin = (): Promise<LiveSnapshotText> => {
        this.#next = undefined;
        return this.#begin();
      };
      this.#next ??= this.#making.then(begin, begin);
      return this.#next;
    }
    return this.#begin();
  }

  #begin(): Promise<LiveSnapshotText> {
    const making = this.#make().finally(() => {
      if (this.#making === making) this.#making = undefined;
    });
    this.#making = making;
    return making;
  }

  async #make(): Promise<LiveSnapshotText> {
    const snapshot = await this.#read();
    const pieces: Buffer[] = [];
    let text = '';
    for (const part of partsOf(snapshot, this.#nowMs())) {
      text += part;
      if (text.length < TURN_CHARACTERS) continue;
      pieces.push(...piecesOf(text));
      text = '';
      await breathe();
    }
    pieces.push(...piecesOf(text));
    this.#number += 1;
    return { pieces, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0), number: this.#number };
  }
}

/** A text in pieces of a size that is encrypted and handed over in no time. */
export function piecesOf(text: string): Buffer[] {
  const whole = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < whole.length; at += TURN_CHARACTERS) pieces.push(whole.subarray(at, at + TURN_CHARACTERS));
  return pieces;
}

function* partsOf({ broadcasts, speakers, conditions }: LiveSnapshot, atMs: number): Generator<string> {
  const type: LiveMessage['type'] = 'snapshot';
  yield `{"type":"${type}","atMs":${atMs}`;
  for (const [name, items] of Object.entries({ broadcasts, speakers, conditions } satisfies LiveSnapshot)) {
    yield `,"${name}":[`;
    let separator = '';
    for (const item of items) {
      yield separator + JSON.stringify(item);
      separator = ',';
    }
    yield ']';
  }
  yield '}';
}
