import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type JournalFile, openJournalFile } from './journal-file.ts';
import { type JournalEntry, lineOf } from './journal-lines.ts';
import { patiently } from './patience.ts';

export type { JournalEntry } from './journal-lines.ts';

/** About ten thousand changes; all of it is reserved. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What is only useful (an audit entry) leaves the rest to emergencies and stops. */
const MOST_USEFUL_BYTES = MOST_BYTES / 2;
/** Who waits for an acknowledgement is told after this that the disk does not take it. */
const DISK_PATIENCE_MS = 250;
/** Waiting for a disk that hangs. */
const MOST_WAITING = 1000;
/** Whoever ends the controller does not wait longer for such a disk. */
const CLOSE_PATIENCE_MS = 3000;
/** The reserve is made once in a disk's life; a start waits for it no longer, and then it comes while others write. */
const RESERVE_PATIENCE_MS = 3000;
/** Where the disk had no room for the reserve, it may have now. */
const RESERVE_RETRY_MS = 600_000;

export interface LocalJournal {
  /** Reads what the last run left. A file that can't be read or opened keeps nothing from starting. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Entries of this kind that the last run left and nobody has settled, in order. */
  left(kind: string): JournalEntry[];
  /**
   * Adds an entry behind all others. Resolves when it is on the disk (fsync), and then survives whatever happens to this process.
   * @param isVital false leaves half of the journal to what is
   * @returns the entry's id; undefined when the disk is full, broken, or does not answer within 250 ms. Never rejects.
   */
  append(kind: string, value: unknown, options: { isVital: boolean }): Promise<string | undefined>;
  /** The database has these: they are forgotten. The file is emptied when it has all. */
  settle(ids: readonly string[]): void;
}

interface LocalJournalOptions {
  /** Its own folder; made when it is missing. */
  folder: string;
  clock: Clock;
  logger: Logger;
  onCondition?: (condition: AppEvents['system.condition']) => void;
}

interface Waiting {
  entry: JournalEntry;
  line: Buffer;
  done(isKept: boolean): void;
}

/**
 * A file in the data directory for what was acknowledged while the database did not answer. Whoever appends also brings the entry into
 * the database later, in this run from memory or in the next one from here, and then settles it; bringing it twice must change nothing.
 */
