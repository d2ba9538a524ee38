import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

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
  /** Moves a finished file in: on the disk for good when this resolves. The same bytes again change nothing. */
  commit(path: string): Promise<{ hash: string; path: string; sizeBytes: number }>;
  remove(hash: string): Promise<void>;
}

export function createMasterLibrary(options: { dataDir: string }): MasterLibrary {
  const mastersDir = join(options.dataDir, 'masters');
  const jobsDir = join(options.dataDir, 'tmp');

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
    async commit(path) {
      const hash = await hashOf(path);
      const target = pathOf(hash);
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
      return { hash, path: target, sizeBytes };
    },
    remove: (hash) => rm(pathOf(hash), { force: true }),
  };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
