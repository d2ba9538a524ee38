import { and, eq, gte, inArray, ne, sql } from 'drizzle-orm';
import { type ScheduleDefinition, scheduleDefinition } from '../protocol/schedules.ts';
import { type Store, schema } from '../store/index.ts';
import { hashOf } from './occurrence-id.ts';
import type { OccurrenceRow, Playing } from './plan.ts';

const { schedules, occurrences } = schema;

/** A schedule as it stands in the store. */
export interface StoredSchedule {
  definition: ScheduleDefinition;
  definitionHash: string;
  source: 'file' | 'api';
  fileName: string | null;
  changedAtMs: number;
}

export interface StoredSchedules {
  inForce: StoredSchedule[];
  /** Ids of those that were removed. */
  removed: Set<string>;
}

export async function readSchedules(store: Store): Promise<StoredSchedules> {
  const rows = await store.db.select().from(schedules).orderBy(schedules.id);
  const inForce = rows
    .filter((row) => row.deletedAt === null)
    .map((row) => ({
      definition: scheduleDefinition.parse(row.definition),
      definitionHash: row.definitionHash,
      source: row.source,
      fileName: row.fileName,
      changedAtMs: row.updatedAt.getTime(),
    }));
  return { inForce, removed: new Set(rows.filter((row) => row.deletedAt !== null).map((row) => row.id)) };
}

/** Writes a schedule if it differs from what is there; answers whether it did. */
export async function saveSchedule(
  store: Store,
  definition: ScheduleDefinition,
  from: { source: 'file' | 'api'; fileName: string | null; createdBy: string | null; nowMs: number },
): Promise<boolean> {
  const definitionHash = hashOf(definition);
  const at = new Date(from.nowMs);
  const fields = {
    name: definition.name,
    source: from.source,
    fileName: from.fileName,
    enabled: definition.enabled,
    definition,
    definitionHash,
  };
  const written = await store.db
    .insert(schedules)
    .values({ id: definition.id, ...fields, createdBy: from.createdBy, createdAt: at, updatedAt: at })
    .onConflictDoUpdate({
      target: schedules.id,
      set: { ...fields, updatedAt: at, deletedAt: null },
      setWhere: sql`${schedules.definitionHash} <> ${definitionHash} or ${schedules.deletedAt} is not null or ${schedules.fileName} is distinct from ${from.fileName}`,
    })
    .returning({ id: schedules.id });
  return written.length > 0;
}

export async function deleteSchedule(store: Store, scheduleId: string, nowMs: number): Promise<void> {
  await store.db
    .update(schedules)
    .set({ deletedAt: new Date(nowMs) })
    .where(eq(schedules.id, scheduleId));
}

export async function readOccurrences(store: Store, fromMs: number): Promise<OccurrenceRow[]> {
  const rows = await store.db
    .select()
    .from(occurrences)
    .where(gte(occurrences.startsAt, new Date(fromMs)));
  return rows.map(({ startsAt, ...row }) => ({ ...row, startsAtMs: startsAt.getTime() }));
}

export async function readOccurrence(store: Store, id: string): Promise<OccurrenceRow | undefined> {
  const [row] = await store.db.select().from(occurrences).where(eq(occurrences.id, id));
  return row && { ...row, startsAtMs: row.startsAt.getTime() };
}

/** Writes playings with this status. One that a person skipped stays skipped. */
export async function putOccurrences(
  store: Store,
  playings: readonly Playing[],
  status: 'planned' | 'missed',
  reason: string | null,
): Promise<void> {
  if (playings.length === 0) return;
  const rows = playings.map(({ id, definition, startsAtMs }) => ({
    id,
    scheduleId: definition.id,
    startsAt: new Date(startsAtMs),
    status,
    reason,
  }));
  await store.db
    .insert(occurrences)
    .values(rows)
    .onConflictDoUpdate({
      target: [occurrences.scheduleId, occurrences.startsAt],
      set: { id: sql`excluded.id`, status, reason, broadcastId: null },
      setWhere: ne(occurrences.status, 'skipped'),
    });
}

export async function setOccurrence(
  store: Store,
  ids: readonly string[],
  change: { status: OccurrenceRow['status']; broadcastId?: string | null; reason?: string | null },
  onlyIf?: OccurrenceRow['status'][],
): Promise<boolean> {
  if (ids.length === 0) return false;
  const isOne = inArray(occurrences.id, [...ids]);
  const changed = await store.db
    .update(occurrences)
    .set(change)
    .where(onlyIf ? and(isOne, inArray(occurrences.status, onlyIf)) : isOne)
    .returning({ id: occurrences.id });
  return changed.length > 0;
}
