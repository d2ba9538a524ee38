import type { Clock } from '../clock.ts';
import type { ScheduleDefinition } from '../protocol/schedules.ts';
import { recurrenceOf, type ScheduleComputing } from './computing.ts';

const DAY_MS = 86_400_000;
/** Planning looks two days back, lists a week ahead; a day more on both sides, so that a window serves for a day. */
const BACK_MS = 3 * DAY_MS;
const AHEAD_MS = 9 * DAY_MS;
const NEXT_SHOWN = 3;
/** More than is shown, so that a frequent schedule need not be computed at each of its playings. */
const NEXT_KEPT = 12;
const NEXT_WITHIN_MS = 400 * DAY_MS;

interface Expandable {
  definition: ScheduleDefinition;
  definitionHash: string;
}

interface Known {
  definitionHash: string;
  window: { fromMs: number; toMs: number; instants: readonly number[] } | undefined;
  next: { atMs: number; instants: readonly number[] } | undefined;
}

/** When schedules play, computed once a day for each and remembered: a list of ended or unchanged schedules costs nothing. */
export class ScheduleInstants {
  #deps: { clock: Clock; computing: Pick<ScheduleComputing, 'occurrences'> };
  #known = new Map<string, Known>();

  constructor(deps: { clock: Clock; computing: Pick<ScheduleComputing, 'occurrences'> }) {
    this.#deps = deps;
  }

  /** The instants in [fromMs, toMs], ascending. @throws what computing throws */
  async between(schedule: Expandable, fromMs: number, toMs: number): Promise<number[]> {
    const known = this.#of(schedule);
    if (!known.window || fromMs < known.window.fromMs || toMs > known.window.toMs) {
      const nowMs = this.#deps.clock.nowMs();
      const window = { fromMs: Math.min(fromMs, nowMs - BACK_MS), toMs: Math.max(toMs, nowMs + AHEAD_MS) };
      known.window = { ...window, instants: await this.#compute(schedule, window) };
    }
    return known.window.instants.filter((instant) => instant >= fromMs && instant <= toMs);
  }

  /** The next three; none when it is switched off, over, or further away than a year. @throws what computing throws */
  async next(schedule: Expandable): Promise<number[]> {
    if (!schedule.definition.enabled) return [];
    const nowMs = this.#deps.clock.nowMs();
    const known = this.#of(schedule);
    const coming = (): number[] => known.next?.instants.filter((instant) => instant >= nowMs) ?? [];
    const isUsedUp = known.next?.instants.length === NEXT_KEPT && coming().length < NEXT_SHOWN;
    if (!known.next || isUsedUp || Math.abs(nowMs - known.next.atMs) > DAY_MS) {
      const request = { fromMs: nowMs, toMs: nowMs + NEXT_WITHIN_MS, limit: NEXT_KEPT };
      known.next = { atMs: nowMs, instants: await this.#compute(schedule, request) };
    }
    return coming().slice(0, NEXT_SHOWN);
  }

  /** Forgets all schedules but these. */
  keepOnly(scheduleIds: ReadonlySet<string>): void {
    for (const scheduleId of this.#known.keys()) if (!scheduleIds.has(scheduleId)) this.#known.delete(scheduleId);
  }

  #of({ definition, definitionHash }: Expandable): Known {
    const before = this.#known.get(definition.id);
    if (before?.definitionHash === definitionHash) return before;
    const known: Known = { definitionHash, window: undefined, next: undefined };
    this.#known.set(definition.id, known);
    return known;
  }

  #compute({ definition }: Expandable, window: { fromMs: number; toMs: number; limit?: number }): Promise<number[]> {
    return this.#deps.computing.occurrences({ recurrence: recurrenceOf(definition), ...window });
  }
}
