import type { Random } from '../random.ts';
import type { DirectionProfile } from './profiles.ts';

/** Whether a packet sent at `nowMs` is lost; calls come with non-decreasing instants. */
export type LossProcess = (nowMs: number) => boolean;

export function createLossProcess(profile: DirectionProfile['loss'], random: Random): LossProcess {
  if (!profile) return () => false;
  const badShare = profile.share / profile.lossInBurst;
  const goodMs = (profile.burstMs * (1 - badShare)) / badShare;
  let bad = random.next() < badShare;
  let untilMs: number | undefined;
  return (nowMs) => {
    untilMs ??= nowMs + random.exponential(bad ? profile.burstMs : goodMs);
    while (nowMs >= untilMs) {
      bad = !bad;
      untilMs += random.exponential(bad ? profile.burstMs : goodMs);
    }
    return bad && random.next() < profile.lossInBurst;
  };
}

/** Spells in which a link is dead, drawn ahead of time so that both directions see the same ones. */
export interface OutageProcess {
  /** End of the outage that covers this instant, or undefined. */
  endOf(atMs: number): number | undefined;
  /** The latest outage that has begun. */
  last(): { startMs: number; endMs: number } | undefined;
}

export const NO_OUTAGES: OutageProcess = { endOf: () => undefined, last: () => undefined };

const OUTAGES_KEPT = 8;

export function createOutageProcess(profile: { meanEveryMs: number; lengthMs: number } | undefined, random: Random): OutageProcess {
  if (!profile) return NO_OUTAGES;
  const { lengthMs, meanEveryMs } = profile;
  // A segment's retransmissions look ahead in time, so earlier outages must not be forgotten when a later one is drawn.
  const drawn: { startMs: number; endMs: number }[] = [];
  let askedMs = Number.NEGATIVE_INFINITY;
  return {
    endOf(atMs) {
      askedMs = Math.max(askedMs, atMs);
      let newest = drawn[drawn.length - 1];
      while (!newest || newest.endMs <= askedMs) {
        const startMs = (newest?.endMs ?? atMs) + random.exponential(meanEveryMs);
        newest = { startMs, endMs: startMs + lengthMs };
        drawn.push(newest);
        if (drawn.length > OUTAGES_KEPT) drawn.shift();
      }
      return drawn.find(({ startMs, endMs }) => atMs >= startMs && atMs < endMs)?.endMs;
    },
    last: () => drawn.findLast(({ startMs }) => startMs <= askedMs),
  };
}
