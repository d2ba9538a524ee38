import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LevelLog } from '../../../speaker-firmware-sim/speaker/level-log.ts';

const T = 1_795_000_000_000;

describe('levels of a receipt', () => {
  it('tell each second in which sound came out once, over however many receipts, in a few bytes', () => {
    const pieces = fc.array(fc.record({ holeMs: fc.nat(30_000), lengthMs: fc.integer({ min: 10, max: 90_000 }), tells: fc.boolean() }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(pieces, (all) => {
        const log = new LevelLog();
        const expected = new Set<number>();
        const taken: ReturnType<LevelLog['take']> = [];
        let atMs = T;
        for (const { holeMs, lengthMs, tells } of all) {
          atMs += holeMs;
          for (let ms = 0; ms < lengthMs; ms += 10) {
            log.add(atMs + ms, -20, 10);
            expected.add(Math.floor((atMs + ms) / 1000));
          }
          atMs += lengthMs;
          if (tells) taken.push(...log.take(false));
        }
        taken.push(...log.take(true));
        const told = taken.flatMap(({ fromMs, db }) => db.flatMap((level, index) => (level === null ? [] : [fromMs / 1000 + index])));
        expect(told).toEqual([...expected].sort((one, other) => one - other));
        expect(taken.every(({ db }) => db.length <= 120 && db[0] !== null)).toBe(true);
        expect(log.take(true)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('of a minute take less than five bytes a second', () => {
    const log = new LevelLog();
    for (let ms = 0; ms < 60_000; ms += 10) log.add(T + ms, -20 - (ms % 7), 10);
    expect(JSON.stringify(log.take(true)).length / 60).toBeLessThan(5);
  });
});
