import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { makeScratchFolder } from './scratch-folder.ts';

export interface HangingDisk {
  /** A folder on a file system of its own. */
  folder: string;
  /** Whoever writes from now on waits, in the kernel, without an error. */
  hang(): void;
  answer(): void;
  /** It answers again and is gone. */
  close(): void;
}

/** Why there is none here; undefined where there is one. */
export const noHangingDisk: string | undefined =
  process.getuid?.() === 0 && canFreeze() ? undefined : 'freezing a file system needs root and a loop device';

/** A real file system (ext4 in a file) that can really hang. @param folder where; an empty one of its own when absent */
export function mountHangingDisk(sizeMb = 16, folder = makeScratchFolder('disk')): HangingDisk {
  const image = `${makeScratchFolder('disk-image')}/image`;
  writeFileSync(image, '');
  truncateSync(image, sizeMb * 1024 * 1024);
  execFileSync('mkfs.ext4', ['-q', image]);
  execFileSync('mount', ['-o', 'loop', image, folder], { stdio: 'pipe' });
  let isHanging = false;
  const freeze = (option: '-f' | '-u'): void => {
    if (isHanging === (option === '-f')) return;
    execFileSync('fsfreeze', [option, folder], { stdio: 'pipe' });
    isHanging = option === '-f';
  };
  return {
    folder,
    hang: () => freeze('-f'),
    answer: () => freeze('-u'),
    close() {
      freeze('-u');
      execFileSync('umount', ['--lazy', folder]);
      rmSync(image, { force: true });
    },
  };
}

/** Puts a pipe that nobody writes to in a file's place: whoever opens it to read waits, as on a disk that hangs. @returns what lets them go */
export function hangReaders(path: string): () => void {
  const aside = `${path}.aside`;
  renameSync(path, aside);
  execFileSync('mkfifo', [path]);
  return () => {
    // Its opening lets those go who wait, and they find nothing.
    closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
    renameSync(aside, path);
  };
}

function canFreeze(): boolean {
  try {
    const disk = mountHangingDisk();
    disk.hang();
    disk.close();
    return true;
  } catch {
    return false;
  }
}
