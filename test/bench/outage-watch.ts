import type { Clock, Timer } from '../../controller/clock.ts';
import type { Speaker } from '../../speaker-firmware-sim/speaker/speaker.ts';

const STEP_MS = 250;
/** After an outage its packets are still due for a playout delay, and asked for again for a second. */
const REPAIR_MS = 1000;
const DEFAULT_DELAY_MS = 1000;

/** Of the channels that are open now, all speakers together. */
export interface PacketFates {
  received: number;
  /** Came only when they were asked for again. */
  repaired: number;
  /** Never came in time. */
  lost: number;
}

export function fatesOf(speaker: Speaker): PacketFates {
  const sum: PacketFates = { received: 0, repaired: 0, lost: 0 };
  for (const { tracker } of speaker.channels.list) {
    for (const key of Object.keys(sum) as (keyof PacketFates)[]) sum[key] += tracker.counts[key];
  }
  return sum;
}

/** What is due at the speakers outside outages of their links and during them. */
export interface OutageSplit {
  outside: Share;
  during: Share;
  /** Speakers that never sounded. */
  mute: number;
}

interface Share extends PacketFates {
  /** Sound was due for so long, all speakers together. */
  dueMs: number;
  /** And for so long nothing at all came out: no sound, no concealment. */
  silentMs: number;
}

const nothing = (): Share => ({ dueMs: 0, silentMs: 0, received: 0, repaired: 0, lost: 0 });

/**
 * Divides a stretch in which every speaker should sound by whether its link was down. The simulator counts what sounds; a speaker that stays
 * silent shows only beside what was due.
 */
export class OutageWatch {
  #split: OutageSplit = { outside: nothing(), during: nothing(), mute: 0 };
  #before = new Map<Speaker, { rendered: number; fates: PacketFates }>();
  #sounded = new Set<Speaker>();
  #lastMs = 0;
  #timer: Timer;

  constructor(speakers: readonly Speaker[], clock: Clock) {
    this.#lastMs = clock.nowMs();
    for (const speaker of speakers) this.#before.set(speaker, { rendered: rendered(speaker), fates: fatesOf(speaker) });
    this.#timer = clock.every('outage watch', STEP_MS, () => this.#step(clock.nowMs()));
  }

  end(): OutageSplit {
    this.#timer.cancel();
    return { ...this.#split, mute: this.#before.size - this.#sounded.size };
  }

  #step(nowMs: number): void {
    const stepMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    for (const [speaker, before] of this.#before) {
      const delayMs = Math.max(0, ...speaker.channels.list.map(({ description }) => description.playoutDelayMs)) || DEFAULT_DELAY_MS;
      const isDown = speaker.link.wasDownBetween(nowMs - stepMs - delayMs - REPAIR_MS, nowMs);
      const share = isDown ? this.#split.during : this.#split.outside;
      const now = { rendered: rendered(speaker), fates: fatesOf(speaker) };
      share.dueMs += stepMs;
      if (now.rendered === before.rendered) share.silentMs += stepMs;
      else this.#sounded.add(speaker);
      // A channel that was closed takes its counters with it.
      for (const key of ['received', 'repaired', 'lost'] as const) share[key] += Math.max(0, now.fates[key] - before.fates[key]);
      this.#before.set(speaker, now);
    }
  }
}

/** Grows with every block that leaves the loudspeaker, whatever is in it. */
function rendered({ measurements: { totals } }: Speaker): number {
  return totals.playedMs + totals.fecMs + totals.concealedMs + totals.dryMs + totals.mutedMs;
}
