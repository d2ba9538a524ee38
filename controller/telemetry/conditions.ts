import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';

/** Something about the system itself that a person should know while it lasts: "PostgreSQL is being restarted". */
export interface SystemCondition {
  code: string;
  vi: string;
  en: string;
  sinceMs: number;
}

export interface Conditions {
  start(): void;
  close(): void;
  /** Raised and not cleared, oldest first. */
  current(): SystemCondition[];
}

/** Keeps the conditions that last, for whoever comes later than the event. */
export function createConditions({ events, clock }: { events: Events; clock: Clock }): Conditions {
  const raised = new Map<string, SystemCondition>();
  let stop: (() => void) | undefined;
  return {
    start() {
      stop ??= events.on('system.condition', ({ code, state, vi, en }) => {
        if (state === 'cleared') raised.delete(code);
        else raised.set(code, { code, vi, en, sinceMs: raised.get(code)?.sinceMs ?? clock.nowMs() });
      });
    },
    close() {
      stop?.();
      stop = undefined;
    },
    current: () => [...raised.values()],
  };
}
