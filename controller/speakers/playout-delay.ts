import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { SpeakerTelemetry } from '../protocol/speaker-state.ts';

/** What is known of the way to one speaker. */
export interface PathFigures {
  /** Round trips measured. */
  samples: number;
  /** Median of them, ms. */
  roundTripMs: number;
  /** Mean distance of a round trip from the median, ms; see RoundTrip. */
  deviationMs: number;
  /** Interarrival jitter of media as the speaker reports it, ms (RFC 3550 section 6.4.1); 0: none seen yet. */
  mediaJitterMs: number;
  networkKind: SpeakerTelemetry['networkKind'];
}

/** Sent well ahead and repaired at leisure. */
const RECORDED_DELAY_MS = 1000;
const AT_ONCE = { live: { floorMs: 40, ceilingMs: 400 }, emergency: { floorMs: 100, ceilingMs: 600 } };

/** The way through the media worker and the speaker's own scheduling. A live frame is stamped when it arrives whole: its length is not in here. */
const FAN_OUT_AND_PLAYOUT_MS = 25;
/** Jitter of one direction from that of both, if the two are independent. */
const ONE_WAY_JITTER = Math.SQRT1_2;
/** Mean deviations between the usual packet and the slowest in a hundred, for the heavy tails of mobile networks. */
const JITTER_TAIL = 4;
/**
 * Media jitter counts only as far as the round trips on the same path bear it out: a recording's lead, filled quickly at its
 * beginning, looks like tens of milliseconds of jitter on a network that has none.
 */
const BORNE_OUT = { factor: 2, plusMs: 2 };
/** What each kind of network is taken for until it has been measured, and how many measurements that belief is worth. */
const ASSUMED: Record<SpeakerTelemetry['networkKind'], { roundTripMs: number; jitterMs: number }> = {
  ethernet: { roundTripMs: 2, jitterMs: 1 },
  wifi: { roundTripMs: 10, jitterMs: 8 },
  '4g': { roundTripMs: 100, jitterMs: 30 },
  unknown: { roundTripMs: 100, jitterMs: 30 },
};
const BELIEF = 8;

/** Measurement and belief, weighted: one measurement that was slow by chance is no slow path. */
function estimate(path: PathFigures): { roundTripMs: number; jitterMs: number } {
  const assumed = ASSUMED[path.networkKind];
  const blend = (measured: number, believed: number): number => (path.samples * measured + BELIEF * believed) / (path.samples + BELIEF);
  const pathJitterMs = blend(path.deviationMs * ONE_WAY_JITTER, assumed.jitterMs);
  return {
    roundTripMs: blend(path.roundTripMs, assumed.roundTripMs),
    jitterMs: Math.max(pathJitterMs, Math.min(path.mediaJitterMs, BORNE_OUT.factor * pathJitterMs + BORNE_OUT.plusMs)),
  };
}

function needMs(path: PathFigures): number {
  const { roundTripMs, jitterMs } = estimate(path);
  return FAN_OUT_AND_PLAYOUT_MS + roundTripMs / 2 + JITTER_TAIL * jitterMs;
}

const UNKNOWN: PathFigures = { samples: 0, roundTripMs: 0, deviationMs: 0, mediaJitterMs: 0, networkKind: 'unknown' };

/**
 * Playout delay that one path needs, ms, in steps of 10. Live sound gives up repair for closeness to the mouth. An emergency needs no time for it: it is sent faster than it
 * sounds, so that all but the first instants of its attention signal, which lasts four seconds or more, can be asked for again. What is recorded or relayed has all the time it needs.
 *
 * @param path undefined: nothing is known of it
 */
export function playoutDelayMs(path: PathFigures | undefined, broadcastClass: BroadcastClass): number {
  if (broadcastClass !== 'live' && broadcastClass !== 'emergency') return RECORDED_DELAY_MS;
  const { floorMs, ceilingMs } = AT_ONCE[broadcastClass];
  return Math.min(ceilingMs, Math.max(floorMs, Math.ceil(needMs(path ?? UNKNOWN) / 10) * 10));
}

/** What a healthy path over this kind of network needs, ms. */
export function usualDelayMs(networkKind: PathFigures['networkKind'], broadcastClass: BroadcastClass): number {
  return playoutDelayMs({ ...UNKNOWN, networkKind }, broadcastClass);
}
