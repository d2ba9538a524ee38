import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { ClusterId } from '../protocol/ids.ts';
import { EMERGENCY_CHANNEL_ID } from '../protocol/media.ts';
import type { Receipt } from '../protocol/speaker-control.ts';

/** What was sent of one broadcast, as far as a receipt can be held against it. */
export interface SentBroadcast {
  class: BroadcastClass;
  /** The poles that it was for. */
  clusterIds: readonly ClusterId[];
  /** First sound, epoch ms; null: it has not sounded. */
  startedAtMs: number | null;
  /** null: it is not over. */
  endedAtMs: number | null;
  /** How much of the programme was sent, ms. */
  positionMs: number;
}

/** `early`: it may become true; the speaker hands it in again. `false`: it never will. */
export type ReceiptFault = { is: 'early' | 'false'; why: string };

/** What is sent ahead and played out after a stop that the pole did not hear of: the lead of an emergency, the longest playout delay, and a little. */
const BEYOND_MS = 18_000;
/** Between two counts of the same sound: blocks, fades, a clock that is being corrected. */
const SLACK_MS = 1000;
const SLACK_SHARE = 0.02;
/** Instants are the pole's estimate of our clock; one that is further off than this knows nothing. */
const CLOCK_SLACK_MS = 60_000;
/** Levels are told by the second. */
const LEVEL_MS = 1000;

/**
 * Why a receipt can't be true: by itself, and against what was sent to that pole and when. Pure. What a pole might have played it may claim; only a microphone would know better.
 * @param sent undefined: there was no such broadcast
 * @param nowMs epoch ms
 */
export function faultOfReceipt(
  receipt: Receipt,
  clusterId: ClusterId,
  sent: SentBroadcast | undefined,
  nowMs: number,
): ReceiptFault | undefined {
  if (!sent) return lie('there was no such broadcast');
  if (!sent.clusterIds.includes(clusterId)) return lie('the broadcast was not for this pole');
  const isItsChannel =
    receipt.channelId === receipt.broadcastId || (receipt.channelId === EMERGENCY_CHANNEL_ID && sent.class === 'emergency');
  if (!isItsChannel) return lie('the broadcast was not on this channel');
  if (sent.startedAtMs === null) {
    return sent.endedAtMs === null ? { is: 'early', why: 'the broadcast has not begun' } : lie('the broadcast never sounded');
  }
  const endedAtMs = sent.endedAtMs ?? nowMs;
  const sentMs = Math.max(sent.positionMs, endedAtMs - sent.startedAtMs) + BEYOND_MS;
  const { playedMs, mutedMs, preemptedMs, concealedMs, fecMs, mutedByConfigMs, firstSoundAtMs, lastSoundAtMs, heard } = receipt;
  if (exceeds(playedMs + mutedMs + preemptedMs, sentMs)) return lie('more was due than was sent');
  if (exceeds(concealedMs + fecMs, playedMs)) return lie('more was repaired than played');
  if (exceeds(mutedByConfigMs, mutedMs)) return lie('mutedByConfigMs exceeds mutedMs');
  const heardMs = heard.reduce((total, piece) => total + Math.max(0, piece.untilMs - piece.fromMs), 0);
  if (exceeds(heardMs, sentMs)) return lie('more was heard than was sent');
  const levels = receipt.levels ?? [];
  const toldMs = levels.reduce((total, { db }) => total + db.length * LEVEL_MS, 0);
  // A second that was cut by a break is told by each of the plays beside it.
  if (exceeds(toldMs, sentMs + LEVEL_MS)) return lie('levels of more than was sent');
  if (playedMs === 0) return heardMs > 0 ? lie('heard without having played') : undefined;

  const wasSetBack = endedAtMs - sent.startedAtMs < sent.positionMs - SLACK_MS;
  const spanMs = lastSoundAtMs - firstSoundAtMs;
  if (wasSetBack) return undefined;
  if (spanMs < 0) return lie('lastSoundAtMs lies before firstSoundAtMs');
  if (exceeds(playedMs, spanMs)) return lie('more was played than lies between first and last sound');
  if (firstSoundAtMs < sent.startedAtMs - CLOCK_SLACK_MS) return lie('it played before the broadcast began');
  const fromMs = sent.startedAtMs - BEYOND_MS - CLOCK_SLACK_MS;
  const untilMs = endedAtMs + BEYOND_MS + CLOCK_SLACK_MS;
  if (levels.some((chunk) => chunk.fromMs < fromMs || chunk.fromMs + chunk.db.length * LEVEL_MS > untilMs + LEVEL_MS))
    return lie('levels of another time');
  if (lastSoundAtMs > endedAtMs + BEYOND_MS + CLOCK_SLACK_MS) return lie('it played after the broadcast was over');
  return undefined;
}

const lie = (why: string): ReceiptFault => ({ is: 'false', why });

function exceeds(partMs: number, wholeMs: number): boolean {
  return partMs > wholeMs * (1 + SLACK_SHARE) + SLACK_MS;
}
