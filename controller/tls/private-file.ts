import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../store/index.ts';

const LARGEST_BYTES = 1_000_000;

/**
 * Replaces a file as one step: after a power cut it holds the old text or the new one, never half.
 * @param mode 0o600 for what holds a key.
 */
export async function writeFileAtomically(path: string, text: string, mode: number): Promise<void> {
  const folder = dirname(path);
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(unfinished, 'wx', mode);
    try {
      // The creation mode is cut by the umask; this one is not.
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** The folder for keys: nobody but the controller's user enters. */
export async function makeKeyFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}

/**
 * undefined when there is no such file.
 * @throws Error when it is a folder, a pipe (opening it never waits for whoever writes), or much too large for a key
 */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error(`${path} is not a plain file`);
    if (found.size > LARGEST_BYTES) throw new Error(`${path} has ${found.size} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
