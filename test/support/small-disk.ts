import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from './scratch-folder.ts';

export interface SmallDisk {
  /** A folder on a file system of its own. */
  folder: string;
  /** Leaves not one byte free. */
  fill(): void;
  free(): void;
  close(): void;
}

/** Why there is none here; undefined where there is one. */
export const noSmallDisk: string | undefined = process.getuid?.() === 0 && canMount() ? undefined : 'mounting a tmpfs needs root';

/** A real file system that can really be full (tmpfs). @param folder where; an empty one of its own when absent */
export function mountSmallDisk(sizeMb: number, folder = makeScratchFolder('disk')): SmallDisk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=0755`, 'tmpfs', folder]);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      // In ever smaller pieces: the last page must be gone, too.
      for (const sizeBytes of [1024 * 1024, 64 * 1024, 4096]) {
        for (;;) {
          try {
            writeFileSync(ballast, Buffer.alloc(sizeBytes), { flag: 'a' });
          } catch {
            break;
          }
        }
      }
    },
    free: () => rmSync(ballast, { force: true }),
    close: () => void execFileSync('umount', ['--lazy', folder]),
  };
}

function canMount(): boolean {
  const folder = makeScratchFolder('mount');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
