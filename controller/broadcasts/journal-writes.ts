import { and, eq, inArray } from 'drizzle-orm';
import { type Store, schema } from '../store/index.ts';
import { type BroadcastRecord, patchOf, rowOf, rowPatchOf, UNFINISHED } from './record.ts';
import type { LogLine, UnwrittenChange } from './unwritten-changes.ts';

const { broadcasts, broadcastEvents } = schema;

/** A broadcast as it stands in the local journal: whole, so that one entry needs no other. */
export interface LocalChange {
  record: BroadcastRecord;
  lines: LogLine[];
}

/** Writes the changes together. */
export function writeChanges(store: Store, changes: ReadonlyMap<string, UnwrittenChange>): Promise<void> {
  return store.db.transaction(async (tx) => {
    const rows = [...changes.values()].flatMap(({ insert }) => (insert ? rowOf(insert) : []));
    if (rows.length > 0) await tx.insert(broadcasts).values(rows).onConflictDoNothing();
    for (const [id, { patch }] of changes) {
      if (Object.keys(patch).length > 0) await tx.update(broadcasts).set(rowPatchOf(patch)).where(eq(broadcasts.id, id));
    }
    const lines = [...changes].flatMap(([broadcastId, change]) => change.lines.map((line) => lineRow(broadcastId, line)));
    if (lines.length > 0) await tx.insert(broadcastEvents).values(lines);
  });
}

/** May run twice, and after what it says has been overtaken: what is over stays over, and no line is written again. */
export function replayChange(store: Store, { record, lines }: LocalChange): Promise<void> {
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
    const missing = lines.map((line) => lineRow(broadcastId, line)).filter(({ at, kind }) => !known.has(`${at.getTime()} ${kind}`));
    if (missing.length > 0) await tx.insert(broadcastEvents).values(missing);
  });
}

function lineRow(broadcastId: string, { atMs, kind, detail }: LogLine): typeof broadcastEvents.$inferInsert {
  return { broadcastId, at: new Date(atMs), kind, detail };
}
