import { defaultLatestStartMs } from '../broadcasts/index.ts';
import type { ScheduleDefinition } from '../protocol/schedules.ts';
import { occurrenceId } from './occurrence-id.ts';

/** How far ahead instants are written down. */
export const PLAN_AHEAD_MS = 48 * 3_600_000;
/** How far back an unplanned instant is still noticed and marked as missed. */
export const LOOK_BACK_MS = 48 * 3_600_000;
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

/** The stretch of time whose instants planning one schedule needs, epoch ms. */
export function planWindow({ changedAtMs }: Pick<PlannableSchedule, 'changedAtMs'>, nowMs: number): { fromMs: number; toMs: number } {
  return { fromMs: Math.max(changedAtMs, nowMs - LOOK_BACK_MS), toMs: nowMs + PLAN_AHEAD_MS };
}

/**
 * What is to be done for one schedule in force. Pure.
 * @param instants its instants in planWindow(), ascending
 * @param rows its rows that are not in the distant past
 */
export function planSchedule(
  { definition, definitionHash }: PlannableSchedule,
  instants: readonly number[],
  rows: readonly OccurrenceRow[],
  nowMs: number,
): PlanActions {
  const actions: PlanActions = { add: [], handOver: [], miss: [], withdraw: [] };
  const left = new Map(rows.map((row) => [row.startsAtMs, row]));
  const toleranceMs = definition.latestStartMs ?? defaultLatestStartMs(definition.class);
  for (const startsAtMs of definition.enabled ? instants : []) {
    const row = left.get(startsAtMs);
    left.delete(startsAtMs);
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
  actions.withdraw.push(...unwanted([...left.values()], nowMs));
  return actions;
}

/** Of a schedule's rows those that nobody wants any more: what sounds, or has sounded, stays. */
export function unwanted(rows: readonly OccurrenceRow[], nowMs: number): OccurrenceRow[] {
  return rows.filter((row) => row.status === 'planned' || (row.status === 'broadcast' && row.startsAtMs > nowMs));
}
