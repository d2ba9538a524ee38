/** One beat may be late by itself, so the quickest of these counts; more of them would hide a clock that has just gone wrong. */
const WINDOW = 3;
/** Slack for scheduling on both sides. */
const TOLERANCE_MS = 5;
/** A speaker that admits to more than this has not measured yet: its offset is no claim that could be contradicted. */
const ADMITTED_MS = 100;

/**
 * The controller's own view of a speaker's clock. Each heartbeat says when it left by the speaker's clock (t1) and how far the
 * speaker believes that clock is off; no beat can have arrived before it was sent, and the quickest of the last not later than a
 * round trip after it.
 */
export interface ClockQuality {
  /** Apparent one-way delays of the last beats, ms. */
  oneWayMs: readonly number[];
  /** How far the speaker's estimate is certainly wrong, ms; 0: nothing contradicts it. Positive: the speaker plays too late. */
  contradictionMs: number;
}

export const NO_CLOCK_QUALITY: ClockQuality = { oneWayMs: [], contradictionMs: 0 };

/** @param roundTripMs smallest round trip of the path; null: unknown, then only impossible earliness shows */
export function withBeatClock(
  before: ClockQuality,
  beat: { t1Ms: number; clockOffsetMs: number; clockErrorMs: number; arrivedAtMs: number },
  roundTripMs: number | null,
): ClockQuality {
  if (beat.clockErrorMs > ADMITTED_MS) return before;
  const apparentMs = beat.arrivedAtMs - (beat.t1Ms + beat.clockOffsetMs);
  const oneWayMs = [...before.oneWayMs.slice(-(WINDOW - 1)), apparentMs];
  const quickestMs = Math.min(...oneWayMs);
  let contradictionMs = 0;
  // A beat below zero: the speaker believes it is later than it is, so it plays too early. What an earlier beat said may be corrected by now.
  if (apparentMs < -TOLERANCE_MS) contradictionMs = apparentMs;
  else if (roundTripMs !== null && quickestMs > roundTripMs + TOLERANCE_MS) contradictionMs = quickestMs - roundTripMs;
  return { oneWayMs, contradictionMs };
}