export function createLocalJournal({ folder, clock, logger, onCondition }: LocalJournalOptions): LocalJournal {
  const live = new Map<string, JournalEntry>();
  let left: JournalEntry[] = [];
  const waiting: Waiting[] = [];
  let file: JournalFile | undefined;
  /** What will have been written when everything that waits is. */
  let promisedBytes = 0;
  let working: Promise<void> | undefined;
  let isFailing = false;
  let isRead = false;
  let isClosed = false;
  /** The last entry was settled; said while the work was ending, perhaps. */
  let isAllSettled = false;
  let timer: Timer | undefined;

  async function openAndRead(): Promise<JournalFile> {
    file ??= await openJournalFile(folder, MOST_BYTES);
    // It could not be read at the start: what it holds is not written over.
    if (!isRead) await read(file);
    return file;
  }

  async function read(from: JournalFile): Promise<void> {
    const { entries, damagedLines, keptAt } = await from.read();
    promisedBytes += from.contentBytes();
    left = entries;
    isRead = true;
    for (const entry of entries) live.set(entry.id, entry);
    if (damagedLines > 0) logger.error({ folder, damagedLines, keptAt }, 'the local journal has damaged lines');
  }

  function tell(failing: boolean, error?: unknown): void {
    if (failing) logger.error({ folder, error: errorText(error) }, 'the local journal can’t be written');
    if (isFailing === failing) return;
    isFailing = failing;
    onCondition?.({
      code: 'store.journal_failed',
      state: failing ? 'raised' : 'cleared',
      ...(failing
        ? {
            vi: 'Ổ đĩa đầy hoặc lỗi: lệnh khẩn cấp và lệnh dừng vẫn được thực hiện ngay, nhưng CHƯA LƯU ĐƯỢC. Nếu máy chủ khởi động lại lúc này, chúng có thể bị quên. Hãy giải phóng ổ đĩa.',
            en: 'The disk is full or broken: emergencies and stops are carried out at once, but are NOT STORED. Were the server restarted now, they could be forgotten. Free some space.',
          }
        : { vi: 'Ổ đĩa đã ghi được trở lại.', en: 'The disk can be written again.' }),
    });
  }

  async function work(): Promise<void> {
    do {
      while (waiting.length > 0) await write(waiting.splice(0));
      isAllSettled = false;
      if (live.size === 0 && file && file.contentBytes() > 0) await empty(file);
    } while (waiting.length > 0 || isAllSettled || (await reserveMore()));
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      const to = await openAndRead();
      await to.append(Buffer.concat(batch.map(({ line }) => line)));
      for (const { done } of batch) done(true);
      tell(false);
    } catch (error) {
      promisedBytes = (file?.contentBytes() ?? 0) + waiting.reduce((sum, { line }) => sum + line.length, 0);
      for (const { entry, done } of batch) {
        live.delete(entry.id);
        done(false);
      }
      tell(true, error);
    }
  }

  async function empty(full: JournalFile): Promise<void> {
    try {
      await full.empty();
      promisedBytes = waiting.reduce((sum, { line }) => sum + line.length, 0);
    } catch (error) {
      logger.warn({ folder, error: errorText(error) }, 'the local journal could not be emptied');
    }
  }

  /** @returns whether to go on with it */
  async function reserveMore(): Promise<boolean> {
    if (isClosed || !timer || !file || !isRead) return false;
    try {
      return await file.reserveMore();
    } catch (error) {
      logger.warn({ folder, error: errorText(error) }, 'the disk has no room for the reserve of the local journal');
      return false;
    }
  }

  /** One after the other; what comes while the file is emptied is written behind that. */
  function kick(): void {
    working ??= work().finally(() => {
      working = undefined;
      if (waiting.length > 0 || isAllSettled) kick();
    });
  }

  return {
    async start() {
      timer ??= clock.every('reserve of the local journal', RESERVE_RETRY_MS, kick);
      try {
        await openAndRead();
        kick();
        await patiently(working ?? Promise.resolve(), RESERVE_PATIENCE_MS, clock).catch(() => undefined);
      } catch (error) {
        tell(true, error);
      }
    },
    async close() {
      isClosed = true;
      timer?.cancel();
      const closing = (async () => {
        await working;
        await file?.close();
        file = undefined;
      })();
      await patiently(closing, CLOSE_PATIENCE_MS, clock).catch((error: unknown) => {
        logger.error({ folder, error: errorText(error) }, 'the disk of the local journal does not answer; it is left open');
      });
    },
    left: (kind) => left.filter((entry) => entry.kind === kind && live.has(entry.id)),
    append(kind, value, { isVital }) {
      const entry = { id: randomUUID(), kind, value };
      const line = Buffer.from(lineOf(entry));
      const most = isVital ? MOST_BYTES : MOST_USEFUL_BYTES;
      if (promisedBytes + line.length > most || waiting.length >= MOST_WAITING) {
        tell(true, new Error('the local journal is full'));
        return Promise.resolve(undefined);
      }
      promisedBytes += line.length;
      live.set(entry.id, entry);
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      const impatience = clock.after('local journal', DISK_PATIENCE_MS, () => {
        // Should the disk take it later, nobody will settle it.
        live.delete(entry.id);
        resolve(undefined);
      });
      const done = (isKept: boolean): void => {
        impatience.cancel();
        resolve(isKept ? entry.id : undefined);
      };
      waiting.push({ entry, line, done });
      kick();
      return promise;
    },
    settle(ids) {
      for (const id of ids) live.delete(id);
      if (ids.length === 0 || live.size > 0) return;
      isAllSettled = true;
      kick();
    },
  };
}
