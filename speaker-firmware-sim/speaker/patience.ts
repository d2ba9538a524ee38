/** Sound that is later than this is waited for; less is skipped, and nobody misses it (see HEARD_HOLE_MAX_MS). */
const SKIPPED_MS = 90;
/** For the packets that follow: they may be a little later still. */
const SPARE_MS = 40;
/** Coarse, so that neighbours behind the same stall choose the same. */
const STEP_MS = 200;
/** A warning of so long ago is left to the next pass. */
const MOST_MS = 10_000;

/**
 * The delay of an emergency beyond the channel's own, when the oldest sound that has arrived and was not played is overdue: heard late is better than not heard. Pure.
 *
 * @param overdueMs how long ago that sound should have come out, with the delay so far; zero and less: nothing is late
 * @param addedMs the delay so far
 * @returns the same when there is nothing to wait for, or it is too late for it
 */
export function patientDelayMs(overdueMs: number, addedMs: number): number {
  if (overdueMs <= SKIPPED_MS) return addedMs;
  const neededMs = Math.ceil((addedMs + overdueMs + SPARE_MS) / STEP_MS) * STEP_MS;
  return neededMs > MOST_MS ? addedMs : neededMs;
}
