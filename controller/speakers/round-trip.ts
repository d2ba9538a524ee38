/** Samples that count: about half an hour of an idle speaker's. */
const WINDOW = 32;
/** An older one may be of another path: the speaker was away, or its SIM went to another cell. */
const LONGEST_AGE_MS = 30 * 60_000;
/**
 * Of the samples the quarter that lies furthest from the median says nothing of the path: while a commune connects, or while a device is busy
 * with itself, single answers come late by a hundred milliseconds on any network.
 */
const IGNORED_SHARE = 1 / 4;
/** What leaving out that quarter takes off the mean distance, on the delays of mobile networks (log-normal above a floor). */
const IGNORED_CORRECTION = 1.9;
/** A sample during which our own event loop was held for longer is ours more than the path's. */
const OWN_LATENESS = { mostMs: 3, mostShare: 1 / 8 };

/** Round trip of one speaker's path, from WebSocket pings (RFC 6455 section 5.5.2) that the controller times itself. */
export interface RoundTrip {
  /** Since the path is known without a break. */
  samples: number;
  /** Of the last 32, ms. On mobile networks the mean follows the few slow packets; the median says what is usual. */
  medianMs: number;
  /** Mean distance from the median, ms, as the three quarters nearest to it tell it. */
  deviationMs: number;
  minimumMs: number;
  recent: readonly { ms: number; atMs: number }[];
}

export const NO_ROUND_TRIP: RoundTrip = { samples: 0, medianMs: 0, deviationMs: 0, minimumMs: 0, recent: [] };

/** Whether a round trip is the path's, and not the time for which we ourselves did not get to look. */
export function isOfThePath(sampleMs: number, ownLatenessMs: number): boolean {
  return ownLatenessMs <= Math.max(OWN_LATENESS.mostMs, OWN_LATENESS.mostShare * sampleMs);
}

/**
 * @param sampleMs at least 0; a smaller or unusable one changes nothing
 * @param atMs of the steady clock
 */
export function withRoundTrip(before: RoundTrip, sampleMs: number, atMs: number): RoundTrip {
  if (!Number.isFinite(sampleMs) || sampleMs < 0) return before;
  const kept = before.recent.filter((sample) => atMs - sample.atMs <= LONGEST_AGE_MS).slice(-(WINDOW - 1));
  const recent = [...kept, { ms: sampleMs, atMs }];
  const sorted = recent.map(({ ms }) => ms).sort((a, b) => a - b);
  const medianMs = lowerMedian(sorted);
  const distances = sorted.map((ms) => Math.abs(ms - medianMs)).sort((a, b) => a - b);
  const nearest = distances.slice(0, distances.length - Math.ceil(distances.length * IGNORED_SHARE));
  const deviationMs = (IGNORED_CORRECTION * nearest.reduce((sum, ms) => sum + ms, 0)) / Math.max(1, nearest.length);
  return {
    samples: (kept.length > 0 ? before.samples : 0) + 1,
    medianMs,
    deviationMs,
    minimumMs: sorted[0] ?? sampleMs,
    recent,
  };
}

/** The smaller of the two in the middle: of two samples the quicker one is nearer to what the path can do. */
function lowerMedian(sorted: readonly number[]): number {
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
