import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import { type LocalJournal, patiently, type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type LocalChange, replayChange, writeChanges } from './journal-writes.ts';
import { type BroadcastRecord, patchOf, type RecordPatch, rowOf } from './record.ts';
import { type UnwrittenChange, UnwrittenChanges } from './unwritten-changes.ts';
import { REASONS } from './words.ts';

const { broadcasts } = schema;
/** Of this journal's entries in the local one. */
const LOCAL_KIND = 'broadcast';

/** About a day of log lines at the busiest; beyond that the oldest go, and the log says how many. */
const LINES_KEPT_MAX = 20_000;
const RETRY_MS = 1000;
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
 * The way from the engine's memory to the store. Writes queue up and go out in order, together; while the store is away they
 * wait here and sound goes on. `insert` and `kept` are for those who owe somebody an acknowledgement: what the store does not take in
 * time goes to the local journal, and from there to the store before anything else airs.
 */
export class Journal {
  #deps: JournalDeps;
  #queue = new UnwrittenChanges();
  /** What is being written now, and may be in the store or not. */
  #underWay: ReadonlyMap<string, UnwrittenChange> = new Map();
  #linesDropped = 0;
  /** How much was queued so far, and how much of it the store has. */
  #queuedUpTo = 0;
  #writtenUpTo = 0;
  /** Entries of the local journal, each with how much must be written before it may go. */
  #localIds: { upTo: number; id: string }[] = [];
  /** What could be kept nowhere, each with how much must be written before it is. */
  #unkept = new Map<BroadcastRecord, number>();
  /** Ids whose insertion was answered as failed, though the store may have done it. */
  #doubtful = new Set<string>();
  #writing: Promise<void> | undefined;
  /** Resolves at the end of the batch under way, or of the next one; then another takes its place. */
  #batch = Promise.withResolvers<void>();
  #isAway = false;
  #ending = new AbortController();

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /** Brings what the last run could only keep locally into the store. @throws what the store throws when it is away */
  async replay(): Promise<void> {
    const { store, local, logger } = this.#deps;
    for (const { id, value } of local.left(LOCAL_KIND)) {
      try {
        await store.retry(() => replayChange(store, value as LocalChange));
      } catch (error) {
        if (!isDefect(error)) throw error;
        logger.error({ value, error: errorText(error) }, 'the store refuses what the local journal kept');
      }
      local.settle([id]);
    }
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
      if (!wasDoubtful || outcome === 'inserted') return outcome;
      // The first attempt came through after all, and may have been made void meanwhile: it is this one now.
      this.patch(broadcastId, patchOf(record));
      return 'inserted';
    } catch (error) {
      if (!isDefect(error)) {
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
      if (isDefect(error)) throw error;
    }
    this.#queue.of(record.broadcastId).insert = record;
    this.#noteChange();
    return 'queued';
  }

