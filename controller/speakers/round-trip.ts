/** Samples that count: about half an hour of an idle speaker's, and enough for a median that one slow packet doesn't move. */
const WINDOW = 32;

/** Round trip of one speaker's path, from WebSocket pings (RFC 6455 section 5.5.2) that the controller times itself. */
export interface RoundTrip {
  samples: number;
  /** Of the last 32, ms. On mobile networks the mean follows the few slow packets; the median says what is usual. */
  medianMs: number;
  /** Mean distance from the median, ms. */
  deviationMs: number;
  minimumMs: number;
  recentMs: readonly number[];
}

export const NO_ROUND_TRIP: RoundTrip = { samples: 0, medianMs: 0, deviationMs: 0, minimumMs: 0, recentMs: [] };

/** @param sampleMs at least 0; a smaller or unusable one changes nothing. */
export function withRoundTrip(before: RoundTrip, sampleMs: number): RoundTrip {
  if (!Number.isFinite(sampleMs) || sampleMs < 0) return before;
  const recentMs = [...before.recentMs.slice(-(WINDOW - 1)), sampleMs];
  const sorted = recentMs.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? sampleMs;
  const medianMs = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
  const deviationMs = recentMs.reduce((sum, ms) => sum + Math.abs(ms - medianMs), 0) / recentMs.length;
  return { samples: before.samples + 1, medianMs, deviationMs, minimumMs: sorted[0] ?? sampleMs, recentMs };
}
