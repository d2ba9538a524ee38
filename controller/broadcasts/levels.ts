import { AUDIBLE_DB, type SentStretch } from '../protocol/sent-sound.ts';
import type { LevelChunk } from '../protocol/speaker-control.ts';
import type { CaptureInterval } from './hearing.ts';
import { secondsOf } from './programme.ts';

/** So much quieter than what was sent is another sound, or none. Poles measure before their volume. */
const ACCORD_DB = 20;
const SECOND_MS = 1000;

/**
 * The seconds in which a pole says that it gave no sound in accordance with what was sent. Pure. A word at the edge of a second may lie in the next one of a clock that
 * is a little off, so its neighbours speak for a second, too; and pauses, in which nothing was sent, are nobody's silence.
 * @param told what the pole says of its seconds; of one that it says nothing of nothing is known
 */
export function silentSeconds(sent: readonly SentStretch[], told: readonly LevelChunk[]): CaptureInterval[] {
  const toldDb = new Map<number, number>();
  for (const { fromMs, db } of told) {
    for (const [index, level] of db.entries()) {
      const second = fromMs / SECOND_MS + index;
      if (level !== null) toldDb.set(second, Math.max(level, toldDb.get(second) ?? -Infinity));
    }
  }
  if (toldDb.size === 0) return [];
  return sent.flatMap(secondsOf).flatMap(({ fromMs, untilMs, db }) => {
    const second = Math.floor(fromMs / SECOND_MS);
    const own = toldDb.get(second);
    if (db < AUDIBLE_DB || own === undefined) return [];
    const loudest = Math.max(own, toldDb.get(second - 1) ?? own, toldDb.get(second + 1) ?? own);
    return loudest < db - ACCORD_DB ? [{ fromMs, untilMs }] : [];
  });
}
