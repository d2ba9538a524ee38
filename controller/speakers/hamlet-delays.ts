import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { HamletId } from '../protocol/ids.ts';
import { type PathFigures, playoutDelayMs } from './playout-delay.ts';

/** Questions within this time belong to the same opening of a broadcast. */
const HOLD_MS = 30_000;

interface Held {
  delayMs: number;
  chosenAtMs: number;
  /** Nothing of the hamlet's paths was known. */
  isGuess: boolean;
}

/**
 * Playout delays, one for each hamlet and class. A value is kept for a while and as long as the hamlet plays:
 * a speaker that reconnects in mid-broadcast must get the delay that its neighbours have, or they would echo. A guess is not
 * kept: a hamlet that has just connected would be slow in an emergency for no reason. Nor does a speaker that was never
 * reached slow down the others.
 */
export class HamletDelays {
  #held = new Map<string, Held>();

  /** @param busy whether any speaker of the hamlet is on a broadcast now */
  delayMs(options: {
    hamletId: HamletId;
    broadcastClass: BroadcastClass;
    paths: () => readonly PathFigures[];
    busy: () => boolean;
    nowMs: number;
  }): number {
    const { hamletId, broadcastClass, nowMs } = options;
    const key = `${hamletId} ${broadcastClass}`;
    const held = this.#held.get(key);
    const isFresh = held && !held.isGuess && nowMs - held.chosenAtMs < HOLD_MS;
    if (held && (isFresh || options.busy())) return held.delayMs;
    const paths = options.paths();
    const known = paths.filter((path) => path.samples > 0 && path.networkKind !== 'unknown');
    const isGuess = known.length === 0;
    const delayMs = playoutDelayMs(isGuess ? paths : known, broadcastClass);
    this.#held.set(key, { delayMs, chosenAtMs: nowMs, isGuess });
    return delayMs;
  }
}
