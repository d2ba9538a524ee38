import type { SpeakerDirectory } from '../speakers/speaker-directory.ts';

/** From our order to the speaker's having it, on a slow mobile network, ms. */
const ORDER_MS = 250;

/** How long the slowest amplifier among those meant needs from power-down to full sound, ms. */
export function longestWakeUpMs(speakers: Pick<SpeakerDirectory, 'speakerOf' | 'wakeUpMs'>, clusterIds: readonly string[]): number {
  return Math.max(0, ...clusterIds.map((clusterId) => speakers.wakeUpMs(speakers.speakerOf(clusterId) ?? '')));
}

/** When all of them are awake that were told of a channel at `toldAtMs`, epoch ms. */
export function awakeAtMs(wakeUpMs: number, toldAtMs: number): number {
  return wakeUpMs === 0 ? toldAtMs : toldAtMs + wakeUpMs + ORDER_MS;
}
