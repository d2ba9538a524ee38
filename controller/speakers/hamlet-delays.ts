import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { HamletId, SpeakerId } from '../protocol/ids.ts';
import { type HamletDelay, hamletDelay } from './far-off.ts';
import { type PathFigures, playoutDelayMs, usualDelayMs } from './playout-delay.ts';

/** Questions within this time belong to the same opening of a broadcast. */
const HOLD_MS = 30_000;
/** What rests on a few measurements is looked at again soon, and is no news to anybody yet. */
const PROVISIONAL_HOLD_MS = 500;
/** Round trips from which on a path counts as known. */
export const FIRM_SAMPLES = 8;

interface Held extends HamletDelay {
  chosenAtMs: number;
  standing: 'firm' | 'provisional' | 'guess';
}

export interface DelayQuestion {
  hamletId: HamletId;
  broadcastClass: BroadcastClass;
  /** The hamlet's speakers. */
  paths: () => ReadonlyMap<SpeakerId, PathFigures>;
  /** Whether any speaker of the hamlet sounds now what has this delay. */
  busy: () => boolean;
  nowMs: number;
}

/**
 * Playout delays, one for each hamlet and class, beside those of single poles that are far off. They are kept for a while and as long as
 * the hamlet plays: a speaker that reconnects in mid-broadcast must get the delay that its neighbours have, or they would echo. What rests on
 * nothing or little is not kept: a hamlet that has just connected would be slow in an emergency for no reason. Nor does a speaker that was
 * never reached slow down the others.
 */
export class HamletDelays {
  #held = new Map<string, Held>();

  of(question: DelayQuestion): HamletDelay {
    const { hamletId, broadcastClass, nowMs } = question;
    const key = `${hamletId} ${broadcastClass}`;
    const held = this.#held.get(key);
    if (held && (nowMs - held.chosenAtMs < holdMs(held) || question.busy())) return held;
    const chosen = choose(question.paths(), broadcastClass, new Set(held?.apart.keys()));
    this.#held.set(key, { ...chosen, chosenAtMs: nowMs });
    return chosen;
  }
}

function choose(
  all: ReadonlyMap<SpeakerId, PathFigures>,
  broadcastClass: BroadcastClass,
  wasApart: ReadonlySet<SpeakerId>,
): Omit<Held, 'chosenAtMs'> {
  const known = all.size === 0 ? [] : [...all].filter(([, path]) => path.networkKind !== 'unknown' || path.samples >= FIRM_SAMPLES);
  if (known.length === 0) return { commonMs: playoutDelayMs(undefined, broadcastClass), apart: new Map(), standing: 'guess' };
  const paths = known.map(([speakerId, path]) => ({
    speakerId,
    delayMs: playoutDelayMs(path, broadcastClass),
    usualMs: usualDelayMs(path.networkKind, broadcastClass),
  }));
  const isFirm = known.every(([, path]) => path.samples >= FIRM_SAMPLES);
  return { ...hamletDelay(paths, wasApart), standing: isFirm ? 'firm' : 'provisional' };
}

function holdMs({ standing }: Held): number {
  return { firm: HOLD_MS, provisional: PROVISIONAL_HOLD_MS, guess: 0 }[standing];
}
