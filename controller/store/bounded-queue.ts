import type { OutboxQueue } from './outbox.ts';

/** First in, first out, and no more than so many. */
export class BoundedQueue<Entry> implements OutboxQueue<Entry> {
  #waiting: Entry[] = [];
  readonly #most: number;
  readonly #batch: number;

  /** @param limits `most` entries wait, `batch` of them are written together */
  constructor({ most, batch }: { most: number; batch: number }) {
    this.#most = most;
    this.#batch = batch;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#most;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @returns what had to go for it: the oldest */
  add(entry: Entry): Entry | undefined {
    this.#waiting.push(entry);
    return this.#waiting.length > this.#most ? this.#waiting.shift() : undefined;
  }

  take(): Entry[] {
    return this.#waiting.splice(0, this.#batch);
  }

  /** What has come since goes behind them; should that be too much, the next one that comes makes room. */
  putBack(entries: readonly Entry[]): void {
    this.#waiting = [...entries, ...this.#waiting];
  }

  entries(): readonly Entry[] {
    return this.#waiting;
  }
}
