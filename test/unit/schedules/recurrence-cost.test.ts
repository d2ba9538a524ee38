import { describe, expect, it } from 'vitest';
import { faultOfRecurrence, occurrencesBetween, type Recurrence } from '../../../controller/schedules/recurrence.ts';
import { leastProcessorMs } from '../../support/processor-time.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 28);
/** Below this the measure is noise. */
const NOISE_MS = 10;

const when = (rrule: string): Recurrence => ({
  rrule,
  dailyTimes: undefined,
  timeZone: 'Asia/Ho_Chi_Minh',
  startsOn: '2026-01-01',
  startTime: '05:00',
  until: undefined,
  exceptions: [],
});

describe('the cost of a legal rule', () => {
  it.each(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY', 'HOURLY'])('does not grow with the years that COUNT and INTERVAL reach (%s)', (freq) => {
    const cost = (interval: number, count: number): number => {
      const recurrence = when(`FREQ=${freq};INTERVAL=${interval};COUNT=${count}`);
      return leastProcessorMs(() => {
        faultOfRecurrence(recurrence);
        occurrencesBetween(recurrence, NOW_MS, NOW_MS + 400 * DAY_MS, 3);
      }, 1);
    };
    // Warm: zones, the compiler.
    cost(1, 5);
    const [nearMs, farMs] = [cost(99, 99), cost(9999, 9999)];
    expect(farMs, `${nearMs.toFixed(1)} ms for 99 x 99, ${farMs.toFixed(1)} ms for 9999 x 9999`).toBeLessThan(
      8 * Math.max(NOISE_MS, nearMs),
    );
  });

  it('that has a COUNT is that of what it has played, and what it plays is the same as without one', () => {
    const fromMs = NOW_MS;
    const all = occurrencesBetween(when('FREQ=DAILY'), Date.UTC(2025, 11, 31), NOW_MS + 400 * DAY_MS);
    const counted = occurrencesBetween(when('FREQ=DAILY;COUNT=400'), fromMs, NOW_MS + 400 * DAY_MS);
    expect(counted).toEqual(all.slice(0, 400).filter((instant) => instant >= fromMs));
    expect(occurrencesBetween(when('FREQ=DAILY;COUNT=5'), fromMs, NOW_MS + 400 * DAY_MS)).toEqual([]);
  });
});
