import type { SpeakerId } from '../protocol/ids.ts';

/** What one pole would need by itself. */
export interface PathDelay {
  speakerId: SpeakerId;
  delayMs: number;
  /** What networks of its kind usually need. */
  usualMs: number;
}

/** How a hamlet plays: together, but for the poles that are far off. */
export interface HamletDelay {
  /** Enough for every pole that is not apart. */
  commonMs: number;
  /** Poles with a delay of their own, and that delay. */
  apart: ReadonlyMap<SpeakerId, number>;
}

/** Nearer than this to the neighbours a pole is waited for: a shorter difference is the way of the sound over twenty metres, less than lies between two poles. */
const NEAR_MS = 60;
/** In a hamlet whose poles differ by themselves, so many times their usual distance from the middle one. */
const USUAL_DISTANCES = 3;
/** Who is apart comes back only when it is this share of the way nearer: no pole flips between two delays. */
const BACK_WITHIN = 0.6;

/**
 * Which poles of a hamlet are so much slower than the others that waiting for them would make all late; they get a delay of their own. Median and
 * median distance from it decide, which a minority of any size can't move. Pure.
 *
 * One pole is never apart. Of two nobody can say by their delays alone which is the odd one: what networks of the slower one's kind usually need
 * has the third vote, so that a slow cable stands apart from a quick one, while a healthy mobile path and a cable stay together.
 *
 * @param wasApart who was apart before
 */
export function hamletDelay(paths: readonly PathDelay[], wasApart: ReadonlySet<SpeakerId>): HamletDelay {
  const delays = paths.map(({ delayMs }) => delayMs);
  const slowest = paths.reduce<PathDelay | undefined>((most, path) => (!most || path.delayMs > most.delayMs ? path : most), undefined);
  const votes = paths.length === 2 && slowest ? [...delays, slowest.usualMs] : delays;
  const middleMs = median(votes);
  // What two poles differ by is no measure of what is usual.
  const usualDistanceMs = paths.length === 2 ? 0 : median(votes.map((ms) => Math.abs(ms - middleMs)));
  const marginMs = Math.max(NEAR_MS, USUAL_DISTANCES * usualDistanceMs);
  const isFar = ({ speakerId, delayMs }: PathDelay): boolean =>
    paths.length > 1 && delayMs > middleMs + (wasApart.has(speakerId) ? BACK_WITHIN * marginMs : marginMs);
  const commonMs = Math.max(0, ...paths.filter((path) => !isFar(path)).map(({ delayMs }) => delayMs));
  // Who was apart and needs no more than the others have by now is back.
  const apart = paths.filter((path) => isFar(path) && path.delayMs > commonMs);
  return { commonMs, apart: new Map(apart.map(({ speakerId, delayMs }) => [speakerId, delayMs])) };
}

/** Of an even number the larger of the two in the middle: half of a hamlet is no minority. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
