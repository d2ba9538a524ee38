import { stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';
import { hashOfFile, peoplesFiles, type Store } from '../store/index.ts';
import { copyDamaged, noCopy } from './broadcast-errors.ts';
import { readAiredCopies } from './queries.ts';

/**
 * The copy of what was aired, Ogg Opus. A broadcast that was interrupted has a part for each time it was on air: they are joined as a chain of
 * logical streams (RFC 3533 section 4), each with a serial number of its own.
 * A copy is a proof: one that is not what was written down when it ended is not given out.
 * @throws AppError `broadcast.no_copy`, `broadcast.copy_damaged`
 */
export async function openAiredCopy(
  store: Store,
  dataDirectory: string,
  broadcastId: string,
): Promise<{ stream: Readable; sizeBytes: number }> {
  const root = normalize(dataDirectory) + sep;
  const parts: { path: string; sizeBytes: number }[] = [];
  peoplesFiles.requireAnswer();
  for (const { path: below, sha256 } of await readAiredCopies(store, broadcastId)) {
    const path = join(root, below);
    const found = path.startsWith(root) ? await peoplesFiles.run(() => stat(path)).catch(() => undefined) : undefined;
    if (!found?.isFile() || found.size === 0) continue;
    // While it is being written there is no hash yet.
    if (sha256 !== null && (await hashOfFile(path, (file) => peoplesFiles.readFrom(file))) !== sha256) throw copyDamaged(broadcastId);
    parts.push({ path, sizeBytes: found.size });
  }
  if (parts.length === 0) throw noCopy(broadcastId);
  return { stream: Readable.from(joined(parts), { objectMode: false }), sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0) };
}

/** The last part may still be growing: what was announced is sent, no more. */
async function* joined(parts: readonly { path: string; sizeBytes: number }[]): AsyncGenerator<Buffer> {
  for (const { path, sizeBytes } of parts) yield* peoplesFiles.readFrom(path, { end: sizeBytes - 1 });
}
