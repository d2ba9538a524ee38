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
 * What one pole heard of a message that was given one or more times. Whole is one pass without a hole above 100 ms, its beginning and end
 * included; two halves of different passes are two halves. Pieces of several plays add up within a pass: a pole may lose its path for a
 * moment and be back before the next word.
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
    const { heardMs, holeMs } = within(pass, pieces, first);
    if (heardMs > 0 && holeMs <= HOLE_MAX_MS) isWhole = true;
    bestMs = Math.max(bestMs, heardMs);
  }
  return { isWhole, bestMs };
}

/** In order and apart. */
function joined(heard: readonly CaptureInterval[]): CaptureInterval[] {
  const pieces: CaptureInterval[] = [];
  for (const { fromMs, untilMs } of heard.filter((piece) => piece.untilMs > piece.fromMs).sort((one, other) => one.fromMs - other.fromMs)) {
    const last = pieces.at(-1);
    if (last && fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, untilMs);
    else pieces.push({ fromMs, untilMs });
  }
  return pieces;
}

/** How much of this pass was heard, and the longest hole in it. @param first the first piece that may lie in it */
function within(pass: CaptureInterval, pieces: readonly CaptureInterval[], first: number): { heardMs: number; holeMs: number } {
  let heardMs = 0;
  let holeMs = 0;
  let heardUntilMs = pass.fromMs;
  for (let index = first; index < pieces.length; index++) {
    const piece = pieces[index] as CaptureInterval;
    if (piece.fromMs >= pass.untilMs) break;
    const fromMs = Math.max(piece.fromMs, pass.fromMs);
    const untilMs = Math.min(piece.untilMs, pass.untilMs);
    holeMs = Math.max(holeMs, fromMs - heardUntilMs);
    heardMs += untilMs - fromMs;
    heardUntilMs = untilMs;
  }
  return { heardMs, holeMs: Math.max(holeMs, pass.untilMs - heardUntilMs) };
}
