import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { refusalText, writeApart } from './data-refusal.ts';

const BATCH = 500;

export interface WriteBehindOptions<Entry> {
  /** For the timer and the log: "faults". */
  name: string;
  flushPeriodMs: number;
  /** What waits at most while the store is away; after that the oldest is given up. */
  longestQueue: number;
  clock: Clock;
  logger: Logger;
  /** Writes these in order. What it throws keeps them waiting, unless the store refused the data themselves: then each is tried alone. */
  write(entries: readonly Entry[]): Promise<void>;
  /** Each time when everything that waited is written, also when nothing waited. */
  afterwards?(): Promise<void>;
  onWritten?(count: number): void;
  onGivenUp(): void;
  /** The store will never take this one; it is dropped. */
  onRefused(entry: Entry): void;
}

/** Entries that nobody waits for: gathered, written in order and in batches, kept while the store is away, bounded; a bad one stops no other. */
export class WriteBehind<Entry> {
  readonly #options: WriteBehindOptions<Entry>;
  #waiting: Entry[] = [];
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #failing = false;

  constructor(options: WriteBehindOptions<Entry>) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= this.#options.clock.every(`${this.#options.name} to the store`, this.#options.flushPeriodMs, () => void this.flush());
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    // The first may be one under way, begun before the last entries came.
    await this.flush();
    await this.flush();
  }

  record(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length <= this.#options.longestQueue) return;
    this.#waiting.shift();
    this.#options.onGivenUp();
  }

  /** Resolves when what waited has been tried. Never rejects. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { name, logger, write, afterwards, onWritten, onRefused } = this.#options;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, BATCH);
        await writeApart({
          entries: batch,
          write,
          onWritten: (written) => {
            this.#forget(written);
            onWritten?.(written.length);
          },
          onRefused: (entry, error) => {
            this.#forget([entry]);
            logger.error({ error: refusalText(error) }, `one entry of ${name} was dropped: the database refuses it`);
            onRefused(entry);
          },
        });
      }
      await afterwards?.();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) logger.warn({ error: errorText(error) }, `${name} wait for the database`);
      this.#failing = true;
    }
  }

  /** Some may have been given up meanwhile, so that these are not simply the first ones any more. */
  #forget(entries: readonly Entry[]): void {
    const gone = new Set(entries);
    this.#waiting = this.#waiting.filter((entry) => !gone.has(entry));
  }
}
