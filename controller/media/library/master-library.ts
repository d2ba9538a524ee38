import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashOfFile, syncFolder } from '../../store/index.ts';

const HASH = /^[0-9a-f]{64}$/;
const JOB_FOLDER = 'job-';

/** Masters as files named by their own SHA-256: `<dataDir>/masters/ab/cdef....opus`. */
export interface MasterLibrary {
  /** Makes the folders and clears away what an interrupted job left. */
  start(): Promise<void>;
  /** Where the master with this hash is or would be. @throws on anything that is no SHA-256 in hex */
  pathOf(hash: string): string;
  /** A fresh folder for one job on the same file system; whoever asked removes it. */
  makeJobFolder(): Promise<string>;
  /**
   * Moves a finished file in: on the disk for good when this resolves. The same bytes again change nothing.
   * @param keep runs before anybody can remove the file again: whoever needs it writes that down here
   */
  commit(path: string, keep?: (file: MasterFile) => Promise<void>): Promise<MasterFile>;
  /** @param isNeeded asked when nobody can commit the same file; it stays when the answer is yes */
  remove(hash: string, isNeeded?: () => Promise<boolean>): Promise<void>;
  /** The hash of every master that is there. */
  list(): Promise<string[]>;
}

export interface MasterFile {
  hash: string;
  path: string;
  sizeBytes: number;
}

export function createMasterLibrary(options: { dataDir: string }): MasterLibrary {
  const mastersDir = join(options.dataDir, 'masters');
  const jobsDir = join(options.dataDir, 'tmp');

  /** By hash: the last of those that commit or remove this master. */
  const turns = new Map<string, Promise<unknown>>();

  /** Two bulletins may have the same sound: one must not remove the file between the other's commit and its record of it. */
  const exclusively = async <Result>(hash: string, task: () => Promise<Result>): Promise<Result> => {
    const mine = (turns.get(hash) ?? Promise.resolve()).then(task, task);
    turns.set(hash, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(hash) === mine) turns.delete(hash);
    }
  };

  const pathOf = (hash: string): string => {
    if (!HASH.test(hash)) throw new RangeError('a master is named by 64 hexadecimal digits');
    return join(mastersDir, hash.slice(0, 2), `${hash.slice(2)}.opus`);
  };

  return {
    async start() {
      await mkdir(mastersDir, { recursive: true, mode: 0o750 });
      await mkdir(jobsDir, { recursive: true, mode: 0o700 });
      for (const name of await readdir(jobsDir)) {
        if (name.startsWith(JOB_FOLDER)) await rm(join(jobsDir, name), { recursive: true, force: true });
      }
    },
    pathOf,
    makeJobFolder: () => mkdtemp(join(jobsDir, JOB_FOLDER)),
    async commit(path, keep) {
      const hash = await hashOfFile(path);
      return exclusively(hash, async () => {
        const file = { hash, ...(await moveIn(path, pathOf(hash))) };
        await keep?.(file);
        return file;
      });
    },
    remove: (hash, isNeeded) =>
      exclusively(hash, async () => {
        if (!(await isNeeded?.())) await rm(pathOf(hash), { force: true });
      }),
    async list() {
      const names = await readdir(mastersDir, { recursive: true });
      return names.map((name) => name.replace(/[/\\]|\.opus$/g, '')).filter((name) => HASH.test(name));
    },
  };

  async function moveIn(path: string, target: string): Promise<{ path: string; sizeBytes: number }> {
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    const handle = await open(path, 'r+');
    let sizeBytes: number;
    try {
      await handle.sync();
      sizeBytes = (await handle.stat()).size;
    } finally {
      await handle.close();
    }
    await rename(path, target);
    // A name survives a power cut only when its folder was written too, and a new folder only when its own parent was.
    await syncFolder(dirname(target));
    await syncFolder(mastersDir);
    return { path: target, sizeBytes };
  }
}
