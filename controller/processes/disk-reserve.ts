import { constants } from 'node:fs';
import { mkdir, open, rm, stat, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';

const PIECE_BYTES = 1024 * 1024;
/** A reserve is made ahead, while there is plenty: it never takes the last room from the database. */
const LEFT_FREE_BYTES = 128 * 1024 * 1024;

/** A file of zeros that is given up when the disk is full, for what must be written all the same. */
export interface DiskReserve {
  /** Makes it when it is missing and there is plenty of room. Never throws. */
  make(): Promise<void>;
  /** A piece of it, or all. @returns whether there is room now that was not there before */
  giveUp(): Promise<boolean>;
}

interface DiskReserveOptions {
  path: string;
  sizeBytes: number;
  /** Given up at a time: whatever else waits for room (a database takes 16 MB at once) finds no more than this. All of it when absent. */
  pieceBytes?: number;
}

export function createDiskReserve({ path, sizeBytes, pieceBytes = sizeBytes }: DiskReserveOptions): DiskReserve {
  let making: Promise<void> | undefined;
  let givingUp: Promise<boolean> | undefined;

  async function fill(): Promise<void> {
    const madeBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (madeBytes >= sizeBytes) return;
    // The folder above is there, or comes with what belongs in it.
    await mkdir(dirname(path), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const { bavail, bsize } = await statfs(dirname(path));
    if (bavail * bsize < LEFT_FREE_BYTES + sizeBytes) return;
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      for (let at = 0; at < sizeBytes; at += PIECE_BYTES) await file.write(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async function shrink(): Promise<boolean> {
    await making;
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size === 0) return false;
    const done = size > pieceBytes ? truncate(path, size - pieceBytes) : rm(path);
    return done.then(
      () => true,
      () => false,
    );
  }

  return {
    make() {
      making ??= fill()
        // Half of one is given up at once: the next attempt begins anew.
        .catch(() => rm(path, { force: true }).catch(() => undefined))
        .finally(() => {
          making = undefined;
        });
      return making;
    },
    giveUp() {
      // Its name may be gone before its room is there: whoever asks meanwhile waits, too.
      givingUp ??= shrink().finally(() => {
        givingUp = undefined;
      });
      return givingUp;
    },
  };
}
