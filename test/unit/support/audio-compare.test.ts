import { describe, expect, it } from 'vitest';
import { levelDb, locate, spectralDistanceDb } from '../../support/audio-compare.ts';

/** Noise with a syllable-like envelope; deterministic. */
function speechLike(seed: number, length: number): Float32Array {
  let state = seed;
  let smooth = 0;
  return Float32Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    smooth += 0.3 * (state / 2 ** 31 - 1 - smooth);
    return smooth * (0.5 + 0.5 * Math.sin((2 * Math.PI * i) / 12_000));
  });
}

describe('comparing what was played with what was meant', () => {
  const meant = speechLike(1, 48_000);

  it('finds a delayed copy to a fraction of a sample', () => {
    const played = new Float32Array(96_000);
    played.set(
      meant.map((value) => value * 0.5),
      12_345,
    );
    const found = locate(played, meant);
    expect(found.offsetSamples).toBeCloseTo(12_345, 1);
    expect(found.correlation).toBeGreaterThan(0.99);
  });

  it('finds a copy whose beginning was cut off', () => {
    const found = locate(meant.subarray(10_000), meant);
    expect(found.offsetSamples).toBeCloseTo(-10_000, 1);
  });

  it('does not find what is not there', () => {
    expect(locate(speechLike(7, 96_000), meant).correlation).toBeLessThan(0.2);
  });

  it('measures level and spectral distance', () => {
    const quieter = meant.map((value) => value * 0.5);
    expect(levelDb(meant) - levelDb(quieter)).toBeCloseTo(6.02, 1);
    expect(spectralDistanceDb(meant, meant)).toBeLessThan(1e-6);
    expect(spectralDistanceDb(meant, quieter)).toBeCloseTo(6.02, 1);
    const duller = meant.map((_, i) => ((meant[i] ?? 0) + (meant[i - 1] ?? 0) + (meant[i - 2] ?? 0) + (meant[i - 3] ?? 0)) / 4);
    expect(spectralDistanceDb(meant, duller)).toBeGreaterThan(0.5);
    expect(
      spectralDistanceDb(
        meant,
        meant.map((_, i) => Math.sin(i / 20) / 10),
      ),
    ).toBeGreaterThan(10);
  });
});
