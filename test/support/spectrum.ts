import FFT from 'fft.js';

const FRAME = 4096;

/** Mean power over all of a sound, frequency by frequency (Welch's method, Hann windows that overlap by half). */
export function powerSpectrum(samples: Float32Array, sampleRateHz: number): { hz: number; power: number }[] {
  const fft = new FFT(FRAME);
  const spectrum = fft.createComplexArray();
  const windowed = new Float64Array(FRAME);
  const sums = new Float64Array(FRAME / 2);
  for (let from = 0; from + FRAME <= samples.length; from += FRAME / 2) {
    for (let i = 0; i < FRAME; i++) windowed[i] = (samples[from + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME));
    fft.realTransform(spectrum, windowed);
    for (let bin = 0; bin < FRAME / 2; bin++)
      sums[bin] = (sums[bin] ?? 0) + (spectrum[2 * bin] ?? 0) ** 2 + (spectrum[2 * bin + 1] ?? 0) ** 2;
  }
  return Array.from(sums, (power, bin) => ({ hz: (bin * sampleRateHz) / FRAME, power }));
}
