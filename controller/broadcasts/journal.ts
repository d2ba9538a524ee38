import { eq } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import { type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type BroadcastRecord, type RecordPatch, rowOf, rowPatchOf } from './record.ts';

const { broadcasts, broadcastEvents } = schema;

/** About a day of log lines at the busiest; beyond that the oldest go, and the log says how many. */
const LINES_KEPT_MAX = 20_000;
const RETRY_MS = 1000;
const CLOSE_PATIENCE_MS = 3000;
/** An emergency waits no longer than this for the store. */
const URGENT_PATIENCE_MS = 400;

interface Line {
  broadcastId: string;
  atMs: number;
  kind: string;
  detail: Record<string, unknown>;
}

export interface JournalDeps {
  store: Store;
  clock: Clock;
  logger: Logger;
  events: Events;
}

/**
 * The way from the engine's memory to the store. Writes queue up and go out in order, together; while the store is away they
 * wait here and sound goes on. `insert` and `written` are for those who owe somebody an acknowledgement.
 */
export class Journal {
  #deps: JournalDeps;
  /** Rows that the store has not taken yet; by then a row may have changed, so it is written as it is at that time. */
  #inserts = new Map<string, BroadcastRecord>();
  #patches = new Map<string, RecordPatch>();
  #lines: Line[] = [];
  #linesDropped = 0;
  #writing: Promise<void> | undefined;
  #isAway = false;
  #ending = new AbortController();

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /**
   * Writes a new broadcast, now. 'exists' when the id is taken: then nothing was written.
   * @throws what the store throws, unless `evenUnwritten`: then it waits here like everything else and answers 'queued'.
   */
  async insert(record: BroadcastRecord, options: { evenUnwritten: boolean }): Promise<'inserted' | 'exists' | 'queued'> {
    const inserting = this.#insert(record);
    if (!options.evenUnwritten) return inserting;
    try {
      return await this.#inTime(inserting);
    } catch (error) {
      if (isDefect(error)) throw error;
      this.#inserts.set(record.broadcastId, record);
      this.#tellAway(error);
      this.#kick();
      return 'queued';
    }
  }

  async #insert(record: BroadcastRecord): Promise<'inserted' | 'exists'> {
    const rows = await this.#deps.store.db.insert(broadcasts).values(rowOf(record)).onConflictDoNothing().returning({ id: broadcasts.id });
    return rows.length > 0 ? 'inserted' : 'exists';
  }

  async #inTime<Result>(task: Promise<Result>): Promise<Result> {
    const waiting = new AbortController();
    const late = this.#deps.clock.sleep(URGENT_PATIENCE_MS, waiting.signal).then(() => {
      throw new Error(`the store did not answer within ${URGENT_PATIENCE_MS} ms`);
    });
    try {
      return await Promise.race([task, late]);
    } finally {
      waiting.abort(new Error('answered'));
      late.catch(() => undefined);
      task.catch(() => undefined);
    }
  }

  /** Queues a change of the row. */
  patch(broadcastId: string, patch: RecordPatch): void {
    this.#patches.set(broadcastId, { ...this.#patches.get(broadcastId), ...patch });
    this.#kick();
  }

  /** Queues a line of the broadcast log. */
  note(broadcastId: string, kind: string, detail: Record<string, unknown> = {}): void {
    this.#lines.push({ broadcastId, atMs: this.#deps.clock.nowMs(), kind, detail });
    if (this.#lines.length > LINES_KEPT_MAX) {
      this.#lines.shift();
      this.#linesDropped += 1;
    }
    this.#kick();
  }

  /** Whether everything queued so far is in the store; false when it is away or `patienceMs` is over. */
  async written(patienceMs: number): Promise<boolean> {
    if (this.#isAway) return false;
    const waiting = new AbortController();
    const patience = this.#deps.clock.sleep(patienceMs, waiting.signal).catch(() => undefined);
    await Promise.race([this.#writing ?? Promise.resolve(), patience]);
    waiting.abort(new Error('written'));
    return this.#isEmpty();
  }

  /** Writes what is left, if the store answers soon. */
  async close(): Promise<void> {
    await this.written(CLOSE_PATIENCE_MS);
    this.#ending.abort(new Error('the journal is closing'));
    await this.#writing;
    if (!this.#isEmpty()) this.#deps.logger.error({ lines: this.#lines.length }, 'the broadcast log could not be written completely');
  }

  #isEmpty(): boolean {
    return this.#inserts.size + this.#patches.size + this.#lines.length === 0;
  }

  #kick(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (!this.#isEmpty() && !this.#ending.signal.aborted) this.#kick();
    });
  }

  async #write(): Promise<void> {
    // One turn of the event loop: what belongs together is written together.
    await Promise.resolve();
    while (!this.#isEmpty()) {
      const inserts = this.#inserts;
      const patches = this.#patches;
      const lines = this.#lines;
      this.#inserts = new Map();
      this.#patches = new Map();
      this.#lines = [];
      try {
        await this.#transact(inserts, patches, lines);
        this.#tellBack();
      } catch (error) {
        if (isDefect(error)) {
          this.#deps.logger.error(
            { error: errorText(error), broadcasts: [...patches.keys()], lines: lines.length },
            'the broadcast log refused lines',
          );
          continue;
        }
        this.#inserts = new Map([...inserts, ...this.#inserts]);
        this.#lines = [...lines, ...this.#lines];
        for (const [id, patch] of patches) this.#patches.set(id, { ...patch, ...this.#patches.get(id) });
        this.#tellAway(error);
        try {
          await this.#deps.clock.sleep(RETRY_MS, this.#ending.signal);
        } catch {
          return;
        }
      }
    }
  }

  #transact(inserts: Map<string, BroadcastRecord>, patches: Map<string, RecordPatch>, lines: readonly Line[]): Promise<void> {
    return this.#deps.store.db.transaction(async (tx) => {
      if (inserts.size > 0)
        await tx
          .insert(broadcasts)
          .values([...inserts.values()].map(rowOf))
          .onConflictDoNothing();
      for (const [id, patch] of patches) await tx.update(broadcasts).set(rowPatchOf(patch)).where(eq(broadcasts.id, id));
      if (lines.length > 0) {
        await tx.insert(broadcastEvents).values(lines.map(({ atMs, ...line }) => ({ ...line, at: new Date(atMs) })));
      }
    });
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
