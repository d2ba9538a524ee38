import { constants } from 'node:fs';
import { type FileHandle, open, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JournalContent, readLines } from './journal-lines.ts';
import { makeFolderDurably, syncFolder } from './sync-folder.ts';

/** Written or emptied in one go; what waits to be appended waits for one of these at most. */
const PIECE_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);
/** A reserve is made ahead, while there is plenty: it never takes the last room from the database. */
const LEFT_FREE_BYTES = 64 * 1024 * 1024;

export interface JournalFile {
  /**
   * What the last run left, and whatever it left half written behind that is gone. Once, before anything is appended. `keptAt`: a copy with the damaged lines; none: nothing
   * is damaged, or there is no room for it.
   */
  read(): Promise<JournalContent & { keptAt: string | undefined }>;
  /** Behind the last whole line, and on the disk (fsync) when it resolves. When it rejects, nothing of it stays. */
  append(bytes: Buffer): Promise<void>;
  empty(): Promise<void>;
  /** Makes a piece of the reserve. @returns whether more of it is missing and can be made now */
  reserveMore(): Promise<boolean>;
  /** Up to the end of the last whole line. */
  contentBytes(): number;
  close(): Promise<void>;
}

/**
 * Lines, and behind them zeros: blocks that the disk has given already, so that lines can be written over them when it has no more to
 * give. Emptying writes zeros again and keeps the blocks.
 */
export async function openJournalFile(folder: string, reserveBytes: number): Promise<JournalFile> {
  const path = join(folder, 'unwritten.jsonl');
  const file = await openPlainFile(folder, path);
  /** Behind the last whole line. */
  let endBytes = 0;
  /** Of the file: lines and reserve. */
  let sizeBytes = 0;

  async function writeAll(bytes: Uint8Array, atBytes: number): Promise<void> {
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, atBytes);
    sizeBytes = Math.max(sizeBytes, atBytes + bytesWritten);
    if (bytesWritten < bytes.length) throw Object.assign(new Error('the disk took only a part'), { code: 'ENOSPC' });
  }

  /** From the end: a run that is killed meanwhile leaves lines at the beginning, which may come twice, and none torn from their beginning. */
  async function clear(fromBytes: number, toBytes: number): Promise<void> {
    for (let end = toBytes; end > fromBytes; ) {
      const begin = Math.max(fromBytes, end - PIECE_BYTES);
      await writeAll(ZEROS.subarray(0, end - begin), begin);
      end = begin;
    }
  }

  return {
    async read() {
      const bytes = await file.readFile();
      sizeBytes = bytes.length;
      const content = readLines(bytes);
      let keptAt: string | undefined;
      endBytes = content.wholeBytes;
      await clear(endBytes, content.writtenBytes);
      if (content.damagedLines > 0) {
        // It costs nobody the journal when the disk has no room for it.
        keptAt = await writeFile(`${path}.damaged`, bytes.subarray(0, endBytes), { mode: 0o600 }).then(
          () => `${path}.damaged`,
          () => undefined,
        );
      }
      return { ...content, keptAt };
    },
    async append(bytes) {
      const reservedBytes = sizeBytes;
      try {
        await writeAll(bytes, endBytes);
        await file.datasync();
        endBytes += bytes.length;
      } catch (error) {
        // Half a line would be read as torn; without it the next one begins clean. What was reserved stays.
        if (sizeBytes > reservedBytes) await file.truncate(reservedBytes).catch(() => undefined);
        sizeBytes = reservedBytes;
        await clear(endBytes, Math.min(endBytes + bytes.length, reservedBytes)).catch(() => undefined);
        throw error;
      }
    },
    async empty() {
      await clear(0, endBytes);
      await file.datasync();
      endBytes = 0;
    },
    async reserveMore() {
      if (sizeBytes >= reserveBytes) return false;
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize < LEFT_FREE_BYTES + (reserveBytes - sizeBytes)) return false;
      await writeAll(ZEROS.subarray(0, Math.min(PIECE_BYTES, reserveBytes - sizeBytes)), sizeBytes);
      await file.datasync();
      return sizeBytes < reserveBytes;
    },
    contentBytes: () => endBytes,
    close: () => file.close(),
  };
}

async function openPlainFile(folder: string, path: string): Promise<FileHandle> {
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
