import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreFailure } from './failure.ts';
import { makeFolderDurably, syncFolder } from './sync-folder.ts';

/** Then the file is moved aside once, in place of the one before. */
const MOST_BYTES = 16 * 1024 * 1024;
const ID_CHARS = 12;

/** One entry as it stands in the file. */
export interface Kept {
  /** Of its line: the same entry refused at the same instant is one. */
  id: string;
  atMs: number;
  from: string;
  failure: StoreFailure;
  reason: string;
  value: unknown;
  /** A line that the disk gives back otherwise than it was written: it can only be dropped. */
  isDamaged: boolean;
}

/** A JSON object in each line, oldest first. One caller at a time. */
export interface QuarantineFile {
  readonly path: string;
  append(lines: readonly string[]): Promise<void>;
  read(): Promise<Kept[]>;
  remove(ids: ReadonlySet<string>): Promise<void>;
  isEmpty(): Promise<boolean>;
}

export function createQuarantineFile(folder: string): QuarantineFile {
  const path = join(folder, 'refused.jsonl');
  const older = `${path}.1`;
  const sizeBytes = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0;

  async function write(file: string, flags: number, text: string): Promise<void> {
    const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | flags, 0o600);
    try {
      await handle.appendFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  async function linesOf(file: string): Promise<string[]> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').filter((line) => line !== '');
  }

  return {
    path,
    async append(lines) {
      await makeFolderDurably(folder, 0o700);
      if ((await sizeBytes(path)) > MOST_BYTES) await rename(path, older);
      // A line that a kill cut off costs the next one nothing; empty lines are none.
      await write(path, constants.O_APPEND, `\n${lines.join('')}`);
      await syncFolder(folder);
    },
    async read() {
      const kept = [...(await linesOf(older)), ...(await linesOf(path))].map(keptOf);
      return [...new Map(kept.map((one) => [one.id, one])).values()];
    },
    async remove(ids) {
      for (const file of [older, path]) {
        const lines = await linesOf(file);
        const left = lines.filter((line) => !ids.has(idOf(line)));
        if (left.length === lines.length) continue;
        if (left.length === 0) await rm(file);
        else {
          await write(`${file}.part`, constants.O_TRUNC, left.map((line) => `${line}\n`).join(''));
          await rename(`${file}.part`, file);
        }
        await syncFolder(folder);
      }
    },
    isEmpty: async () => (await sizeBytes(path)) + (await sizeBytes(older)) === 0,
  };
}

function idOf(line: string): string {
  return createHash('sha256').update(line).digest('hex').slice(0, ID_CHARS);
}

function keptOf(line: string): Kept {
  const id = idOf(line);
  try {
    const { atMs, from, failure, reason, value } = JSON.parse(line) as Omit<Kept, 'id' | 'isDamaged'>;
    if (typeof from === 'string' && typeof atMs === 'number') return { id, atMs, from, failure, reason, value, isDamaged: false };
  } catch {
    // Said below.
  }
  return { id, atMs: 0, from: '?', failure: 'defect', reason: 'this line of the file is damaged', value: line, isDamaged: true };
}
