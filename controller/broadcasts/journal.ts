import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import {
  failureOf,
  isHopeless,
  type LocalJournal,
  Outbox,
  patiently,
  refusalText,
  type Store,
  type StoreFailure,
  schema,
} from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { bareChange, type LocalChange, replayChange, writeChanges } from './journal-writes.ts';
import { type BroadcastRecord, isOver, patchOf, type RecordPatch, rowOf } from './record.ts';
import { storeAwayCondition, storeBackCondition } from './store-conditions.ts';
import { type LogLine, type Unwritten, UnwrittenChanges } from './unwritten-changes.ts';
import { REASONS } from './words.ts';

const { broadcasts } = schema;
/** Of this journal's entries in the local one, and of its outbox. */
const LOCAL_KIND = 'broadcast';

/** About a day of log lines at the busiest; beyond that the oldest go, and the log says how many. */
const LINES_KEPT_MAX = 20_000;
const CLOSE_PATIENCE_MS = 3000;
/** An emergency that does not know yet whether the store has it sounds after this. */
const URGENT_PATIENCE_MS = 50;
/** After this what is to be acknowledged goes to the local journal instead. */
const KEEP_PATIENCE_MS = 150;

export interface JournalDeps {
  store: Store;
  local: LocalJournal;
  clock: Clock;
  logger: Logger;
  events: Events;
  /** What could not be kept is in the store now. */
  onStored?: (record: BroadcastRecord) => void;
}

/**
 * The way from the engine's memory to the store: an outbox, so that sound goes on while the store is away. `insert` and `kept` are for
 * those who owe somebody an acknowledgement: what the store does not take in time goes to the local journal, and from there to the store
 * before anything else airs.
 */
export class Journal {
  #deps: JournalDeps;
  #queue = new UnwrittenChanges();
  #outbox: Outbox<Unwritten>;
  #linesDropped = 0;
  /** Entries of the local journal, each with the mark up to which must be written before it may go. */
  #localIds: { upTo: number; id: string }[] = [];
  /** What could be kept nowhere, each with the mark up to which must be written before it is. */
  #unkept = new Map<BroadcastRecord, number>();
  /** Ids whose insertion was answered as failed, though the store may have done it. */
  #doubtful = new Set<string>();
  /** By id: what the last run left in the local journal and the store did not take at the start. */
  #unreplayed = new Map<string, BroadcastRecord>();

