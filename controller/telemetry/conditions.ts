import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import { CLEARED_CONDITION_SHOWN_MS } from '../protocol/conditions.ts';

/** Something about the system itself that a person should know: "PostgreSQL is being restarted". */
export interface SystemCondition {
  code: string;
  vi: string;
  en: string;
  sinceMs: number;
  /** It is over since then; undefined while it lasts. */
  clearedAtMs?: number;
}

export interface Conditions {
  start(): void;
  close(): void;
  /** Those that last, oldest first; then those that were over a short while ago. */
  current(): SystemCondition[];
}

/**
 * Keeps the conditions for whoever comes later than the event. A private server is back within a second: who looks up then must still
 * find what happened.
 */
export function createConditions({ events, clock }: { events: Events; clock: Clock }): Conditions {
  const known = new Map<string, SystemCondition>();
  let stop: (() => void) | undefined;

  function forgetOld(): void {
    const oldestMs = clock.nowMs() - CLEARED_CONDITION_SHOWN_MS;
    for (const [code, { clearedAtMs }] of known) if (clearedAtMs !== undefined && clearedAtMs < oldestMs) known.delete(code);
  }

  return {
    start() {
      stop ??= events.on('system.condition', ({ code, state, vi, en }) => {
        forgetOld();
        const before = known.get(code);
        const lasting = before?.clearedAtMs === undefined ? before : undefined;
        const nowMs = clock.nowMs();
        if (state === 'raised') {
          // Set anew after an end, so that the order stays that of their beginnings.
          if (!lasting) known.delete(code);
          known.set(code, { code, vi, en, sinceMs: lasting?.sinceMs ?? nowMs });
        } else if (lasting) {
          known.set(code, { ...lasting, vi: vi || lasting.vi, en: en || lasting.en, clearedAtMs: nowMs });
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
