import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CaptureInterval, hearingOf } from '../../../controller/broadcasts/hearing.ts';
import { HEARD_HOLE_MAX_MS } from '../../../controller/protocol/media.ts';

const at = (fromMs: number, untilMs: number): CaptureInterval => ({ fromMs, untilMs });

describe('what one pole heard of a message', () => {
  const pass = [at(1000, 5200)];

  it.each<[string, CaptureInterval[], boolean, number]>([
    ['all of it', [at(1000, 5200)], true, 4200],
    ['all but a packet at each end', [at(1100, 5100)], true, 4000],
    ['without its first word', [at(1300, 5200)], false, 3900],
    ['without its last word', [at(1000, 4900)], false, 3900],
    ['with a hole in the middle as long as a word', [at(1000, 2000), at(2500, 5200)], false, 3700],
    ['with a pause in which nothing was lost', [at(1000, 2000), at(2000, 5200)], false, 4200],
    ['nothing', [], false, 0],
    ['something else', [at(7000, 9000)], false, 0],
    ['a receipt that is turned around', [at(5200, 1000)], false, 0],
  ])('%s', (_, heard, isWhole, bestMs) => {
    expect(hearingOf(pass, heard)).toEqual({ isWhole, bestMs });
  });

  it('adds up the plays of a pole that was away for a blink, in any order', () => {
    expect(hearingOf(pass, [at(3000, 5200), at(1000, 3050)])).toEqual({ isWhole: true, bestMs: 4200 });
  });

  it('needs one pass whole: halves of two are halves', () => {
    const twice = [at(0, 4000), at(7000, 11_000)];
    expect(hearingOf(twice, [at(0, 2000), at(9000, 11_000)])).toEqual({ isWhole: false, bestMs: 2000 });
    expect(hearingOf(twice, [at(0, 2000), at(7000, 11_000)])).toEqual({ isWhole: true, bestMs: 4000 });
  });

  it('says nothing is whole while nothing was given to its end', () => {
    expect(hearingOf([], [at(0, 4000)])).toEqual({ isWhole: false, bestMs: 0 });
  });
});

const interval = (mostMs: number) =>
  fc.tuple(fc.nat(mostMs), fc.integer({ min: -5, max: 400 })).map(([fromMs, lengthMs]) => at(fromMs, fromMs + lengthMs));

/** Passes in order and apart, as the air gives them. */
const passes = fc.array(fc.tuple(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 300 })), { maxLength: 4 }).map((lengths) => {
  let nowMs = 0;
  return lengths.map(([lengthMs, pauseMs]) => {
    const pass = at(nowMs, nowMs + lengthMs);
    nowMs += lengthMs + pauseMs;
    return pass;
  });
});

/** Millisecond by millisecond: a piece goes on as long as one receipt has both this millisecond and the one before. */
function bruteForce(all: readonly CaptureInterval[], heard: readonly CaptureInterval[]) {
  const hears = (ms: number): boolean => heard.some((piece) => piece.fromMs <= ms && ms < piece.untilMs);
  const goesOn = (ms: number): boolean => heard.some((piece) => piece.fromMs < ms && ms < piece.untilMs);
  const pieces: CaptureInterval[] = [];
  for (let ms = 0; ms < 4000; ms++) {
    const last = pieces.at(-1);
    if (hears(ms) && !(goesOn(ms) && last)) pieces.push(at(ms, ms + 1));
    else if (hears(ms) && last) last.untilMs = ms + 1;
  }
  let isWhole = false;
  let bestMs = 0;
  for (const pass of all) {
    let heardMs = 0;
    for (let ms = pass.fromMs; ms < pass.untilMs; ms++) heardMs += hears(ms) ? 1 : 0;
    for (const piece of pieces.filter(({ fromMs, untilMs }) => fromMs < pass.untilMs && untilMs > pass.fromMs)) {
      if (piece.fromMs <= pass.fromMs + HEARD_HOLE_MAX_MS && piece.untilMs >= pass.untilMs - HEARD_HOLE_MAX_MS) isWhole = true;
    }
    bestMs = Math.max(bestMs, heardMs);
  }
  return { isWhole, bestMs };
}

it('agrees with counting millisecond by millisecond, whatever a device writes', () => {
  fc.assert(
    fc.property(passes, fc.array(interval(3000), { maxLength: 12 }), (all, heard) => {
      expect(hearingOf(all, heard)).toEqual(bruteForce(all, heard));
    }),
    { numRuns: 500 },
  );
});

it('never gets worse by hearing more', () => {
  fc.assert(
    fc.property(passes, fc.array(interval(3000), { maxLength: 12 }), interval(3000), (all, heard, more) => {
      const before = hearingOf(all, heard);
      const after = hearingOf(all, [...heard, more]);
      expect(after.bestMs).toBeGreaterThanOrEqual(before.bestMs);
      if (before.isWhole) expect(after.isWhole).toBe(true);
    }),
  );
});
