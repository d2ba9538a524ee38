import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { refusalText, type StoreFailure } from './failure.ts';
import { patiently } from './patience.ts';
import type { Quarantine } from './quarantine.ts';
import { type SetAside, writeApart } from './write-apart.ts';

const RETRY_MS = 1000;
/** Where the defect is ours, a new version is what helps. */
const LONGEST_RETRY_MS = 30_000;

/** What waits. The owner adds to it, and bounds it. */
export interface OutboxQueue<Entry> {
  readonly isEmpty: boolean;
  /** The next ones, in order; they do not wait any more. */
  take(): Entry[];
  /** They could not be written: they go before what has come since. */
  putBack(entries: readonly Entry[]): void;
}

export interface OutboxOptions<Entry> {
  /** For the timer, the log and the quarantine: "faults". */
  name: string;
  clock: Clock;
  logger: Logger;
  queue: OutboxQueue<Entry>;
  quarantine: Quarantine;
  /** What comes within this time is written together; 0: within this turn of the event loop. */
  gatherMs: number;
  /** Writes these in order, all or none. Writing one twice must change nothing, or be found out by `write`: an answer may be lost. */
  write(entries: readonly Entry[]): Promise<void>;
  onWritten?(entries: readonly Entry[]): void;
  /** More is through; see `isThrough`. */
  onThrough?(): void;
  /**
   * The store will never take this one.
   * @returns what the quarantine keeps; undefined when the owner has answered for it
   */
  onSetAside(refused: SetAside<Entry>): unknown;
  /** The store can't be written to, and this one is left. @returns true when somebody was told so, and it must not wait */
  giveBack?(entry: Entry, failure: StoreFailure, error: unknown): boolean;
  /** undefined: it is written again. Told only when it changes, before `onWritten`. */
  onFailure?(failure: StoreFailure | undefined, error?: unknown): void;
}

/**
 * The one way from memory into the store: entries go out in order and in batches, wait while the store is away or full, and a bad one
 * stops no other: it is set aside in the quarantine, with the reason.
 */
export class Outbox<Entry> {
  readonly #options: OutboxOptions<Entry>;
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  #underWay: readonly Entry[] = [];
  #failure: StoreFailure | undefined;
  #retryMs = RETRY_MS;
  /** How much was added so far, and how much of it is the store's or the quarantine's. */
  #added = 0;
  #through = 0;
  /** Resolves at the end of the batch under way, or of the next one; then another takes its place. */
  #batch = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: OutboxOptions<Entry>) {
    this.#options = options;
  }

  /** What is being written now, and may be in the store or not. */
  get underWay(): readonly Entry[] {
    return this.#underWay;
  }

  get failure(): StoreFailure | undefined {
    return this.#failure;
  }

  /** Something was added to the queue. While the store can't be written to, it waits for the next attempt. */
  added(): void {
    this.#added += 1;
    if (this.#working || this.#timer || this.#closed) return;
    if (this.#options.gatherMs === 0) void this.flush();
    else this.#arm(this.#options.gatherMs);
  }

  /** Everything that was added so far; see `through`. */
  mark(): number {
    return this.#added;
  }

  isThrough(mark: number): boolean {
    return this.#through >= mark;
  }

  /** Whether everything up to the mark is in the store (or set aside) within this time. */
  async through(mark: number, patienceMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + patienceMs;
    while (this.#through < mark) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return false;
      // A batch that fails is tried again, and counts then.
      await patiently(this.#batch.promise, leftMs, clock).catch(() => undefined);
    }
    return true;
  }

  /** Tries now. Resolves when what waited has been tried. Never rejects. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#options.queue.isEmpty || this.#closed) return;
      if (this.#failure) this.#arm(this.#retryMs);
      else void this.flush();
    });
    return this.#working;
  }

  /** Writes what is left, if the store takes it within this time. @returns whether nothing waits any more */
  async close(patienceMs: number): Promise<boolean> {
    const { clock, queue } = this.#options;
    // The first may be one under way, begun before the last entries came.
    const tries = async (): Promise<void> => {
      await this.flush();
      if (!queue.isEmpty) await this.flush();
    };
    await patiently(tries(), patienceMs, clock).catch(() => undefined);
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    return queue.isEmpty && this.#underWay.length === 0;
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#options.clock.after(`${this.#options.name} to the store`, delayMs, () => void this.flush());
  }

  async #work(): Promise<void> {
    const { queue, write, onWritten } = this.#options;
    // One turn of the event loop: what belongs together is written together.
    await Promise.resolve();
    while (!queue.isEmpty) {
      const addedUpTo = this.#added;
      const batch = queue.take();
      const isEverything = queue.isEmpty;
      this.#underWay = batch;
      const { written, setAside, left, stopped } = await writeApart(batch, write);
      const kept = stopped ? left.filter((entry) => !this.#options.giveBack?.(entry, stopped.failure, stopped.error)) : left;
      this.#underWay = [];
      if (kept.length > 0) queue.putBack(kept);
      const addedBefore = this.#added;
      for (const refused of setAside) this.#setAside(refused);
      if (stopped) this.#fail(stopped.failure, stopped.error);
      else this.#fail(undefined);
      if (written.length > 0) onWritten?.(written);
      // What an owner adds in place of what was refused is not through yet.
      if (!stopped && isEverything && this.#added === addedBefore) {
        this.#through = addedUpTo;
        this.#options.onThrough?.();
      }
      const ended = this.#batch;
      this.#batch = Promise.withResolvers<void>();
      ended.resolve();
      if (stopped) return;
    }
  }

  #setAside(refused: SetAside<Entry>): void {
    const { name, logger, quarantine, onSetAside } = this.#options;
    const reason = refusalText(refused.error);
    logger.error({ error: reason, failure: refused.failure }, `one entry of ${name} is set aside: the database will never take it`);
    const value = onSetAside(refused);
    if (value !== undefined) quarantine.keep({ from: name, failure: refused.failure, reason, value });
  }

  #fail(failure: StoreFailure | undefined, error?: unknown): void {
    this.#retryMs = failure === 'defect' && this.#failure === 'defect' ? Math.min(this.#retryMs * 2, LONGEST_RETRY_MS) : RETRY_MS;
    if (failure === this.#failure) return;
    this.#failure = failure;
    const { name, logger, onFailure } = this.#options;
    if (failure) logger.error({ failure, error: errorText(error) }, `${name} wait for the database`);
    else logger.info(`${name} are written again`);
    onFailure?.(failure, error);
  }
}
