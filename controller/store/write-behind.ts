import type { Clock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { Outbox } from './outbox.ts';
import type { Quarantine } from './quarantine.ts';

const BATCH = 500;
const CLOSE_PATIENCE_MS = 3000;

export interface WriteBehindOptions<Entry> {
  /** For the timer and the log: "faults". */
  name: string;
  /** What comes within this time is written together. */
  flushPeriodMs: number;
  /** What waits at most while the store is away; after that the oldest is given up. */
  longestQueue: number;
  clock: Clock;
  logger: Logger;
  quarantine: Quarantine;
  /** Writes these in order, all or none. */
  write(entries: readonly Entry[]): Promise<void>;
  onWritten?(count: number): void;
  onGivenUp(): void;
  /** The store will never take this one; the quarantine has it. */
  onRefused(entry: Entry): void;
}

/** An outbox for entries that nobody waits for. */
export class WriteBehind<Entry> {
  readonly #queue: BoundedQueue<Entry>;
  readonly #outbox: Outbox<Entry>;
  readonly #onGivenUp: () => void;

  constructor(options: WriteBehindOptions<Entry>) {
    const { name, clock, logger, quarantine, write, onWritten, onRefused } = options;
    this.#queue = new BoundedQueue({ most: options.longestQueue, batch: BATCH });
    this.#onGivenUp = options.onGivenUp;
    this.#outbox = new Outbox({
      ...{ name, clock, logger, quarantine, write, queue: this.#queue, gatherMs: options.flushPeriodMs },
      onWritten: (written) => onWritten?.(written.length),
      onSetAside({ entry }) {
        onRefused(entry);
        return entry;
      },
    });
  }

  async close(): Promise<void> {
    await this.#outbox.close(CLOSE_PATIENCE_MS);
  }

  record(entry: Entry): void {
    if (this.#queue.add(entry) !== undefined) this.#onGivenUp();
    this.#outbox.added();
  }

  /** Resolves when what waited has been tried. Never rejects. */
  flush(): Promise<void> {
    return this.#outbox.flush();
  }
}
