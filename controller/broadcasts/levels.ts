import { AUDIBLE_DB, type SentStretch } from '../protocol/sent-sound.ts';
import type { LevelChunk } from '../protocol/speaker-control.ts';
import type { CaptureInterval } from './hearing.ts';
import { eachSecondOf } from './programme.ts';

/** So much quieter than what was sent is another sound, or none. Poles measure before their volume. */
const ACCORD_DB = 20;
const SECOND_MS = 1000;
const SILENCE_DB = -120;

/** What was sent above silence, second by second, in order. */
export type SentSeconds = readonly (CaptureInterval & { second: number; db: number })[];

/** For comparing with what poles say: once for a broadcast, however many poles it had. Pure. */
export function sentSecondsOf(sent: readonly SentStretch[]): SentSeconds {
  const seconds: SentSeconds[number][] = [];
  for (const stretch of sent.toSorted((one, other) => one.fromMs - other.fromMs)) {
    eachSecondOf(stretch, (fromMs, untilMs, db) => {
      if (db >= AUDIBLE_DB) seconds.push({ second: Math.floor(fromMs / SECOND_MS), fromMs, untilMs, db });
    });
  }
  // While the clock was being set the same instants may have come twice.
  return seconds.sort((one, other) => one.second - other.second);
}

/**
 * The stretches in which a pole says that it gave no sound in accordance with what was sent, in order and apart. Pure. A word at the edge of a second may lie in the next
 * one of a clock that is a little off, so its neighbours speak for a second, too; and pauses, in which nothing was sent, are nobody's silence.
 * @param told what the pole says of its seconds; of one that it says nothing of nothing is known. In any order, overlapping, told twice
 */
export function silentSeconds(sent: SentSeconds, told: readonly LevelChunk[]): CaptureInterval[] {
  const silent: CaptureInterval[] = [];
  for (const { second: first, db } of joined(told)) {
    for (let index = firstFrom(sent, first); index < sent.length; index++) {
      const piece = sent[index] as SentSeconds[number];
      const at = piece.second - first;
      if (at >= db.length) break;
      const loudestDb = Math.max(db[at] ?? SILENCE_DB, db[at - 1] ?? SILENCE_DB, db[at + 1] ?? SILENCE_DB);
      if (loudestDb >= piece.db - ACCORD_DB) continue;
      const last = silent.at(-1);
      if (last && piece.fromMs - last.untilMs < 1) last.untilMs = piece.untilMs;
      else silent.push({ fromMs: piece.fromMs, untilMs: piece.untilMs });
    }
  }
  return silent;
}

/** Levels of one second after the other: chunks that follow each other or overlap are one; of what is told twice the louder counts. */
function joined(told: readonly LevelChunk[]): { second: number; db: number[] }[] {
  const runs: { second: number; db: number[] }[] = [];
  for (const { fromMs, db } of told.toSorted((one, other) => one.fromMs - other.fromMs)) {
    const second = Math.floor(fromMs / SECOND_MS);
    let run = runs.at(-1);
    if (!run || second > run.second + run.db.length) {
      run = { second, db: [] };
      runs.push(run);
    }
    const offset = second - run.second;
    for (let index = 0; index < db.length; index++) {
      const level = db[index] ?? SILENCE_DB;
      const before = run.db[offset + index];
      if (before === undefined || before < level) run.db[offset + index] = level;
    }
  }
  return runs;
}

/** Index of the first that is of this second or a later one. */
function firstFrom(sent: SentSeconds, second: number): number {
  let [low, high] = [0, sent.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sent[middle]?.second ?? 0) < second) low = middle + 1;
    else high = middle;
  }
  return low;
}
