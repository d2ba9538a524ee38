import { Writable } from 'node:stream';

/** Mono 16-bit samples at 48 kHz, which is what the passes send here. */
export const SURVEY_RATE_HZ = 48_000;
const BIN_SAMPLES = 960;
const FULL_SCALE = 32_700;
/** Three samples in a row at full scale are no chance: the recorder had no headroom. */
const CLIP_RUN_SAMPLES = 3;

export interface PcmSurvey {
  /** Raw little-endian s16 goes in here. */
  readonly sink: Writable;
  readonly sampleCount: number;
  /** Share of the 20 ms stretches in which the sound is clipped. */
  clippedShare(): number;
  /** The 20 ms stretches whose sample peak is above the level, at most `limit` + 1 of them. */
  above(levelDbfs: number, limit: number): { atSeconds: number; peakDbfs: number }[];
  /** `pairs` times (minimum, maximum) as signed bytes, evenly over the whole. Memory while surveying: 200 bytes a second. */
  peaks(pairs: number): Buffer;
}

/**
 * Counts, finds clipping and collects the waveform while samples stream by; keeps no sound.
 * @param headroomDb by how much the samples were turned down before, so that peaks above full scale can be told apart
 */
export function createPcmSurvey(onSamples?: (sampleCount: number) => void, headroomDb = 0): PcmSurvey {
  const scale = 10 ** (headroomDb / 20);
  const minima: number[] = [];
  const maxima: number[] = [];
  let low = 0;
  let high = 0;
  let inBin = 0;
  let run = 0;
  let binClipped = false;
  let clippedBins = 0;
  let sampleCount = 0;
  let rest: Buffer | undefined;

  const endBin = (): void => {
    minima.push(low);
    maxima.push(high);
    if (binClipped) clippedBins++;
    low = 0;
    high = 0;
    inBin = 0;
    binClipped = false;
  };

  const take = (samples: Int16Array): void => {
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i] as number;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value >= FULL_SCALE || value <= -FULL_SCALE) {
        if (++run >= CLIP_RUN_SAMPLES) binClipped = true;
      } else run = 0;
      if (++inBin === BIN_SAMPLES) endBin();
    }
    sampleCount += samples.length;
    onSamples?.(sampleCount);
  };

  const sink = new Writable({
    emitClose: false,
    write(chunk: Buffer, _encoding, done) {
      const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
      const even = bytes.length & ~1;
      rest = even < bytes.length ? Buffer.from(bytes.subarray(even)) : undefined;
      // Int16Array needs an even offset; chunks from a pipe nearly always have one.
      const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
      take(new Int16Array(aligned.buffer, aligned.byteOffset, even / 2));
      done();
    },
  });

  return {
    sink,
    get sampleCount() {
      return sampleCount;
    },
    clippedShare: () => (minima.length === 0 ? 0 : clippedBins / minima.length),
    above(levelDbfs, limit) {
      const threshold = (32_768 * 10 ** (levelDbfs / 20)) / scale;
      const found: { atSeconds: number; peakDbfs: number }[] = [];
      for (let bin = 0; bin < minima.length && found.length <= limit; bin++) {
        const peak = Math.max(-(minima[bin] ?? 0), maxima[bin] ?? 0);
        if (peak > threshold)
          found.push({ atSeconds: ((bin + 0.5) * BIN_SAMPLES) / SURVEY_RATE_HZ, peakDbfs: 20 * Math.log10((peak * scale) / 32_768) });
      }
      return found;
    },
    peaks(pairs) {
      const bins = minima.length + (inBin > 0 ? 1 : 0);
      const lowOf = (bin: number): number => (minima[bin] ?? low) / 256;
      const highOf = (bin: number): number => (maxima[bin] ?? high) / 256;
      const out = Buffer.alloc(pairs * 2);
      for (let pair = 0; pair < pairs && bins > 0; pair++) {
        const first = Math.floor((pair * bins) / pairs);
        const last = Math.max(first + 1, Math.floor(((pair + 1) * bins) / pairs));
        let pairLow = 0;
        let pairHigh = 0;
        for (let bin = first; bin < last; bin++) {
          pairLow = Math.min(pairLow, lowOf(bin));
          pairHigh = Math.max(pairHigh, highOf(bin));
        }
        out.writeInt8(Math.max(-128, Math.round(pairLow * scale)), pair * 2);
        out.writeInt8(Math.min(127, Math.round(pairHigh * scale)), pair * 2 + 1);
      }
      return out;
    },
  };
}
