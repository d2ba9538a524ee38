import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import { CLEARED_CONDITION_SHOWN_MS, type Condition, conditionKey } from '../protocol/conditions.ts';

/** Something about the system itself, or about one broadcast, that a person should know: "PostgreSQL is being restarted". */
export interface SystemCondition extends Condition {
  sinceMs: number;
}

export interface Conditions {
  start(): void;
  close(): void;
  /** Those that last, oldest first; then those that were over a short while ago. */
  current(): SystemCondition[];
}

/** A schedule that fails every minute must not fill the memory, nor anybody's page: the oldest make room. */
const KEPT_MAX = 100;

/**
 * Keeps the conditions for whoever comes later than the event. A private server is back within a second: who looks up then must still
 * find what happened. What changes here is told on as `condition.changed`; the end of what was not raised is no news.
 */
export function createConditions({ events, clock }: { events: Events; clock: Clock }): Conditions {
  const known = new Map<string, SystemCondition>();
  let stop: (() => void) | undefined;

  function forgetOld(): void {
    const nowMs = clock.nowMs();
    for (const [key, { clearedAtMs, untilMs }] of known) {
      const isOld =
        clearedAtMs === undefined ? untilMs !== undefined && untilMs <= nowMs : clearedAtMs < nowMs - CLEARED_CONDITION_SHOWN_MS;
      if (isOld) known.delete(key);
    }
  }

  function makeRoom(): void {
    if (known.size < KEPT_MAX) return;
    const oldest = [...known].find(([, { clearedAtMs }]) => clearedAtMs !== undefined) ?? [...known][0];
    if (oldest) known.delete(oldest[0]);
  }

  return {
    start() {
      stop ??= events.on('system.condition', (fact) => {
        const { state, vi, en, ...about } = fact;
        forgetOld();
        const key = conditionKey(about);
        const before = known.get(key);
        const lasting = before?.clearedAtMs === undefined ? before : undefined;
        const nowMs = clock.nowMs();
        if (state === 'raised') {
          // Set anew after an end, so that the order stays that of their beginnings.
          if (!lasting) known.delete(key);
          if (!known.has(key)) makeRoom();
          known.set(key, { ...about, vi, en, sinceMs: lasting?.sinceMs ?? nowMs });
          events.emit('condition.changed', fact);
        } else if (lasting) {
          const words = { vi: vi || lasting.vi, en: en || lasting.en };
          known.set(key, { ...lasting, ...words, clearedAtMs: nowMs, ...(state === 'lapsed' ? { lapsed: true } : {}) });
          events.emit('condition.changed', { ...fact, ...words });
        }
      });
    },
    close() {
      stop?.();
      stop = undefined;
    },
    current() {
      forgetOld();
      const all = [...known.values()];
      return [...all.filter((one) => one.clearedAtMs === undefined), ...all.filter((one) => one.clearedAtMs !== undefined)];
    },
  };
}
