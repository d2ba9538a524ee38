import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What set-up keeps between checkouts and versions: the runtime, the worker. Safe to delete. */
export function cacheFolder(env) {
  return env.LOA_XA_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'loa-xa');
}

/** A hash of names and contents of files and folders (relative to the project); missing ones count as missing. */
export function hashOf(paths, isSkipped = () => false) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (isSkipped(path)) return;
    const full = join(PROJECT, path);
    let entries;
    try {
      entries = readdirSync(full).sort();
    } catch (error) {
      if (error.code === 'ENOTDIR') hash.update(`${path}\0`).update(readFileSync(full)).update('\0');
      else if (error.code !== 'ENOENT') throw error;
      return;
    }
    for (const entry of entries) visit(join(path, entry));
  };
  for (const path of paths) visit(path);
  return hash.digest('hex').slice(0, 16);
}
