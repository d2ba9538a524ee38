export interface DiskSample {
  /** Epoch. */
  atMs: number;
  freeBytes: number;
}

const DAY_MS = 86_400_000;
/** What was written longer ago says little of what is written now. */
export const TREND_DAYS = 7;
/** Below this one upload would look like a trend. */
const SHORTEST_SPAN_MS = 12 * 3_600_000;
const FEWEST_SAMPLES = 8;

/**
 * In how many days the disk is full if it goes on as in the last week: a straight line through the free space (least squares), from where
 * it is now. undefined: it does not shrink, or too little is known.
 */
export function daysUntilFull(samples: readonly DiskSample[], nowMs: number): number | undefined {
  const recent = samples.filter(({ atMs }) => atMs <= nowMs && atMs > nowMs - TREND_DAYS * DAY_MS);
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last || recent.length < FEWEST_SAMPLES || last.atMs - first.atMs < SHORTEST_SPAN_MS) return undefined;
  const meanDay = mean(recent.map(({ atMs }) => atMs - first.atMs)) / DAY_MS;
  const meanBytes = mean(recent.map(({ freeBytes }) => freeBytes));
  let above = 0;
  let below = 0;
  for (const { atMs, freeBytes } of recent) {
    const day = (atMs - first.atMs) / DAY_MS - meanDay;
    above += day * (freeBytes - meanBytes);
    below += day * day;
  }
  const bytesPerDay = above / below;
  return bytesPerDay < 0 ? last.freeBytes / -bytesPerDay : undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
