import { CLEARED_CONDITION_SHOWN_MS, type Condition, type ConditionIdentity } from './conditions.ts';

/** One thing that broke shows in several places. The first that is there says it for all: those before tell more of what still works. */
const OUTAGES: Record<string, readonly string[]> = {
  store: ['store.away', 'engine.postgresql', 'broadcasts.store_away', 'receipts_not_stored', 'audit.delayed'],
  redis: ['engine.redis', 'jobs.redis'],
};
const OUTAGE_OF = new Map(
  Object.entries(OUTAGES).flatMap(([outage, codes]) => codes.map((code, rank) => [code, { outage, rank }] as const)),
);

/** What is told in one place: one outage, or one kind of condition of several things. */
export interface ConditionGroup<C extends Condition> {
  key: string;
  head: C;
  /** Of the same group and the same state, after its head. */
  others: C[];
}

/**
 * Pure: what there is to tell at this time, those that last first. Of a group in which something lasts the rest is not told as over. Of one
 * that is over, each that was not put right is told, and beside these none of the others.
 */
export function groupConditions<C extends Condition>(conditions: readonly C[], nowMs: number): ConditionGroup<C>[] {
  const groups = new Map<string, C[]>();
  for (const condition of conditions) {
    if (!isTold(condition, nowMs)) continue;
    const key = OUTAGE_OF.get(condition.code)?.outage ?? condition.code;
    groups.set(key, [...(groups.get(key) ?? []), condition]);
  }
  const told = [...groups].map(([key, all]) => {
    const [head, ...others] = whatCounts(all).sort((one, other) => rankOf(one) - rankOf(other)) as [C, ...C[]];
    return { key, head, others: head.clearedAtMs === undefined || head.lapsed ? others : [] };
  });
  return [...told.filter(({ head }) => head.clearedAtMs === undefined), ...told.filter(({ head }) => head.clearedAtMs !== undefined)];
}

function isTold({ clearedAtMs, untilMs }: Condition, nowMs: number): boolean {
  return clearedAtMs === undefined ? untilMs === undefined || untilMs > nowMs : clearedAtMs >= nowMs - CLEARED_CONDITION_SHOWN_MS;
}

function whatCounts<C extends Condition>(all: readonly C[]): C[] {
  const lasting = all.filter(({ clearedAtMs }) => clearedAtMs === undefined);
  if (lasting.length > 0) return lasting;
  const lapsed = all.filter((condition) => condition.lapsed);
  return lapsed.length > 0 ? lapsed : [...all];
}

function rankOf({ code }: ConditionIdentity): number {
  return OUTAGE_OF.get(code)?.rank ?? 0;
}
