import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A name that was made, moved or removed survives a power cut only when its folder was written, too. */
export async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Makes the folder and those above it, and waits until the disk has their names. */
export async function makeFolderDurably(folder: string, mode: number): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}
