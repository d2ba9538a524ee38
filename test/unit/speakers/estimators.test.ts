import { describe, expect, test } from 'vitest';
import { NO_CLOCK_QUALITY, withBeatClock } from '../../../controller/speakers/clock-quality.ts';
import { NO_ROUND_TRIP, withRoundTrip } from '../../../controller/speakers/round-trip.ts';

describe('round trip', () => {
  test('median, mean distance from it and smallest of the last 32', () => {
    let trip = NO_ROUND_TRIP;
    for (const ms of [100, 180, 90]) trip = withRoundTrip(trip, ms);
    expect(trip).toMatchObject({ samples: 3, medianMs: 100, deviationMs: 30, minimumMs: 90 });
    trip = withRoundTrip(trip, 5000);
    expect(trip.medianMs).toBe(140);
    for (let count = 0; count < 32; count++) trip = withRoundTrip(trip, 120);
    expect(trip).toMatchObject({ samples: 36, medianMs: 120, deviationMs: 0, minimumMs: 120 });
    expect(trip.recentMs).toHaveLength(32);
  });

  test('ignores what is no round trip', () => {
    expect(withRoundTrip(NO_ROUND_TRIP, -1)).toBe(NO_ROUND_TRIP);
    expect(withRoundTrip(NO_ROUND_TRIP, Number.NaN)).toBe(NO_ROUND_TRIP);
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
