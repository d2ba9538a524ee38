import { mergePackets } from '../media/index.ts';

export const SILENCE_FRAME_MS = 20;
/** A 20 ms CELT frame that decodes to digital silence, mono. Longer than a pilot, so the channel keeps the loudspeaker. */
const SILENCE_FRAME = Buffer.from([0xf8, 0xff, 0xfe]);

/** Sound-less programme: whole frames, at least one, at most `durationMs`; up to 120 ms. */
export function silencePacket(durationMs: number): { payload: Buffer; durationMs: number } {
  const frames = Math.max(1, Math.min(6, Math.floor(durationMs / SILENCE_FRAME_MS)));
  const payload = frames === 1 ? SILENCE_FRAME : Buffer.from(mergePackets(Array.from({ length: frames }, () => SILENCE_FRAME)));
  return { payload, durationMs: frames * SILENCE_FRAME_MS };
}
