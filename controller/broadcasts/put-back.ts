import { and, eq, getTableColumns, inArray, isNull, notInArray } from 'drizzle-orm';
import { type Database, type Store, schema } from '../store/index.ts';
import { type LocalChange, writeChanges } from './journal-writes.ts';
import { isOver, patchOf, type RecordPatch, rowOf, rowPatchOf, UNFINISHED } from './record.ts';
import type { RowChange, Unwritten } from './unwritten-changes.ts';
import { REASONS } from './words.ts';

const { broadcasts } = schema;
/** What is known of a broadcast once it is over. The rest of a row told where it was, which is of no use any more. */
const TOLD_LATER = ['startedAt', 'endedAt', 'durationMs', 'messageMs', 'endReason'] as const;

/**
 * Brings what was set aside into the history, long after: what is missing there is filled in, what was written since stays, and nothing sounds
 * because of it. Twice is once.
 */
export async function putBackChange(store: Store, value: Unwritten | LocalChange, nowMs: number): Promise<void> {
  if ('line' in value) return writeChanges(store, [value]);
  if (!('record' in value)) return store.db.transaction((tx) => fillIn(tx, value, nowMs));
  const { record, lines } = value;
  const { broadcastId } = record;
  await store.db.transaction((tx) => fillIn(tx, { broadcastId, insert: record, patch: patchOf(record) }, nowMs));
  await writeChanges(
    store,
    lines.flatMap(({ entryId, ...line }) => (entryId === undefined ? [] : [{ broadcastId, line: { entryId, ...line } }])),
  );
}

async function fillIn(tx: Pick<Database, 'insert' | 'update'>, { broadcastId, insert, patch }: RowChange, nowMs: number): Promise<void> {
  if (insert) {
    const status = insert.startedAtMs === null ? ('failed' as const) : ('cut' as const);
    const ended = { status, endedAt: new Date(nowMs), endReason: REASONS.putBack() };
    await tx
      .insert(broadcasts)
      .values({ ...rowOf(insert), ...(isOver(insert) ? {} : ended) })
      .onConflictDoNothing();
  }
  const isThisOne = eq(broadcasts.id, broadcastId);
  const { status } = patch;
  if (status !== undefined && isOver({ status })) {
    await tx
      .update(broadcasts)
      .set({ status })
      .where(and(isThisOne, inArray(broadcasts.status, [...UNFINISHED])));
  }
  const columns = getTableColumns(broadcasts);
  const row = rowPatchOf(patch satisfies RecordPatch);
  for (const name of TOLD_LATER) {
    const isMissing = and(isThisOne, isNull(columns[name]), notInArray(broadcasts.status, [...UNFINISHED]));
    if (row[name] != null) {
      await tx
        .update(broadcasts)
        .set({ [name]: row[name] })
        .where(isMissing);
    }
  }
}
