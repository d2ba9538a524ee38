import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { BroadcastContent } from '../protocol/broadcasts.ts';
import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';

/** Enough to repair any loss, and nobody minds that a recording starts a second later. */
const RECORDED_DELAY_MS = 1000;

/** How long after its capture a sample sounds, chosen once for a broadcast and kept to its end. */
export interface PlayoutDelays {
  /** The same for all speakers of a hamlet, but for those that are far slower than their neighbours. */
  of(speakerId: string): number;
  /** The first sound anywhere comes this long after the first capture. */
  firstMs: number;
  /** The last sound anywhere comes this long after the last capture. */
  lastMs: number;
}

/**
 * A recording or relay has one delay everywhere: the whole commune sounds together, at the exact instant. A microphone or an
 * emergency that was started by hand has each hamlet's own: as soon as its network can, neighbours together, and a pole that is far off by itself.
 */
export function choosePlayoutDelays(options: {
  class: BroadcastClass;
  content: BroadcastContent;
  isScheduled: boolean;
  clusterIds: readonly string[];
  /** Frames of a microphone wait so long to be joined into longer packets. */
  joiningMs?: number;
  speakers: Pick<SpeakerDirectory, 'speakerOf' | 'clusterOf' | 'playoutDelayMs' | 'playsApart'>;
}): PlayoutDelays {
  const { speakers } = options;
  const byHamlet = new Map<string, number>();
  const bySpeaker = new Map<string, number>();
  const hamletDelayMs = (speakerId: string): number => {
    const hamletId = speakers.clusterOf(speakerId)?.hamletId ?? '';
    const delayMs = byHamlet.get(hamletId) ?? speakers.playoutDelayMs(speakerId, options.class);
    byHamlet.set(hamletId, delayMs);
    return delayMs;
  };
  const ownDelayMs = (speakerId: string): number => {
    const known = bySpeaker.get(speakerId);
    if (known !== undefined) return known;
    const isApart = speakers.playsApart(speakerId, options.class);
    const pathMs = isApart ? speakers.playoutDelayMs(speakerId, options.class) : hamletDelayMs(speakerId);
    const delayMs = pathMs + (options.joiningMs ?? 0);
    bySpeaker.set(speakerId, delayMs);
    return delayMs;
  };
  const present = options.clusterIds.flatMap((clusterId) => speakers.speakerOf(clusterId) ?? []).map(ownDelayMs);
  const isUrgent = (options.class === 'emergency' && !options.isScheduled) || options.content.kind === 'microphone';
  if (isUrgent) return { of: ownDelayMs, firstMs: Math.min(RECORDED_DELAY_MS, ...present), lastMs: Math.max(0, ...present) };
  const delayMs = Math.max(RECORDED_DELAY_MS, ...present);
  return { of: () => delayMs, firstMs: delayMs, lastMs: delayMs };
}
