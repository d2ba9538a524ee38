import { createDecoder, type OpusDecoderHandle } from 'libopus-wasm';

export const SILENCE_DB = -120;

/**
 * Level of what goes out, from decoding every packet (about 50 µs for 20 ms of sound). Sampling single packets would be
 * cheaper but wrong: Opus predicts from what was decoded before.
 */
export interface LevelMeter {
  /** @returns level of this packet, dBFS (RMS); undefined when it cannot be decoded */
  measure(packet: Uint8Array): number | undefined;
  /** RMS level since the last call, dBFS; -120: silence or nothing. */
  take(): number;
  close(): void;
}

export async function createLevelMeter(): Promise<LevelMeter> {
  const decoder: OpusDecoderHandle = await createDecoder({ sampleRate: 48_000, channels: 1 });
  let energy = 0;
  let samples = 0;
  let closed = false;
  return {
    measure(packet) {
      if (closed) return undefined;
      let pcm: Float32Array;
      try {
        pcm = decoder.decodeFloat(packet);
      } catch {
        // Speakers conceal what does not decode; the meter has nothing to show for it.
        return undefined;
      }
      let sum = 0;
      for (const sample of pcm) sum += sample * sample;
      energy += sum;
      samples += pcm.length;
      return decibels(sum, pcm.length);
    },
    take() {
      const level = decibels(energy, samples);
      energy = 0;
      samples = 0;
      return level;
    },
    close() {
      if (closed) return;
      closed = true;
      decoder.free();
    },
  };
}

function decibels(energy: number, samples: number): number {
  if (samples === 0 || energy === 0) return SILENCE_DB;
  return Math.max(SILENCE_DB, 10 * Math.log10(energy / samples));
}
