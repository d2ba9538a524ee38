import { randomUUID } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AiredCopyRow } from './aired-copies.ts';

const DAY_MS = 86_400_000;
/** A run that could not write its rows for longer than this has told so every day. */
const DAYS = 31;
const NAME = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})-\d+\.opus$/;
/** Our own comment header lies within these. */
const HEADERS_BYTES = 4096;
const DATE = /DATE=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/;

/** Below the data directory; UTC. */
export function folderOf(startsAtMs: number): string {
  const [year = '', month = '', day = ''] = new Date(startsAtMs).toISOString().slice(0, 10).split('-');
  return join('aired', year, month, day);
}

/** The copies of the last month whose row the database does not have: the run that wrote them was killed while it could not say so. */
export async function findOrphans(options: {
  dataDir: string;
  nowMs: number;
  /** Which of these paths have a row. */
  known(paths: readonly string[]): Promise<ReadonlySet<string>>;
}): Promise<AiredCopyRow[]> {
  const { dataDir, nowMs, known } = options;
  const orphans: AiredCopyRow[] = [];
  // A clock that was wrong may have put the newest into tomorrow.
  for (let day = -1; day < DAYS; day++) {
    const folder = folderOf(nowMs - day * DAY_MS);
    const names = await readdir(join(dataDir, folder)).catch(() => []);
    const paths = names.filter((name) => NAME.test(name)).map((name) => join(folder, name));
    const rows = await known(paths);
    for (const path of paths.filter((one) => !rows.has(one))) {
      const startsAtMs = await beginningOf(join(dataDir, path));
      const broadcastId = NAME.exec(path.slice(folder.length + 1))?.[1];
      if (startsAtMs !== undefined && broadcastId !== undefined) orphans.push({ id: randomUUID(), broadcastId, path, startsAtMs });
    }
  }
  return orphans;
}

/** As its comment header says; undefined when there is none. */
async function beginningOf(path: string): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADERS_BYTES), 0, HEADERS_BYTES, 0);
    const date = DATE.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
    return date === undefined ? undefined : Date.parse(date);
  } finally {
    await file.close();
  }
}
