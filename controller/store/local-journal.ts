import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type JournalEntry, lineOf, readLines } from './journal-lines.ts';
import { makeFolderDurably, syncFolder } from './sync-folder.ts';

export type { JournalEntry } from './journal-lines.ts';

/** About ten thousand changes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What is only useful (an audit entry) leaves the rest to emergencies and stops. */
const MOST_USEFUL_BYTES = MOST_BYTES / 2;
/** Who waits for an acknowledgement is told after this that the disk does not take it. */
const DISK_PATIENCE_MS = 250;
/** Waiting for a disk that hangs. */
const MOST_WAITING = 1000;

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
  const path = join(folder, 'unwritten.jsonl');
  const live = new Map<string, JournalEntry>();
  let left: JournalEntry[] = [];
  let waiting: Waiting[] = [];
  let file: FileHandle | undefined;
  /** Behind the last whole line. */
  let endBytes = 0;
  /** What will have been written when everything that waits is. */
  let promisedBytes = 0;
  let working: Promise<void> | undefined;
  let isFailing = false;
  let isRead = false;

  async function openFile(): Promise<FileHandle> {
    await makeFolderDurably(folder, 0o700);
    const opened = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      // A file that was made just now has to be found again after a power cut.
      await syncFolder(folder);
      if (!(await opened.stat()).isFile()) throw new Error(`${path} is not a file`);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  async function read(from: FileHandle): Promise<void> {
    const { entries, wholeBytes, damagedLines } = readLines(await from.readFile());
    endBytes = wholeBytes;
    promisedBytes = wholeBytes;
    left = entries;
    isRead = true;
    for (const entry of entries) live.set(entry.id, entry);
    await from.truncate(wholeBytes);
    if (damagedLines === 0) return;
    const kept = `${path}.damaged`;
    await copyFile(path, kept);
    logger.error({ damagedLines, kept }, 'the local journal has damaged lines');
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    file ??= await openFile();
    // It could not be opened at the start: what it holds is not written over.
    if (!isRead) await read(file);
    const bytes = Buffer.concat(batch.map(({ line }) => line));
    // Over whatever an interrupted write has left behind the last whole line.
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, endBytes);
    if (bytesWritten < bytes.length) throw Object.assign(new Error('the disk took only a part'), { code: 'ENOSPC' });
    await file.datasync();
    endBytes += bytes.length;
  }

  async function empty(): Promise<void> {
    if (!file) return;
    await file.truncate(0);
    await file.datasync();
    endBytes = 0;
    promisedBytes = 0;
  }

  function tell(failing: boolean, error?: unknown): void {
    if (failing) logger.error({ path, error: errorText(error) }, 'the local journal can’t be written');
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
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch);
        for (const { done } of batch) done(true);
        tell(false);
      } catch (error) {
        // Half a line behind the last whole one would be read as torn; without it the next one begins clean.
        await file?.truncate(endBytes).catch(() => undefined);
        promisedBytes = endBytes + waiting.reduce((sum, { line }) => sum + line.length, 0);
        for (const { entry, done } of batch) {
          live.delete(entry.id);
          done(false);
        }
        tell(true, error);
      }
    }
    if (live.size === 0 && endBytes > 0) {
      await empty().catch((error: unknown) => logger.warn({ path, error: errorText(error) }, 'the local journal could not be emptied'));
    }
  }

  /** One after the other; what comes while the file is emptied is written behind that. */
  function kick(): void {
    working ??= work().finally(() => {
      working = undefined;
      if (waiting.length > 0) kick();
    });
  }

  return {
    async start() {
      try {
        file = await openFile();
        await read(file);
      } catch (error) {
        tell(true, error);
      }
    },
    async close() {
      await working;
      await file?.close();
      file = undefined;
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
      if (ids.length > 0 && live.size === 0 && endBytes > 0) kick();
    },
  };
}
