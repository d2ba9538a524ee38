import { inArray, isNull } from 'drizzle-orm';
import type { Clock } from '../clock.ts';
import { BoundedQueue, Outbox, type Store, schema } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AiredCopyRow, AiredCopyStore } from './aired-copies.ts';

const { airedCopies } = schema;
/** About a month of broadcasts. */
const LONGEST_QUEUE = 5000;
const BATCH = 100;
/** Whoever ended a copy sees its row after this, or the row comes later. */
const ROW_PATIENCE_MS = 1000;
const CLOSE_PATIENCE_MS = 3000;

export interface Change {
  row: AiredCopyRow;
  ending?: { endsAtMs: number; sizeBytes: number; sha256: string };
}

/** Rows of aired copies reach the store by an outbox, however long it is away; what a killed run had waiting is found by its files again. */
export function createAiredCopyStore(deps: { store: Store; clock: Clock; logger: Logger }): AiredCopyStore {
  const { store, clock, logger } = deps;
  const queue = new BoundedQueue<Change>({ most: LONGEST_QUEUE, batch: BATCH });
  const outbox = new Outbox<Change>({
    name: 'aired copies',
    gatherMs: 0,
    ...{ clock, logger, queue, quarantine: store.quarantine },
    write: (changes) => writeAiredCopies(store, changes),
    onSetAside: ({ entry }) => entry,
  });

  async function add(change: Change): Promise<void> {
    queue.add(change);
    outbox.added();
    await outbox.through(outbox.mark(), outbox.failure ? 0 : ROW_PATIENCE_MS);
  }

  return {
    begun: (row) => add({ row: { ...row } }),
    ended: (row, { endsAtMs, sizeBytes, sha256 }) => add({ row: { ...row }, ending: { endsAtMs, sizeBytes, sha256 } }),
    async unfinished() {
      const rows = await store.db.select().from(airedCopies).where(isNull(airedCopies.endsAt));
      return rows.map(({ id, broadcastId, path, startsAt }) => ({ id, broadcastId, path, startsAtMs: startsAt.getTime() }));
    },
    async known(paths) {
      if (paths.length === 0) return new Set();
      const rows = await store.db
        .select({ path: airedCopies.path })
        .from(airedCopies)
        .where(inArray(airedCopies.path, [...paths]));
      return new Set(rows.map(({ path }) => path));
    },
    async close() {
      await outbox.close(CLOSE_PATIENCE_MS);
    },
  };
}

/** Twice is once. */
export function writeAiredCopies(store: Store, changes: readonly Change[]): Promise<void> {
  return store.db.transaction(async (tx) => {
    for (const { row, ending: end } of changes) {
      const ending = end && { endsAt: new Date(end.endsAtMs), sizeBytes: end.sizeBytes, sha256: end.sha256 };
      const values = { id: row.id, broadcastId: row.broadcastId, path: row.path, startsAt: new Date(row.startsAtMs), ...ending };
      const inserted = tx.insert(airedCopies).values(values);
      await (ending ? inserted.onConflictDoUpdate({ target: airedCopies.id, set: ending }) : inserted.onConflictDoNothing());
    }
  });
}