  async #insert(record: BroadcastRecord): Promise<'inserted' | 'exists'> {
    const rows = await this.#deps.store.db.insert(broadcasts).values(rowOf(record)).onConflictDoNothing().returning({ id: broadcasts.id });
    return rows.length > 0 ? 'inserted' : 'exists';
  }

  /** Queues a change of the row. */
  patch(broadcastId: string, patch: RecordPatch): void {
    Object.assign(this.#queue.of(broadcastId).patch, patch);
    this.#noteChange();
  }

  /** Queues a line of the broadcast log. */
  note(broadcastId: string, kind: string, detail: Record<string, unknown> = {}): void {
    this.#queue.addLine(broadcastId, { atMs: this.#deps.clock.nowMs(), kind, detail });
    this.#noteChange();
    this.#linesDropped += this.#queue.dropOldLines(LINES_KEPT_MAX);
  }

  #noteChange(): void {
    this.#queuedUpTo += 1;
    this.#kick();
  }

  /**
   * Whether everything queued so far of this broadcast survives the end of this process: in the store, or, when that takes too long, on
   * the disk. Bounded: about 0.4 s at worst.
   */
  async kept(record: BroadcastRecord): Promise<boolean> {
    const { store, local } = this.#deps;
    const upTo = this.#queuedUpTo;
    if (await this.#written(upTo, this.#isAway || !store.isPrompt() ? 0 : KEEP_PATIENCE_MS)) return true;
    const { broadcastId } = record;
    const lines = [...(this.#underWay.get(broadcastId)?.lines ?? []), ...this.#queue.linesOf(broadcastId)];
    const id = await local.append(LOCAL_KIND, { record, lines } satisfies LocalChange, { isVital: true });
    if (id === undefined) {
      if (this.#writtenUpTo >= upTo) return true;
      this.#unkept.set(record, upTo);
      return false;
    }
    // It stands there whole, with whatever could not be kept before.
    this.#unkept.delete(record);
    this.#localIds.push({ upTo, id });
    this.#settle();
    return true;
  }

  async #written(upTo: number, patienceMs: number): Promise<boolean> {
    const { clock } = this.#deps;
    const untilMs = clock.monotonicMs() + patienceMs;
    while (this.#writtenUpTo < upTo) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return false;
      // A batch that fails is tried again, and counts then.
      await patiently(this.#batch.promise, leftMs, clock).catch(() => undefined);
    }
    return true;
  }

  /** Writes what is left, if the store answers soon. */
  async close(): Promise<void> {
    await this.#written(this.#queuedUpTo, CLOSE_PATIENCE_MS);
    this.#ending.abort(new Error('the journal is closing'));
    // A store that hangs is given up by its own watch; nobody waits for that here.
    await patiently(this.#writing ?? Promise.resolve(), CLOSE_PATIENCE_MS, this.#deps.clock).catch(() => undefined);
    if (this.#writtenUpTo < this.#queuedUpTo) this.#deps.logger.error('the broadcast log could not be written completely');
  }

  #kick(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (!this.#queue.isEmpty && !this.#ending.signal.aborted) this.#kick();
    });
  }

  async #write(): Promise<void> {
    // One turn of the event loop: what belongs together is written together.
    await Promise.resolve();
    while (!this.#queue.isEmpty) {
      const upTo = this.#queuedUpTo;
      const batch = this.#queue.take();
      this.#underWay = batch;
      try {
        await this.#writeApart([...batch]);
        this.#underWay = new Map();
        this.#writtenUpTo = upTo;
        this.#settle();
        this.#tellBack();
        this.#endBatch();
      } catch (error) {
        this.#underWay = new Map();
        this.#queue.putBack(batch);
        this.#tellAway(error);
        this.#endBatch();
        try {
          await this.#deps.clock.sleep(RETRY_MS, this.#ending.signal);
        } catch {
          return;
        }
      }
    }
  }

  #endBatch(): void {
    const ended = this.#batch;
    this.#batch = Promise.withResolvers<void>();
    ended.resolve();
  }

  /** Together; when the store refuses one of them, each alone, so that a bad one costs no other. */
  async #writeApart(changes: readonly [string, UnwrittenChange][]): Promise<void> {
    try {
      await writeChanges(this.#deps.store, new Map(changes));
    } catch (error) {
      if (!isDefect(error)) throw error;
      if (changes.length > 1) {
        for (const change of changes) await this.#writeApart([change]);
        return;
      }
      this.#deps.logger.error({ error: errorText(error), broadcastId: changes[0]?.[0] }, 'the broadcast log refused a change');
    }
  }

  #settle(): void {
    for (const [record, upTo] of this.#unkept) {
      if (upTo > this.#writtenUpTo) continue;
      this.#unkept.delete(record);
      this.#deps.onStored?.(record);
    }
    const written = this.#localIds.filter(({ upTo }) => upTo <= this.#writtenUpTo);
    if (written.length === 0) return;
    this.#localIds = this.#localIds.filter(({ upTo }) => upTo > this.#writtenUpTo);
    this.#deps.local.settle(written.map(({ id }) => id));
  }

  #tellAway(error: unknown): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#deps.logger.error({ error: errorText(error) }, 'the store is away; broadcasts go on and their log is kept in memory');
    this.#deps.events.emit('system.condition', {
      code: 'broadcasts.store_away',
      state: 'raised',
      vi: 'Cơ sở dữ liệu không trả lời. Bản tin đang phát vẫn tiếp tục; nhật ký phát được giữ tạm trong bộ nhớ và sẽ được ghi khi cơ sở dữ liệu trở lại.',
      en: 'The database does not answer. What is on the air goes on; the broadcast log is kept in memory and written when the database is back.',
    });
  }

  #tellBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    const lost = this.#linesDropped;
    this.#linesDropped = 0;
    this.#deps.logger.info({ lost }, 'the store is back and the broadcast log is written');
    this.#deps.events.emit('system.condition', {
      code: 'broadcasts.store_away',
      state: 'cleared',
      vi:
        lost === 0
          ? 'Cơ sở dữ liệu đã trở lại; nhật ký phát đã được ghi đủ.'
          : `Cơ sở dữ liệu đã trở lại; ${lost} dòng nhật ký phát đã mất.`,
      en:
        lost === 0
          ? 'The database is back; the broadcast log is complete.'
          : `The database is back; ${lost} lines of the broadcast log are lost.`,
    });
  }
}

/**
 * Whether the statement itself is wrong (SQLSTATE classes 22 data, 23 integrity, 42 syntax), so that trying again is useless.
 * Everything else (server gone, not accepting connections, disk full, lock timeout) is worth another try.
 */
export function isDefect(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (/^(22|23|42)/.test(String((cause as { code?: unknown }).code ?? ''))) return true;
  }
  return false;
}
