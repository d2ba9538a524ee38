import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentSecondsOf, silentSeconds } from '../../../controller/broadcasts/levels.ts';
import { outcomesOf } from '../../../controller/broadcasts/outcomes.ts';
import { programmeOf } from '../../../controller/broadcasts/programme.ts';
import type { SentStretch } from '../../../controller/protocol/sent-sound.ts';
import type { LevelChunk } from '../../../controller/protocol/speaker-control.ts';

const T = 1_795_000_000_000;
const S = 1000;
const sentFrom = (second: number, db: number[]): SentStretch => ({
  fromMs: T + second * S,
  untilMs: T + (second + db.length) * S,
  positionMs: null,
  db,
});
const told = (second: number, db: (number | null)[]): LevelChunk => ({ fromMs: T + second * S, db });
const level = fc.integer({ min: -120, max: 0 });
const seconds = (stretches: readonly { fromMs: number; untilMs: number }[]): number[] =>
  stretches.flatMap(({ fromMs, untilMs }) =>
    Array.from({ length: Math.round((untilMs - fromMs) / S) }, (_, index) => (fromMs - T) / S + index),
  );

describe('what a pole says of its sound against what was sent', () => {
  it('finds nothing where it agrees within a few dB, whatever its clock does to the edges of seconds', () => {
    const shifted = fc.record({ db: fc.array(level, { minLength: 1, maxLength: 60 }), offDb: fc.integer({ min: -15, max: 15 }) });
    fc.assert(
      fc.property(shifted, fc.constantFrom(-1, 0, 1), ({ db, offDb }, shift) => {
        const chunk = told(
          shift,
          db.map((one) => Math.max(-120, one + offDb)),
        );
        expect(silentSeconds(sentSecondsOf([sentFrom(0, db)]), [chunk])).toEqual([]);
      }),
    );
  });

  it('never calls a second silent in which nothing was sent, or of which the pole said nothing', () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 40 }), fc.array(fc.option(level), { maxLength: 40 }), (db, answer) => {
        const silent = seconds(silentSeconds(sentSecondsOf([sentFrom(0, db)]), answer.length > 0 ? [told(0, answer)] : []));
        for (const second of silent) {
          expect(db[second]).toBeGreaterThanOrEqual(-50);
          expect(answer.length).toBeGreaterThan(second);
          // Null: nothing came out.
          expect(answer[second] ?? -120).toBeLessThan((db[second] ?? 0) - 20);
        }
      }),
    );
  });

  it('finds silence within what was sent, but for a second at each of its edges', () => {
    const sent = sentSecondsOf([sentFrom(0, Array(15).fill(-20)), sentFrom(15, Array(15).fill(-20))]);
    const silence = [...Array(10).fill(-20), ...Array(12).fill(-120), ...Array(8).fill(-20)];
    expect(seconds(silentSeconds(sent, [told(0, silence)]))).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    // Told in two receipts, one of them twice.
    const twice = [told(0, silence.slice(0, 14)), told(0, silence.slice(0, 14)), told(14, silence.slice(14))];
    expect(seconds(silentSeconds(sent, twice))).toHaveLength(10);
    expect(silentSeconds(sent, [])).toEqual([]);
  });

  const judged = (levels: LevelChunk[] | undefined, isMessage: boolean) => {
    const sent = [sentFrom(0, Array(30).fill(-20))];
    const whole = { fromMs: T, untilMs: T + 30 * S };
    const [one] = outcomesOf({
      clusters: [{ clusterId: 'a', clusterName: 'A', hamletId: 'h' }],
      giving: {
        ...(isMessage ? { passes: [whole] } : { passes: [], programme: programmeOf(sent, whole) }),
        ...{ airedMs: 30 * S, seconds: sentSecondsOf(sent) },
        receipts: [
          {
            ...{ clusterId: 'a', firstSoundAtMs: T + S, lastSoundAtMs: T + 31 * S, playedMs: 30 * S, concealedMs: 0, mutedByConfigMs: 0 },
            ...{ heard: [whole], final: true, levels },
          },
        ],
      },
      ...{ makeUps: [], causes: new Map(), endedAtMs: T + 32 * S, nowMs: T + 33 * S },
    });
    return `${one?.outcome} ${one?.cause?.code ?? '-'} ${one?.evidence ?? '-'}`;
  };

  it.each([false, true])('is the outcome, with how much its word is worth (a message that was given whole: %s)', (isMessage) => {
    expect(judged([told(0, Array(30).fill(-22))], isMessage)).toBe('whole - levels');
    expect(judged(undefined, isMessage)).toBe('whole - played');
    expect(judged([told(0, Array(30).fill(-120))], isMessage)).toMatch(/^none silent_receiver/);
    expect(judged([told(0, [...Array(15).fill(-20), ...Array(15).fill(-120)])], isMessage)).toBe('part silent_receiver levels');
  });
});
