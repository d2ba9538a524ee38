import { defaultLatestStartMs } from '../broadcasts/index.ts';
import type { ScheduleDefinition } from '../protocol/schedules.ts';
import { occurrenceId } from './occurrence-id.ts';
import { occurrencesBetween } from './recurrence.ts';

/** How far ahead instants are written down. */
export const PLAN_AHEAD_MS = 48 * 3_600_000;
/** How far back an unplanned instant is still noticed and marked as missed. */
const LOOK_BACK_MS = 48 * 3_600_000;
/** A playing is handed to broadcasts this long before its instant; from then on nothing but the clock is needed for it. */
export const HAND_OVER_AHEAD_MS = 300_000;

export interface PlannableSchedule {
  definition: ScheduleDefinition;
  definitionHash: string;
  /** When it became what it is; instants before that were never promised. */
  changedAtMs: number;
}

export interface OccurrenceRow {
  id: string;
  scheduleId: string;
  startsAtMs: number;
  status: 'planned' | 'skipped' | 'broadcast' | 'missed' | 'withdrawn';
  broadcastId: string | null;
}

export interface Playing {
  id: string;
  definition: ScheduleDefinition;
  startsAtMs: number;
}

/** What has to be written and done so that the store matches the schedules. */
export interface PlanActions {
  /** Write down as planned (a row for the same schedule and instant is taken over). */
  add: Playing[];
  /** Give to broadcasts now. */
  handOver: Playing[];
  /** Its instant and its tolerance passed while nobody planned. */
  miss: Playing[];
  /** Rows that their schedule doesn't want any more. */
  withdraw: OccurrenceRow[];
}

/** All that is known of schedules. A schedule in neither part is unknown, which is no reason to take anything back. */
export interface KnownSchedules {
  inForce: readonly PlannableSchedule[];
  /** Ids of those that were removed. */
  removed: ReadonlySet<string>;
}

/** Pure. @param rows all rows that are not in the distant past */
export function planActions({ inForce, removed }: KnownSchedules, rows: readonly OccurrenceRow[], nowMs: number): PlanActions {
  const actions: PlanActions = { add: [], handOver: [], miss: [], withdraw: [] };
  const known = new Set([...removed, ...inForce.map(({ definition }) => definition.id)]);
  const left = new Map(rows.map((row) => [`${row.scheduleId} ${row.startsAtMs}`, row]));
  for (const { definition, definitionHash, changedAtMs } of inForce) {
    if (!definition.enabled) continue;
    const toleranceMs = definition.latestStartMs ?? defaultLatestStartMs(definition.class);
    const fromMs = Math.max(changedAtMs, nowMs - LOOK_BACK_MS);
    for (const startsAtMs of occurrencesBetween(definition, fromMs, nowMs + PLAN_AHEAD_MS)) {
      const key = `${definition.id} ${startsAtMs}`;
      const row = left.get(key);
      left.delete(key);
      const id = occurrenceId(definition.id, startsAtMs, definitionHash);
      if (row?.status === 'skipped' || row?.status === 'missed') continue;
      if (row?.status === 'broadcast') {
        // Handed over already. A change before its instant takes it back; after it, what sounds goes on.
        if (row.id === id || startsAtMs <= nowMs) continue;
        actions.withdraw.push(row);
      }
      const playing = { id, definition, startsAtMs };
      if (startsAtMs + toleranceMs < nowMs) {
        actions.miss.push(playing);
        continue;
      }
      if (row?.status !== 'planned' || row.id !== id) actions.add.push(playing);
      if (startsAtMs <= nowMs + HAND_OVER_AHEAD_MS) actions.handOver.push(playing);
    }
  }
  for (const row of left.values()) {
    if (!known.has(row.scheduleId)) continue;
    if (row.status === 'planned' || (row.status === 'broadcast' && row.startsAtMs > nowMs)) actions.withdraw.push(row);
  }
  return actions;
}
