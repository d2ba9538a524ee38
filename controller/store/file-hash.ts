import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of a file's content, hex. Rejects as reading does. */
export async function hashOfFile(path: string, read: (path: string) => Readable = createReadStream): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(read(path), hash);
  return hash.digest('hex');
}
