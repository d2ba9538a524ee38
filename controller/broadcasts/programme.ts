import { AUDIBLE_DB, type SentStretch } from '../protocol/sent-sound.ts';
import { type CaptureInterval, joined } from './hearing.ts';

/** The log's line that tells what was on air, second by second; kept for the proof, not shown as an event. */
export const SENT_SOUND = 'sent_sound';

/** After this long without any sound a source was away; speech has no such pauses. */
const AWAY_MS = 10_000;
const SECOND_MS = 1000;
/** What was on air and not noted before this process was killed is no longer than this. */
const UNNOTED_MS = 30_000;

/** Programme above silence. What is said again has the same place in the programme at other instants. */
export interface ProgrammePiece extends CaptureInterval {
  /** `fromMs` plus this is its place in the programme, ms. */
  placeShiftMs: number;
}

/** What was sent of a broadcast, as far as somebody could hear it. */
export interface Programme {
  /** In order of capture. */
  pieces: readonly ProgrammePiece[];
  /** How long it is, each place once. */
  lengthMs: number;
  /** How long its source was away, beyond pauses. */
  awayMs: number;
}

/**
 * What of the stretches that were sent is programme: the seconds that were louder than silence. Pure.
 * @param lasts from when to when it was on the air
 */
export function programmeOf(stretches: readonly SentStretch[], lasts: CaptureInterval): Programme {
  const pieces: ProgrammePiece[] = [];
  const inOrder = stretches.toSorted((one, other) => one.fromMs - other.fromMs);
  for (const [index, stretch] of inOrder.entries()) {
    const placeShiftMs = stretch.positionMs === null ? 0 : stretch.positionMs - stretch.fromMs;
    const add = (fromMs: number, untilMs: number, db: number): void => {
      if (db < AUDIBLE_DB) return;
      const last = pieces.at(-1);
      if (last && Math.abs(last.untilMs - fromMs) < 1 && Math.abs(last.placeShiftMs - placeShiftMs) < 1) last.untilMs = untilMs;
      else pieces.push({ fromMs, untilMs, placeShiftMs });
    };
    eachSecondOf(stretch, add);
    const unnotedMs = unnotedBetween(stretch, inOrder[index + 1]);
    if (unnotedMs > 0) add(stretch.untilMs, stretch.untilMs + unnotedMs, 0);
  }
  return { pieces, lengthMs: lengthOf(pieces.map(placeOf)), awayMs: awayMs(pieces, lasts) };
}

/** How much of the programme came out, each place of it once, however often it was heard. Pure. */
export function heardOfProgramme({ pieces }: Programme, heard: readonly CaptureInterval[]): number {
  const places: CaptureInterval[] = [];
  const apart = joined(heard);
  let first = 0;
  for (const piece of pieces) {
    while (first < apart.length && (apart[first]?.untilMs ?? 0) <= piece.fromMs) first += 1;
    for (let index = first; index < apart.length; index++) {
      const { fromMs, untilMs } = apart[index] as CaptureInterval;
      if (fromMs >= piece.untilMs) break;
      places.push(placeOf({ ...piece, fromMs: Math.max(fromMs, piece.fromMs), untilMs: Math.min(untilMs, piece.untilMs) }));
    }
  }
  return lengthOf(places);
}

/** The seconds of a stretch with their levels; the first and the last as far as they are its own. Makes nothing: a day has many. */
export function eachSecondOf({ fromMs, untilMs, db }: SentStretch, take: (fromMs: number, untilMs: number, db: number) => void): void {
  const firstMs = Math.floor(fromMs / SECOND_MS) * SECOND_MS;
  for (let index = 0; index < db.length; index++) {
    const endsMs = index === db.length - 1 ? untilMs : Math.min(untilMs, firstMs + (index + 1) * SECOND_MS);
    take(Math.max(fromMs, firstMs + index * SECOND_MS), endsMs, db[index] ?? 0);
  }
}

/** A recording goes on behind what was noted last: what lies between was on air, and a recording is sound. */
function unnotedBetween(stretch: SentStretch, next: SentStretch | undefined): number {
  if (stretch.positionMs === null || !next || next.positionMs === null) return 0;
  const missingMs = next.positionMs - (stretch.positionMs + stretch.untilMs - stretch.fromMs);
  return missingMs > 0 && missingMs <= UNNOTED_MS && next.fromMs - stretch.untilMs >= missingMs ? missingMs : 0;
}

const placeOf = ({ fromMs, untilMs, placeShiftMs }: ProgrammePiece): CaptureInterval => ({
  fromMs: fromMs + placeShiftMs,
  untilMs: untilMs + placeShiftMs,
});

/** Of the union. */
function lengthOf(intervals: readonly CaptureInterval[]): number {
  let lengthMs = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const interval of intervals.toSorted((one, other) => one.fromMs - other.fromMs)) {
    lengthMs += Math.max(0, interval.untilMs - Math.max(untilMs, interval.fromMs));
    untilMs = Math.max(untilMs, interval.untilMs);
  }
  return lengthMs;
}

function awayMs(pieces: readonly CaptureInterval[], lasts: CaptureInterval): number {
  let awayForMs = 0;
  let soundedUntilMs = lasts.fromMs;
  for (const { fromMs, untilMs } of [...pieces, { fromMs: lasts.untilMs, untilMs: lasts.untilMs }]) {
    if (fromMs - soundedUntilMs >= AWAY_MS) awayForMs += fromMs - soundedUntilMs;
    soundedUntilMs = Math.max(soundedUntilMs, untilMs);
  }
  return awayForMs;
}
