import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_CLOCK_QUALITY, withBeatClock } from '../../../controller/speakers/clock-quality.ts';
import { isOfThePath, NO_ROUND_TRIP, type RoundTrip, withRoundTrip } from '../../../controller/speakers/round-trip.ts';

describe('round trip', () => {
  const measured = (samples: readonly number[], everyMs = 1000): RoundTrip =>
    samples.reduce((trip, ms, index) => withRoundTrip(trip, ms, index * everyMs), NO_ROUND_TRIP);

  test('median, distance from it and smallest of the last 32', () => {
    expect(measured([100, 180, 90])).toMatchObject({ samples: 3, medianMs: 100, minimumMs: 90 });
    expect(measured([100, 110, 90, 120]).deviationMs).toBeCloseTo((1.9 * (0 + 10 + 10)) / 3, 5);
    const trip = measured([100, 180, 90, 5000, ...new Array<number>(32).fill(120)]);
    expect(trip).toMatchObject({ samples: 36, medianMs: 120, deviationMs: 0, minimumMs: 120 });
    expect(trip.recent).toHaveLength(32);
  });

  test('a few polluted samples, a quarter of them and however late, do not count', () => {
    const clean = [0.6, 0.5, 0.7, 0.6, 0.4, 0.6, 0.8, 0.5, 0.6];
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), { maxLength: 3 }), fc.nat(), (late, seed) => {
        const samples = [...clean, ...late].map((ms, index) => ({ ms, key: Math.sin(seed + index) })).sort((a, b) => a.key - b.key);
        const { medianMs, deviationMs } = measured(samples.map(({ ms }) => ms));
        expect(medianMs).toBeLessThan(0.81);
        expect(deviationMs).toBeLessThan(0.5);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test('what is half an hour old is of another time', () => {
    const old = measured([300, 300, 300]);
    expect(withRoundTrip(old, 5, 31 * 60_000)).toMatchObject({ samples: 1, medianMs: 5, minimumMs: 5 });
  });

  test('what our own loop was late for is not the path’s', () => {
    expect(isOfThePath(90, 80)).toBe(false);
    expect(isOfThePath(0.6, 2)).toBe(true);
    expect(isOfThePath(110, 12)).toBe(true);
    // Nobody watches the loop yet.
    expect(isOfThePath(1, Infinity)).toBe(false);
  });

  test('ignores what is no round trip', () => {
    expect(withRoundTrip(NO_ROUND_TRIP, -1, 0)).toBe(NO_ROUND_TRIP);
    expect(withRoundTrip(NO_ROUND_TRIP, Number.NaN, 0)).toBe(NO_ROUND_TRIP);
  });
});

describe('the controller’s view of a speaker’s clock', () => {
  /** Beats from a clock that is `offMs` ahead of the speaker's own estimate, over a path of 45 ms and more. */
  const seen = (offMs: number, roundTripMs: number | null, clockErrorMs = 10) => {
    let quality = NO_CLOCK_QUALITY;
    for (const jitterMs of [60, 0, 20, 130, 5]) {
      const sentMs = 1_790_000_000_000;
      quality = withBeatClock(
        quality,
        { t1Ms: 5000, clockOffsetMs: sentMs - 5000 + offMs, clockErrorMs, arrivedAtMs: sentMs + 45 + jitterMs },
        roundTripMs,
      );
    }
    return quality.contradictionMs;
  };

  test('a good estimate contradicts nothing, however late single beats are', () => {
    expect(seen(0, 95)).toBe(0);
    expect(seen(20, 95)).toBe(0);
    expect(seen(-30, 95)).toBe(0);
  });

  test('a beat that arrives before it was sent shows how early the speaker plays, at least', () => {
    expect(seen(300, 95)).toBe(-250);
  });

  test('a clock that has just gone wrong shows with the third beat, and one that was set right with the first', () => {
    const roundTripMs = 95;
    const beats = (offsMs: readonly number[]): number[] => {
      let quality = NO_CLOCK_QUALITY;
      return offsMs.map((offMs, index) => {
        const sentMs = 1_790_000_000_000 + index * 20_000;
        quality = withBeatClock(
          quality,
          { t1Ms: 0, clockOffsetMs: sentMs + offMs, clockErrorMs: 10, arrivedAtMs: sentMs + 45 },
          roundTripMs,
        );
        return quality.contradictionMs;
      });
    };
    expect(beats([0, 0, 0, 0, 0, 0, 0, 0, -300, -300, -300])).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 250]);
    expect(beats([0, 3_600_000, 0, 0])).toEqual([0, -3_599_955, 0, 0]);
  });

  test('a speaker that has not measured yet makes no claim', () => {
    expect(seen(300, 95, 1e6)).toBe(0);
  });

  test('a beat that takes longer than there and back shows how late it plays, at least; only when the round trip is known', () => {
    expect(seen(-300, 95)).toBe(255);
    expect(seen(-300, null)).toBe(0);
  });
});
