import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hamletDelay, type PathDelay } from '../../../controller/speakers/far-off.ts';

const NOBODY: ReadonlySet<string> = new Set();
const paths = (delays: readonly number[], usualMs = 100): PathDelay[] =>
  delays.map((delayMs, index) => ({ speakerId: `SPK-${index}`, delayMs, usualMs }));
const delay = fc.integer({ min: 10, max: 60 }).map((tens) => 10 * tens);
const hamlet = (minLength: number) => fc.array(delay, { minLength, maxLength: 40 });

describe('a hamlet plays together, but for the poles that are far off', () => {
  test('one pole of many that is slow does not make the others wait, and has what it needs itself', () => {
    const { commonMs, apart } = hamletDelay(paths([100, 100, 110, 600, 100]), NOBODY);
    expect(commonMs).toBe(110);
    expect([...apart]).toEqual([['SPK-3', 600]]);
  });

  test('whatever one pole needs, it moves the others by no more than their own spread or what is near enough to wait for', () => {
    fc.assert(
      fc.property(hamlet(2), fc.integer({ min: 0, max: 10_000 }), (others, oddMs) => {
        const aloneMs = Math.max(...others);
        const spreadMs = aloneMs - Math.min(...others);
        const { commonMs } = hamletDelay(paths([...others, oddMs]), NOBODY);
        expect(commonMs).toBeLessThanOrEqual(aloneMs + Math.max(100, 3 * spreadMs));
      }),
      { seed: 21, numRuns: 2000 },
    );
  });

  test('the delay suffices for everybody: the common one for those who share it, the own one for who is apart', () => {
    fc.assert(
      fc.property(hamlet(0), fc.array(fc.boolean(), { maxLength: 40 }), (delays, before) => {
        const all = paths(delays);
        const wasApart = new Set(all.filter((_, index) => before[index]).map(({ speakerId }) => speakerId));
        const { commonMs, apart } = hamletDelay(all, wasApart);
        for (const { speakerId, delayMs } of all) expect(apart.get(speakerId) ?? commonMs).toBeGreaterThanOrEqual(delayMs);
        for (const ownMs of apart.values()) expect(ownMs).toBeGreaterThan(commonMs);
        // Half of a hamlet is no minority.
        expect(apart.size).toBeLessThan(Math.max(1, all.length / 2 + (all.length === 2 ? 1 : 0)));
      }),
      { seed: 22, numRuns: 2000 },
    );
  });

  test('one pole is never apart; of two only one that is slow for its own kind of network', () => {
    expect(hamletDelay(paths([600]), NOBODY)).toEqual({ commonMs: 600, apart: new Map() });
    const cable = { speakerId: 'SPK-0', delayMs: 100, usualMs: 100 };
    const mobile = { speakerId: 'SPK-1', delayMs: 440, usualMs: 390 };
    expect(hamletDelay([cable, mobile], NOBODY)).toEqual({ commonMs: 440, apart: new Map() });
    expect(hamletDelay([cable, { ...mobile, usualMs: 100 }], NOBODY)).toEqual({ commonMs: 100, apart: new Map([['SPK-1', 440]]) });
    expect(hamletDelay([cable, { ...mobile, delayMs: 600 }], NOBODY).apart.size).toBe(1);
  });

  test('of three the odd one is apart, and two that are slow are waited for', () => {
    expect(hamletDelay(paths([100, 100, 440]), NOBODY)).toEqual({ commonMs: 100, apart: new Map([['SPK-2', 440]]) });
    expect(hamletDelay(paths([100, 440, 440]), NOBODY)).toEqual({ commonMs: 440, apart: new Map() });
  });

  test('who is apart stays so until it is clearly nearer: no pole flips between two delays', () => {
    const far = (delayMs: number, wasApart: boolean): boolean =>
      hamletDelay(paths([100, 100, 100, delayMs]), wasApart ? new Set(['SPK-3']) : NOBODY).apart.has('SPK-3');
    expect([far(160, false), far(170, false)]).toEqual([false, true]);
    expect([far(160, true), far(140, true), far(130, true)]).toEqual([true, true, false]);
  });
});
