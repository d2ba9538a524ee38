import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import FFT from 'fft.js';

const run = promisify(execFile);

export interface Sound {
  sampleRateHz: number;
  samples: Float32Array;
}

/** Any file ffmpeg can read, as mono float samples at 48 kHz. */
export async function decodeFile(file: string): Promise<Sound> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-ac', '1', '-ar', '48000', '-f', 'f32le', '-'], {
    encoding: 'buffer',
    maxBuffer: 1 << 30,
  });
  const samples = new Float32Array(stdout.length >> 2);
  for (let i = 0; i < samples.length; i++) samples[i] = stdout.readFloatLE(i * 4);
  return { sampleRateHz: 48_000, samples };
}

/** 16-bit PCM or 32-bit float RIFF, first channel. */
export function readWav(file: string): Sound {
  const bytes = readFileSync(file);
  let sampleRateHz = 0;
  let channels = 1;
  let bits = 16;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8);
    if (id === 'fmt ') {
      channels = bytes.readUInt16LE(at + 10);
      sampleRateHz = bytes.readUInt32LE(at + 12);
      bits = bytes.readUInt16LE(at + 22);
    } else if (id === 'data') {
      const stride = (bits / 8) * channels;
      const samples = new Float32Array(Math.floor(size / stride));
      for (let i = 0; i < samples.length; i++) {
        const offset = at + 8 + i * stride;
        samples[i] = bits === 32 ? bytes.readFloatLE(offset) : bytes.readInt16LE(offset) / 32_768;
      }
      return { sampleRateHz, samples };
    }
    at += 8 + size + (size & 1);
  }
  throw new Error(`${file}: no data chunk`);
}

export function levelDb(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
}

function powerOfTwoAbove(length: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, length)));
}

/**
 * Where `needle` lies in `haystack`: offset in samples (fractional, parabola through the peak) and the normalised correlation (1 = same).
 * The cross-correlation is whitened only lightly, so that it answers level-independent but not noise-blind.
 */
export function locate(haystack: Float32Array, needle: Float32Array): { offsetSamples: number; correlation: number } {
  const size = powerOfTwoAbove(haystack.length + needle.length);
  const fft = new FFT(size);
  const padded = (source: Float32Array): Float64Array => {
    const target = new Float64Array(size);
    target.set(source);
    return target;
  };
  const a = fft.createComplexArray();
  const b = fft.createComplexArray();
  fft.realTransform(a, padded(haystack));
  fft.completeSpectrum(a);
  fft.realTransform(b, padded(needle));
  fft.completeSpectrum(b);
  const product = fft.createComplexArray();
  for (let i = 0; i < product.length; i += 2) {
    const ar = a[i] ?? 0;
    const ai = a[i + 1] ?? 0;
    const br = b[i] ?? 0;
    const bi = b[i + 1] ?? 0;
    product[i] = ar * br + ai * bi;
    product[i + 1] = ai * br - ar * bi;
  }
  const correlation = fft.createComplexArray();
  fft.inverseTransform(correlation, product);
  const at = (lag: number): number => correlation[2 * ((lag + size) % size)] ?? 0;
  let best = 0;
  for (let lag = -needle.length + 1; lag < haystack.length; lag++) if (at(lag) > at(best)) best = lag;
  const [left, peak, right] = [at(best - 1), at(best), at(best + 1)];
  const bend = left - 2 * peak + right;
  const fraction = bend === 0 ? 0 : (0.5 * (left - right)) / bend;
  const from = Math.max(0, best);
  const overlap = haystack.subarray(from, Math.min(haystack.length, best + needle.length));
  const part = needle.subarray(from - best, from - best + overlap.length);
  const energy = (samples: Float32Array): number => samples.reduce((sum, value) => sum + value * value, 0);
  return { offsetSamples: best + fraction, correlation: peak / Math.sqrt(energy(overlap) * energy(part) + 1e-12) };
}

const FRAME = 2048;
const BANDS_HZ = [100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700];

function bandLevelsDb(samples: Float32Array, from: number, fft: FFT, sampleRateHz: number): number[] {
  const windowed = new Float64Array(FRAME);
  for (let i = 0; i < FRAME; i++) windowed[i] = (samples[from + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME));
  const spectrum = fft.createComplexArray();
  fft.realTransform(spectrum, windowed);
  return BANDS_HZ.slice(1).map((upper, band) => {
    const lower = BANDS_HZ[band] ?? 0;
    let power = 0;
    for (let bin = Math.ceil((lower * FRAME) / sampleRateHz); bin < (upper * FRAME) / sampleRateHz; bin++) {
      power += (spectrum[2 * bin] ?? 0) ** 2 + (spectrum[2 * bin + 1] ?? 0) ** 2;
    }
    return 10 * Math.log10(power + 1e-9);
  });
}

/**
 * Mean difference of Bark-band levels (Zwicker's critical bands) between two aligned sounds, dB, over the frames in which the
 * reference is not silent. Level differences count; a perfect copy is 0, unrelated speech is above 15.
 */
export function spectralDistanceDb(reference: Float32Array, other: Float32Array, sampleRateHz = 48_000): number {
  const fft = new FFT(FRAME);
  const floorDb = levelDb(reference) - 30;
  let sum = 0;
  let count = 0;
  for (let from = 0; from + FRAME <= Math.min(reference.length, other.length); from += FRAME) {
    if (levelDb(reference.subarray(from, from + FRAME)) < floorDb) continue;
    const a = bandLevelsDb(reference, from, fft, sampleRateHz);
    const b = bandLevelsDb(other, from, fft, sampleRateHz);
    const loudestDb = Math.max(...a);
    a.forEach((value, band) => {
      // Bands 40 dB under the loudest are masked to the ear.
      if (value < loudestDb - 40) return;
      sum += Math.abs(value - (b[band] ?? 0));
      count++;
    });
  }
  return count === 0 ? Number.POSITIVE_INFINITY : sum / count;
}
