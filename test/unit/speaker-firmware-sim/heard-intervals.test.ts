import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeardIntervals } from '../../../speaker-firmware-sim/speaker/heard-intervals.ts';

describe('HeardIntervals', () => {
  it('joins holes of up to 100 ms and shows longer ones', () => {
    const heard = new HeardIntervals();
    for (const [fromMs, untilMs] of [
      [1000, 1010],
      [1010, 1500],
      [1600, 1700],
      [1801, 1900],
    ] as const)
      heard.add(fromMs, untilMs, 7000 + fromMs);
    expect(heard.list()).toEqual([
      { fromMs: 1000, untilMs: 1700 },
      { fromMs: 1801, untilMs: 1900 },
    ]);
  });

  it('shows a pause in which nothing was lost, too', () => {
    const heard = new HeardIntervals();
    heard.add(1000, 1500, 8000);
    heard.add(1500, 2000, 8601);
    heard.add(2000, 2500, 9300);
    expect(heard.list()).toEqual([
      { fromMs: 1000, untilMs: 1500 },
      { fromMs: 1500, untilMs: 2000 },
      { fromMs: 2000, untilMs: 2500 },
    ]);
  });

  it('puts sound of before the clock was set back in its place, without overlap', () => {
    const heard = new HeardIntervals();
    heard.add(5000, 6000, 10_000);
    heard.add(2000, 2010, 11_000);
    heard.add(2010, 5500, 11_010);
    expect(heard.list()).toEqual([
      { fromMs: 2000, untilMs: 5000 },
      { fromMs: 5000, untilMs: 6000 },
    ]);
  });

  it('never claims an instant that did not sound and lies in no short hole, never more than 64 pieces, always in order', () => {
    const blocks = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 300 })), { maxLength: 300 });
    fc.assert(
      fc.property(blocks, (steps) => {
        const heard = new HeardIntervals();
        const sounded: [number, number][] = [];
        let atMs = 0;
        for (const [pauseMs, lengthMs] of steps) {
          atMs += pauseMs;
          heard.add(atMs, atMs + lengthMs, 500 + atMs);
          sounded.push([atMs, atMs + lengthMs]);
          atMs += lengthMs;
        }
        const list = heard.list();
        expect(list.length).toBeLessThanOrEqual(64);
        list.forEach((interval, index) => {
          expect(interval.untilMs).toBeGreaterThan(interval.fromMs);
          if (index > 0) expect(interval.fromMs - (list[index - 1]?.untilMs ?? 0)).toBeGreaterThan(100);
          let coveredMs = interval.fromMs;
          for (const [fromMs, untilMs] of sounded) {
            if (untilMs <= coveredMs || fromMs > interval.untilMs) continue;
            expect(fromMs - coveredMs).toBeLessThanOrEqual(100);
            coveredMs = untilMs;
          }
          expect(coveredMs).toBeGreaterThanOrEqual(interval.untilMs);
        });
      }),
    );
  });
});
