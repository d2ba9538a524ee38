import { and, eq, inArray } from 'drizzle-orm';
import { isHopeless, type Store, schema, storableValue } from '../store/index.ts';
import { type BroadcastRecord, patchOf, type RecordPatch, rowOf, rowPatchOf, UNFINISHED } from './record.ts';
import type { LogLine, RowChange, Unwritten } from './unwritten-changes.ts';

const { broadcasts, broadcastEvents } = schema;

/** A broadcast as it stands in the local journal: whole, so that one entry needs no other. */
export interface LocalChange {
  record: BroadcastRecord;
  /** Of older versions without an identity. */
  lines: (Omit<LogLine, 'entryId'> & Partial<Pick<LogLine, 'entryId'>>)[];
}

/** Writes them together: all or none. Twice is once: the answer to the first time may have been lost. */
export function writeChanges(store: Store, changes: readonly Unwritten[]): Promise<void> {
  const rows = changes.flatMap((change) => ('line' in change ? [] : [change]));
  const lines = changes.flatMap((change) => ('line' in change ? [lineRow(change.broadcastId, change.line)] : []));
  return store.db.transaction(async (tx) => {
    const inserts = rows.flatMap(({ insert }) => (insert ? rowOf(insert) : []));
    if (inserts.length > 0) await tx.insert(broadcasts).values(inserts).onConflictDoNothing();
    for (const { broadcastId, patch } of rows) {
      if (Object.keys(patch).length > 0) await tx.update(broadcasts).set(rowPatchOf(patch)).where(eq(broadcasts.id, broadcastId));
    }
    if (lines.length > 0) await tx.insert(broadcastEvents).values(lines).onConflictDoNothing({ target: broadcastEvents.entryId });
  });
}

/**
 * What of a refused row must reach the store all the same, so that what was stopped does not sound again: its state, in values that
 * nothing from outside is in. undefined: there is nothing less to write.
 */
export function bareChange({ patch }: RowChange): RecordPatch | undefined {
  const { status, endedAtMs, validForMs } = patch;
  const bare: RecordPatch = {
    ...(status === undefined ? {} : { status }),
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(validForMs === undefined ? {} : { validForMs }),
  };
  const isLess = Object.keys(bare).length < Object.keys(patch).length;
  return isLess && Object.keys(bare).length > 0 ? bare : undefined;
}

/**
 * May run twice, and after what it says has been overtaken: what is over stays over, and no line is written again.
 * @throws what the store throws; what it refuses for good has then left at least the broadcast's state there
 */
export async function replayChange(store: Store, { record, lines }: LocalChange): Promise<void> {
  try {
    await replayWhole(store, { record, lines });
  } catch (error) {
    if (isHopeless(error)) await endBarely(store, record);
    throw error;
  }
}

function replayWhole(store: Store, { record, lines }: LocalChange): Promise<void> {
  const { broadcastId } = record;
  return store.db.transaction(async (tx) => {
    await tx.insert(broadcasts).values(rowOf(record)).onConflictDoNothing();
    await tx
      .update(broadcasts)
      .set(rowPatchOf(patchOf(record)))
      .where(and(eq(broadcasts.id, broadcastId), inArray(broadcasts.status, [...UNFINISHED])));
    // Somebody ended its making-up: that never begins again.
    if (record.validForMs === 0) await tx.update(broadcasts).set({ validForMs: 0 }).where(eq(broadcasts.id, broadcastId));
    const written = await tx.select().from(broadcastEvents).where(eq(broadcastEvents.broadcastId, broadcastId));
    const known = new Set(written.map(({ at, kind }) => `${at.getTime()} ${kind}`));
    const missing = lines.filter(({ entryId, atMs, kind }) => entryId !== undefined || !known.has(`${atMs} ${kind}`));
    if (missing.length === 0) return;
    const rows = missing.map((line) => lineRow(broadcastId, line));
    await tx.insert(broadcastEvents).values(rows).onConflictDoNothing({ target: broadcastEvents.entryId });
  });
}

async function endBarely(store: Store, record: BroadcastRecord): Promise<void> {
  const bare = bareChange({ broadcastId: record.broadcastId, insert: undefined, patch: patchOf(record) });
  if (!bare) return;
  await store.db
    .update(broadcasts)
    .set(rowPatchOf(bare))
    .where(and(eq(broadcasts.id, record.broadcastId), inArray(broadcasts.status, [...UNFINISHED])));
}

function lineRow(broadcastId: string, { entryId, atMs, kind, detail }: LocalChange['lines'][number]): typeof broadcastEvents.$inferInsert {
  return { broadcastId, at: new Date(atMs), kind, detail: storableValue(detail), entryId: entryId ?? null };
}