  constructor(deps: JournalDeps) {
    const { store, clock, logger } = deps;
    this.#deps = deps;
    this.#outbox = new Outbox({
      name: LOCAL_KIND,
      gatherMs: 0,
      ...{ clock, logger, queue: this.#queue, quarantine: store.quarantine },
      write: (changes) => writeChanges(store, changes),
      onSetAside: ({ entry }) => this.#setAside(entry),
      onFailure: (failure, error) => this.#tell(failure, error),
      onThrough: () => this.#settle(),
    });
  }

  /**
   * Brings what the last run could only keep locally into the store; what that does not take now, for want of space, waits like everything else.
   * @throws what the store throws when it is away
   */
  async replay(): Promise<void> {
    const { store, local, logger } = this.#deps;
    for (const { id, value } of local.left(LOCAL_KIND)) {
      const change = value as LocalChange;
      try {
        await store.retry(() => replayChange(store, change));
        local.settle([id]);
      } catch (error) {
        const failure = failureOf(error);
        const reason = refusalText(error);
        if (failure === 'away') throw error;
        logger.error({ entryId: id, failure, error: reason }, 'the database does not take what the local journal kept');
        if (isHopeless(error)) {
          store.quarantine.keep({ from: LOCAL_KIND, failure, reason, value });
          local.settle([id]);
        } else this.#bringLater(id, change);
      }
    }
  }

  #bringLater(id: string, { record, lines }: LocalChange): void {
    const { broadcastId } = record;
    this.#unreplayed.set(broadcastId, record);
    this.#queue.addInsert(record);
    // The store may know more of one that is not over.
    if (isOver(record)) this.#queue.addPatch(broadcastId, patchOf(record));
    for (const line of lines) this.#queue.addLine(broadcastId, { entryId: randomUUID(), ...line });
    this.#outbox.added();
    this.#localIds.push({ upTo: this.#outbox.mark(), id });
  }

  /** What the store says is not over, corrected by what it could not be told yet. */
  corrected(stored: readonly BroadcastRecord[]): BroadcastRecord[] {
    const records = new Map([...stored.map((record) => [record.broadcastId, record] as const), ...this.#unreplayed]);
    return [...records.values()].filter((record) => !isOver(record));
  }

  /**
   * Writes a new broadcast, now. 'exists' when the id is taken: then nothing was written.
   * @throws what the store throws; then it never sounds, also should the store have taken it all the same
   */
  async insert(record: BroadcastRecord): Promise<'inserted' | 'exists'> {
    const { broadcastId } = record;
    const wasDoubtful = this.#doubtful.delete(broadcastId);
    if (wasDoubtful) this.#queue.forget(broadcastId);
    try {
      const outcome = await this.#insert(record);
      if (!wasDoubtful) return outcome;
      // The first attempt may have come through after all, and may be made void by a batch under way: it is this one from here on.
      this.patch(broadcastId, patchOf(record));
      return 'inserted';
    } catch (error) {
      if (!isHopeless(error)) {
        this.#doubtful.add(broadcastId);
        this.patch(broadcastId, { status: 'failed', endedAtMs: this.#deps.clock.nowMs(), endReason: REASONS.notAccepted() });
      }
      throw error;
    }
  }

  /** Whether it was answered as not accepted, so that a row with this id is nothing that anybody knows of. */
  isDoubtful(broadcastId: string): boolean {
    return this.#doubtful.has(broadcastId);
  }

  /** The same for what must sound whatever the store does. 'queued': the store did not answer at once, and gets it like everything else. */
  async insertUrgently(record: BroadcastRecord): Promise<'inserted' | 'exists' | 'queued'> {
    const { store, clock } = this.#deps;
    try {
      if (store.isPrompt()) return await patiently(this.#insert(record), URGENT_PATIENCE_MS, clock);
    } catch (error) {
      if (isHopeless(error)) throw error;
    }
    this.#queue.addInsert(record);
    this.#outbox.added();
    return 'queued';
  }

  async #insert(record: BroadcastRecord): Promise<'inserted' | 'exists'> {
    const rows = await this.#deps.store.db.insert(broadcasts).values(rowOf(record)).onConflictDoNothing().returning({ id: broadcasts.id });
    return rows.length > 0 ? 'inserted' : 'exists';
  }

  /** Queues a change of the row. */
  patch(broadcastId: string, patch: RecordPatch): void {
    this.#queue.addPatch(broadcastId, patch);
    this.#outbox.added();
  }

  /** Queues a line of the broadcast log. */
  note(broadcastId: string, kind: string, detail: Record<string, unknown> = {}): void {
    this.#queue.addLine(broadcastId, { entryId: randomUUID(), atMs: this.#deps.clock.nowMs(), kind, detail });
    this.#linesDropped += this.#queue.dropOldLines(LINES_KEPT_MAX);
    this.#outbox.added();
  }

  /**
   * Whether everything queued so far of this broadcast survives the end of this process: in the store, or, when that takes too long, on
   * the disk. Bounded: about 0.4 s at worst.
   */
  async kept(record: BroadcastRecord): Promise<boolean> {
    const { store, local } = this.#deps;
    const upTo = this.#outbox.mark();
    if (await this.#outbox.through(upTo, this.#outbox.failure || !store.isPrompt() ? 0 : KEEP_PATIENCE_MS)) return true;
    const lines = this.linesWaiting(record.broadcastId);
    const id = await local.append(LOCAL_KIND, { record, lines } satisfies LocalChange, { isVital: true });
    if (id === undefined) {
      if (this.#outbox.isThrough(upTo)) return true;
      this.#unkept.set(record, upTo);
      return false;
    }
    // It stands there whole, with whatever could not be kept before.
    this.#unkept.delete(record);
    this.#localIds.push({ upTo, id });
    this.#settle();
    return true;
  }

  /** Lines of its log that may not be in the store yet. */
  linesWaiting(broadcastId: string): LogLine[] {
    const underWay = this.#outbox.underWay.flatMap((change) =>
      'line' in change && change.broadcastId === broadcastId ? [change.line] : [],
    );
    return [...underWay, ...this.#queue.linesOf(broadcastId)];
  }

  /** Writes what is left, if the store answers soon. */
  async close(): Promise<void> {
    // A store that hangs is given up by its own watch; nobody waits for that here.
    if (await this.#outbox.close(CLOSE_PATIENCE_MS)) return;
    this.#deps.logger.error('the broadcast log could not be written completely');
  }

  /** A row that the store refuses leaves its state there; the rest of it is in the quarantine. */
  #setAside(change: Unwritten): unknown {
    if (!('line' in change)) {
      const bare = bareChange(change);
      if (bare) this.patch(change.broadcastId, { ...bare, ...this.#queue.patchOf(change.broadcastId) });
    }
    return change;
  }

  #settle(): void {
    for (const [record, upTo] of this.#unkept) {
      if (!this.#outbox.isThrough(upTo)) continue;
      this.#unkept.delete(record);
      this.#deps.onStored?.(record);
    }
    const written = this.#localIds.filter(({ upTo }) => this.#outbox.isThrough(upTo));
    if (written.length === 0) return;
    this.#localIds = this.#localIds.filter(({ upTo }) => !this.#outbox.isThrough(upTo));
    this.#deps.local.settle(written.map(({ id }) => id));
  }

  #tell(failure: StoreFailure | undefined, error: unknown): void {
    const { logger, events } = this.#deps;
    if (failure) {
      logger.error({ failure, error: errorText(error) }, 'the store takes nothing; broadcasts go on and their log is kept in memory');
      events.emit('system.condition', storeAwayCondition(failure));
      return;
    }
    const linesLost = this.#linesDropped;
    this.#linesDropped = 0;
    logger.info({ linesLost }, 'the broadcast log is written again');
    events.emit('system.condition', storeBackCondition(linesLost));
  }
}
