import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { Store } from '../store/index.ts';
import { noCopy } from './broadcast-errors.ts';
import { readAiredCopy } from './queries.ts';

/** The copy of what was aired, Ogg Opus. @throws AppError `broadcast.no_copy` */
export async function openAiredCopy(
  store: Store,
  dataDirectory: string,
  broadcastId: string,
): Promise<{ stream: Readable; sizeBytes: number }> {
  const copy = await readAiredCopy(store, broadcastId);
  const root = normalize(dataDirectory) + sep;
  const path = copy ? join(root, copy.path) : '';
  const found = path.startsWith(root) ? await stat(path).catch(() => undefined) : undefined;
  if (!found?.isFile()) throw noCopy(broadcastId);
  return { stream: createReadStream(path), sizeBytes: found.size };
}
