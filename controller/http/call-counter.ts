import type { Clock } from '../clock.ts';

const WINDOW_MS = 60_000;

/** Counts calls by address, minute by minute, for what doesn't pass through the framework's own limit. */
export function createCallCounter(options: { clock: Clock; perMinute: number }): { take(address: string): boolean } {
  const { clock, perMinute } = options;
  const counts = new Map<string, number>();
  let windowStartMs = Number.NEGATIVE_INFINITY;
  return {
    /** @returns false when this address has called too often in this minute */
    take(address) {
      const nowMs = clock.monotonicMs();
      if (nowMs - windowStartMs >= WINDOW_MS) {
        counts.clear();
        windowStartMs = nowMs;
      }
      const count = (counts.get(address) ?? 0) + 1;
      counts.set(address, count);
      return count <= perMinute;
    },
  };
}
