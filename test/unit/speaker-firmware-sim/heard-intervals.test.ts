import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeardIntervals } from '../../../speaker-firmware-sim/speaker/heard-intervals.ts';

describe('HeardIntervals', () => {
  it('joins holes of up to 100 ms and shows longer ones', () => {
    const heard = new HeardIntervals();
    heard.add(1000, 1010);
    heard.add(1010, 1500);
    heard.add(1600, 1700);
    heard.add(1801, 1900);
    expect(heard.list()).toEqual([
      { fromMs: 1000, untilMs: 1700 },
      { fromMs: 1801, untilMs: 1900 },
    ]);
  });

  it('puts sound of before the clock was set back in its place', () => {
    const heard = new HeardIntervals();
    heard.add(5000, 6000);
    heard.add(2000, 2010);
    heard.add(2010, 5500);
    expect(heard.list()).toEqual([{ fromMs: 2000, untilMs: 6000 }]);
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
          heard.add(atMs, atMs + lengthMs);
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
