import type { Clock } from '../clock.ts';

const WINDOW_MS = 60_000;

/** Counts calls by caller, minute by minute, for what doesn't pass through the framework's own limit. */
export function createCallCounter(options: { clock: Clock; perMinute: number }): { take(caller: string): boolean } {
  const { clock, perMinute } = options;
  const counts = new Map<string, number>();
  let windowStartMs = Number.NEGATIVE_INFINITY;
  return {
    /** @returns false when this one has called too often in this minute */
    take(caller) {
      const nowMs = clock.monotonicMs();
      if (nowMs - windowStartMs >= WINDOW_MS) {
        counts.clear();
        windowStartMs = nowMs;
      }
      const count = (counts.get(caller) ?? 0) + 1;
      counts.set(caller, count);
      return count <= perMinute;
    },
  };
}
