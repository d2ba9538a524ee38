import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';
import { Oscillator } from '../../../speaker-firmware-sim/speaker/oscillator.ts';

const START_MS = 1_790_000_000_000;
const make = (driftPpm: number, wanderPpm = 0.02, seed = 'o'): Oscillator =>
  new Oscillator({ driftPpm, wanderPpm, offsetMs: 250, startTrueMs: START_MS, random: createRandom(seed) });

describe('Oscillator', () => {
  it('is its own inverse within a nanosecond or so, forwards and a little back', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.array(fc.double({ min: -100, max: 400, noNaN: true }), { maxLength: 100 }),
        (driftPpm, steps) => {
          const oscillator = make(driftPpm);
          let trueMs = START_MS + 1000;
          for (const step of steps) {
            trueMs = Math.max(START_MS, trueMs + step);
            expect(Math.abs(oscillator.trueMsOfPhase(oscillator.phaseMs(trueMs)) - trueMs)).toBeLessThan(0.001);
            expect(Math.abs(oscillator.trueMsOfLocal(oscillator.localMs(trueMs)) - trueMs)).toBeLessThan(0.001);
          }
        },
      ),
      { seed: 1 },
    );
  });

  it('drifts by its constant rate and wanders about it', () => {
    const steady = make(30, 0);
    expect(steady.phaseMs(START_MS + 1_000_000) - START_MS).toBeCloseTo(1_000_030, 1);
    const rates = Array.from({ length: 200 }, (_, seed) => {
      const oscillator = make(0, 0.1, `w${seed}`);
      oscillator.phaseMs(START_MS + 100_000);
      return oscillator.ratePpm;
    });
    const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + rate * rate, 0) / rates.length);
    expect(deviation).toBeGreaterThan(0.8);
    expect(deviation).toBeLessThan(1.2);
  });

  it('jumps as a clock and not as a DAC when it is stepped; a new drift begins where the old one ended', () => {
    const oscillator = make(10, 0);
    const before = oscillator.phaseMs(START_MS + 5000);
    const local = oscillator.localMs(START_MS + 5000);
    oscillator.step(40);
    expect(oscillator.phaseMs(START_MS + 5000)).toBe(before);
    expect(oscillator.localMs(START_MS + 5000)).toBeCloseTo(local + 40, 6);
    oscillator.setDrift(START_MS + 5500, -200);
    expect(oscillator.phaseMs(START_MS + 5500)).toBeCloseTo(START_MS + 5500 + 0.055, 3);
    expect(oscillator.phaseMs(START_MS + 15_500) - oscillator.phaseMs(START_MS + 5500)).toBeCloseTo(9998, 2);
  });
});
