import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockTime, dayDate, duration, localDay, minutesAndSeconds, nextInstantOf, weekday } from '../../../web-console/formats/time.ts';

/** 2026-11-22 22:30 UTC is 23/11/2026 05:30 in the commune: a Monday. */
const MONDAY_MORNING = Date.UTC(2026, 10, 22, 22, 30);

describe('dates and times are the commune’s, whatever zone the browser is in', () => {
  it('writes 24 hours and dd/MM/yyyy', () => {
    expect(clockTime(MONDAY_MORNING)).toBe('05:30');
    expect(dayDate(MONDAY_MORNING)).toBe('23/11/2026');
  });

  it('writes midnight as 00:00', () => {
    expect(clockTime(Date.UTC(2026, 10, 22, 17, 0))).toBe('00:00');
  });

  it('begins the week on Monday', () => {
    expect(weekday(MONDAY_MORNING)).toBe(0);
    expect(weekday(MONDAY_MORNING - 86_400_000)).toBe(6);
  });

  it('knows the local day', () => {
    expect(localDay(MONDAY_MORNING) - localDay(MONDAY_MORNING - 6 * 3_600_000)).toBe(1);
  });
});

describe('durations', () => {
  it.each([
    [0, '00:00'],
    [-5, '00:00'],
    [200_000, '03:20'],
    [3_800_999, '1:03:20'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('rounds a sentence to the nearest second', () => {
    expect(minutesAndSeconds(199_600)).toEqual({ minutes: 3, seconds: 20 });
  });
});

describe('a typed time of day', () => {
  it.each([
    ['17:00', '17:00'],
    ['5:05', '05:05'],
    ['17h30', '17:30'],
    [' 06.15 ', '06:15'],
  ])('understands %j', (typed, meant) => {
    expect(clockTime(nextInstantOf(typed, MONDAY_MORNING) ?? 0)).toBe(meant);
  });

  it.each(['', '24:00', '17:60', 'mai', '17', '1700000'])('refuses %j', (typed) => {
    expect(nextInstantOf(typed, MONDAY_MORNING)).toBeUndefined();
  });

  it('is always ahead, by a day at most, and means the minute that was typed', () => {
    const anyInstant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2036, 0, 1) });
    fc.assert(
      fc.property(anyInstant, fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (now, hour, minute) => {
        const typed = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
        const meant = nextInstantOf(typed, now) ?? 0;
        expect(meant).toBeGreaterThan(now);
        expect(meant - now).toBeLessThanOrEqual(86_400_000);
        expect(clockTime(meant)).toBe(typed);
      }),
    );
  });
});
