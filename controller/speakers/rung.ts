import { PILOT_PERIOD_MS } from '../protocol/media.ts';
import type { FaultCode, SpeakerRung } from '../protocol/speaker-state.ts';

/** A programme that plays is louder than this; its level is taken before the volume. */
export const SILENT_OUTPUT_DB = -75;
/** Pauses between sentences hit one heartbeat; two in a row are silence. */
const SILENT_BEATS = 2;

const HORNS_CUT_BY: readonly FaultCode[] = ['amplifier_failed', 'line_open', 'line_short'];
/** Whether sound can't reach the air, whatever is decoded. */
export const areHornsCut = (faults: readonly FaultCode[]): boolean => HORNS_CUT_BY.some((code) => faults.includes(code));

/**
 * What is known of one speaker; every field is something that the speaker or its packets have shown. Instants are of the steady clock
 * (Clock.monotonicMs): evidence does not age because somebody sets the time.
 */
export interface RungEvidence {
  /** Said hello on an authenticated connection and is not silent. */
  connected: boolean;
  /**
   * When the speaker last said that media or pilots had reached it (a heartbeat's packets, a programme that plays); null: never. Its own packets
   * reaching us prove the other direction only.
   */
  mediaSeenAtMs: number | null;
  /** What its last `playing` report said; null: silent. */
  programme: { channelId: string; broadcastId: string | null; reportedAtMs: number } | null;
  /** Consecutive heartbeats during this programme that showed no level. */
  silentBeats: number;
  /** One of the faults stands with which no horn can sound. */
  hornsCut: boolean;
  /** Sound waiting in the buffer by the last heartbeat. */
  bufferMs: number;
  beatPeriodMs: number;
  /** When anything came from it last. */
  heardAtMs: number;
}

/** Whoever sounds says something every second: after this long without a word its connection may be only half there, and what it said last proves nothing. */
const PLAYING_UNPROVEN_AFTER_MS = 8000;

/** How long evidence of arriving packets stays good: two heartbeats and a half, and never less than two pilots and a half. */
export function mediaEvidenceMs(beatPeriodMs: number): number {
  return 2.5 * Math.max(beatPeriodMs, PILOT_PERIOD_MS);
}

/** The highest rung that the evidence supports. `heard` needs a microphone at the horn and is never reached from here. */
export function deriveRung(evidence: RungEvidence, nowMs: number): SpeakerRung {
  if (!evidence.connected) return 'offline';
  const freshMs = mediaEvidenceMs(evidence.beatPeriodMs);
  const receiving = evidence.mediaSeenAtMs !== null && nowMs - evidence.mediaSeenAtMs <= freshMs;
  const programme = nowMs - evidence.heardAtMs <= PLAYING_UNPROVEN_AFTER_MS ? evidence.programme : null;
  if (programme && (receiving || nowMs - programme.reportedAtMs <= freshMs)) {
    return evidence.hornsCut || evidence.silentBeats >= SILENT_BEATS ? 'decoding' : 'playing';
  }
  if (!receiving) return 'connected';
  return evidence.bufferMs > 0 ? 'decoding' : 'receiving';
}
