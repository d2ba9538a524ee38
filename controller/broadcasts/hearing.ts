import { HEARD_HOLE_MAX_MS } from '../protocol/media.ts';

/** A stretch of programme by the instants of its capture, epoch ms: the sender and every speaker call the same word by the same instant. */
export interface CaptureInterval {
  fromMs: number;
  untilMs: number;
}

/** How much of a message one pole heard. */
export interface Hearing {
  /** It heard one pass from its first word to its last. */
  isWhole: boolean;
  /** Of the pass of which it heard most: how much, ms. */
  bestMs: number;
}

/** Instants are sums of fractions; a hole of exactly the allowed length is allowed. */
const ROUNDING_MS = 0.5;
const HOLE_MAX_MS = HEARD_HOLE_MAX_MS + ROUNDING_MS;

/**
 * What one pole heard of a message that was given one or more times. Whole is one pass without a hole above 100 ms, its beginning and end included. A speaker joins
 * shorter holes itself and parts what it heard at longer ones, also at a pause in which nothing was lost: so whole is one piece that covers a pass, and two pieces that
 * touch are two.
 *
 * Pure. Pieces may come from a device that can't count: in any order, overlapping, turned around.
 * @param passes the complete givings of the message, each from its first word to its last, in order and apart
 */
export function hearingOf(passes: readonly CaptureInterval[], heard: readonly CaptureInterval[]): Hearing {
  const pieces = joined(heard);
  let isWhole = false;
  let bestMs = 0;
  let first = 0;
  for (const pass of passes) {
    while (first < pieces.length && (pieces[first]?.untilMs ?? 0) <= pass.fromMs) first += 1;
    let heardMs = 0;
    for (let index = first; index < pieces.length; index++) {
      const piece = pieces[index] as CaptureInterval;
      if (piece.fromMs >= pass.untilMs) break;
      heardMs += Math.min(piece.untilMs, pass.untilMs) - Math.max(piece.fromMs, pass.fromMs);
      isWhole ||= piece.fromMs - pass.fromMs <= HOLE_MAX_MS && pass.untilMs - piece.untilMs <= HOLE_MAX_MS;
    }
    bestMs = Math.max(bestMs, heardMs);
  }
  return { isWhole, bestMs };
}

/** In order and apart. What overlaps is one piece. */
export function joined(heard: readonly CaptureInterval[]): CaptureInterval[] {
  const pieces: CaptureInterval[] = [];
  for (const { fromMs, untilMs } of heard.filter((piece) => piece.untilMs > piece.fromMs).sort((one, other) => one.fromMs - other.fromMs)) {
    const last = pieces.at(-1);
    if (last && fromMs < last.untilMs) last.untilMs = Math.max(last.untilMs, untilMs);
    else pieces.push({ fromMs, untilMs });
  }
  return pieces;
}
