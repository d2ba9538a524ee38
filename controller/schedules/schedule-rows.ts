import { and, asc, eq, getTableColumns, gt, gte, inArray, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm';
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
  /** Ids of rows that are not what was written. What they had planned stays; nothing new is planned by them. */
  unreadable: string[];
  /** Ids of those that were removed. */
  removed: Set<string>;
}

/** Definitions read and checked in one turn of the event loop: each may hold thousands of clusters. */
const DEFINITIONS_AT_ONCE = 10;
const ROWS_AT_ONCE = 500;
const ROWS_WRITTEN_AT_ONCE = 200;

/** @param before what was read last: of a schedule that has not changed the definition is taken from there */
export async function readSchedules(store: Store, before: ReadonlyMap<string, StoredSchedule>): Promise<StoredSchedules> {
  const { definition: _definition, ...columns } = getTableColumns(schedules);
  const rows = await store.db.select(columns).from(schedules).where(isNull(schedules.deletedAt)).orderBy(schedules.id);
  const removed = await store.db.select({ id: schedules.id }).from(schedules).where(isNotNull(schedules.deletedAt));
  const isKnown = (row: { id: string; definitionHash: string }): boolean => before.get(row.id)?.definitionHash === row.definitionHash;
  const changed = rows.filter((row) => !isKnown(row)).map(({ id }) => id);
  const unreadable: string[] = [];
  const definitions = new Map<string, { definition: ScheduleDefinition; definitionHash: string }>();
  for (let at = 0; at < changed.length; at += DEFINITIONS_AT_ONCE) {
    const some = await store.db
      .select({ id: schedules.id, definition: schedules.definition, definitionHash: schedules.definitionHash })
      .from(schedules)
      .where(inArray(schedules.id, changed.slice(at, at + DEFINITIONS_AT_ONCE)));
    for (const { id, definition, definitionHash } of some) {
      const read = scheduleDefinition.safeParse(definition);
      if (read.success) definitions.set(id, { definition: read.data, definitionHash });
      else unreadable.push(id);
    }
  }
  const inForce = rows.flatMap((row) => {
    const found = isKnown(row) ? before.get(row.id) : definitions.get(row.id);
    if (!found) return [];
    const { definition, definitionHash } = found;
    return [{ definition, definitionHash, source: row.source, fileName: row.fileName, changedAtMs: row.updatedAt.getTime() }];
  });
  return { inForce, unreadable, removed: new Set(removed.map(({ id }) => id)) };
}

/** Writes a schedule if it differs from what is there, or `anyway`; answers whether it did. */
export async function saveSchedule(
  store: Store,
  definition: ScheduleDefinition,
  from: { source: 'file' | 'api'; fileName: string | null; createdBy: string | null; nowMs: number; anyway?: boolean },
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
  const isDifferent = sql`${schedules.definitionHash} <> ${definitionHash} or ${schedules.deletedAt} is not null or ${schedules.fileName} is distinct from ${from.fileName}`;
  const written = await store.db
    .insert(schedules)
    .values({ id: definition.id, ...fields, createdBy: from.createdBy, createdAt: at, updatedAt: at })
    .onConflictDoUpdate({
      target: schedules.id,
      set: { ...fields, updatedAt: at, deletedAt: null },
      ...(from.anyway ? {} : { setWhere: isDifferent }),
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

/**
 * The rows from an instant on, by schedule, read page by page: dense schedules have hundreds each.
 * @param toMs up to this instant; absent: all
 */
export async function readOccurrences(store: Store, fromMs: number, toMs?: number): Promise<Map<string, OccurrenceRow[]>> {
  const found = new Map<string, OccurrenceRow[]>();
  let last: { scheduleId: string; startsAt: Date } | undefined;
  for (;;) {
    const isFurther = last
      ? or(
          gt(occurrences.scheduleId, last.scheduleId),
          and(eq(occurrences.scheduleId, last.scheduleId), gt(occurrences.startsAt, last.startsAt)),
        )
      : undefined;
    const isInside = and(
      gte(occurrences.startsAt, new Date(fromMs)),
      toMs === undefined ? undefined : lte(occurrences.startsAt, new Date(toMs)),
    );
    const page = await store.db
      .select()
      .from(occurrences)
      .where(and(isInside, isFurther))
      .orderBy(asc(occurrences.scheduleId), asc(occurrences.startsAt))
      .limit(ROWS_AT_ONCE);
    for (const { startsAt, ...row } of page) {
      const rows = found.get(row.scheduleId);
      const one = { ...row, startsAtMs: startsAt.getTime() };
      if (rows) rows.push(one);
      else found.set(row.scheduleId, [one]);
    }
    last = page.at(-1);
    if (page.length < ROWS_AT_ONCE) return found;
  }
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
  if (playings.length > ROWS_WRITTEN_AT_ONCE) {
    await putOccurrences(store, playings.slice(0, ROWS_WRITTEN_AT_ONCE), status, reason);
    return putOccurrences(store, playings.slice(ROWS_WRITTEN_AT_ONCE), status, reason);
  }
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
