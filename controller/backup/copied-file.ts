import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Part } from './manifest.ts';

/**
 * Copies a file and says what was copied: by the bytes that were written, for a file may grow while it is read. On the disk when this resolves.
 * @param path below both folders
 * @param options `withoutReserve`: zeros at the end only keep room on its own disk, and are left out
 */
export async function copyFile(fromFolder: string, toFolder: string, path: string, options = { withoutReserve: false }): Promise<Part> {
  const from = join(fromFolder, path);
  const { mode } = await stat(from);
  const content = createReadStream(from);
  return { ...(await writePart(toFolder, path, options.withoutReserve ? withoutZerosAtEnd(content) : content, mode & 0o777)), path };
}

async function* withoutZerosAtEnd(content: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let heldBack: Buffer[] = [];
  for await (const chunk of content) {
    let length = chunk.length;
    while (length > 0 && chunk[length - 1] === 0) length -= 1;
    if (length > 0) {
      yield* heldBack;
      heldBack = [];
      yield chunk.subarray(0, length);
    }
    if (length < chunk.length) heldBack.push(chunk.subarray(length));
  }
}

/** Writes a piece, with its hash. */
export async function writePart(
  folder: string,
  path: string,
  content: AsyncIterable<Uint8Array>,
  mode: number,
): Promise<Omit<Part, 'path'>> {
  const to = join(folder, path);
  await mkdir(dirname(to), { recursive: true, mode: 0o750 });
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(to, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(to, mode);
  return { sizeBytes, sha256: hash.digest('hex'), mode };
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Plain files below a folder, by their paths; none when there is no such folder. */
export async function filesBelow(folder: string, name: string): Promise<string[]> {
  const entries = await readdir(join(folder, name), { withFileTypes: true, recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!entries) return (await stat(join(folder, name))).isFile() ? [name] : [];
  const prefix = join(folder, '/').length;
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix))
    .sort();
}
