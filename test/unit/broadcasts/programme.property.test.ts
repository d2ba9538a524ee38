import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceiptFigures } from '../../../controller/broadcasts/heard.ts';
import { outcomesOf } from '../../../controller/broadcasts/outcomes.ts';
import { heardOfProgramme, programmeOf } from '../../../controller/broadcasts/programme.ts';
import type { SentStretch } from '../../../controller/protocol/sent-sound.ts';

const T = 1_795_000_000_000;
const LOUD = -20;
const SILENT = -120;
const S = 1000;

/** Live sound from second `from` on, one level for each second. */
const live = (from: number, db: number[]): SentStretch => ({
  fromMs: T + from * S,
  untilMs: T + (from + db.length) * S,
  positionMs: null,
  db,
});
const seconds = (count: number, db: number): number[] => Array.from({ length: count }, () => db);
const at = (from: number, until: number) => ({ fromMs: T + from * S, untilMs: T + until * S });

/** By brute force, second by second. */
function bruteForce(stretches: SentStretch[], heard: ReturnType<typeof at>[]): { lengthMs: number; heardMs: number } {
  const due = new Set<number>();
  const came = new Set<number>();
  for (const { fromMs, positionMs, db } of stretches) {
    for (const [index, level] of db.entries()) {
      const captureMs = fromMs + index * S;
      const place = (positionMs ?? fromMs) + index * S;
      if (level < -50) continue;
      due.add(place);
      if (heard.some((piece) => piece.fromMs <= captureMs && piece.untilMs >= captureMs + S)) came.add(place);
    }
  }
  return { lengthMs: due.size * S, heardMs: came.size * S };
}

const level = fc.constantFrom(LOUD, SILENT, -51, -50);
const piece = fc.tuple(fc.nat(60), fc.nat(30)).map(([from, long]) => at(from, from + long));
/** A recording whose every going on begins at some place again, at most where it was. */
const recording = fc
  .array(fc.tuple(fc.nat(5), fc.nat(6), fc.array(level, { minLength: 1, maxLength: 12 })), { maxLength: 5 })
  .map((runs) => {
    let captureMs = T;
    let placeMs = 0;
    return runs.map(([pause, back, db]): SentStretch => {
      captureMs += pause * S;
      placeMs = Math.max(0, placeMs - back * S);
      const stretch = { fromMs: captureMs, untilMs: captureMs + db.length * S, positionMs: placeMs, db };
      captureMs = stretch.untilMs;
      placeMs += db.length * S;
      return stretch;
    });
  });

describe('the programme of a broadcast', () => {
  it('is what was louder than silence, each place once, and heard is what came out of it', () => {
    fc.assert(
      fc.property(recording, fc.array(piece, { maxLength: 6 }), (stretches, heard) => {
        const programme = programmeOf(stretches, at(0, 100));
        const expected = bruteForce(stretches, heard);
        expect(programme.lengthMs).toBeCloseTo(expected.lengthMs, 3);
        expect(heardOfProgramme(programme, heard)).toBeCloseTo(expected.heardMs, 3);
      }),
    );
  });

  it('does not grow by hearing something twice, and never exceeds what was sent', () => {
    fc.assert(
      fc.property(recording, fc.array(piece, { maxLength: 6 }), (stretches, heard) => {
        const programme = programmeOf(stretches, at(0, 100));
        const once = heardOfProgramme(programme, heard);
        expect(heardOfProgramme(programme, [...heard, ...heard])).toBeCloseTo(once, 3);
        expect(once).toBeLessThanOrEqual(programme.lengthMs + 0.001);
      }),
    );
  });

  it('holds what was on air and not noted before a kill, up to where the recording goes on', () => {
    const before = { ...live(0, seconds(15, LOUD)), positionMs: 0 };
    const after = { ...live(27, seconds(33, LOUD)), positionMs: 22 * S };
    expect(programmeOf([before, after], at(0, 60)).lengthMs).toBe(55 * S);
    expect(programmeOf([before, live(27, seconds(33, LOUD))], at(0, 60)).lengthMs).toBe(48 * S);
  });

  it('says how long its source was away; pauses of speech are none', () => {
    const talk = live(0, [...seconds(5, LOUD), ...seconds(4, SILENT), ...seconds(5, LOUD)]);
    expect(programmeOf([talk], at(0, 14))).toMatchObject({ lengthMs: 10 * S, awayMs: 0 });
    const station = live(0, [...seconds(45, LOUD), ...seconds(60, SILENT), ...seconds(45, LOUD)]);
    expect(programmeOf([station], at(0, 150))).toMatchObject({ lengthMs: 90 * S, awayMs: 60 * S });
    expect(programmeOf([live(0, seconds(150, SILENT))], at(0, 150))).toEqual({ pieces: [], lengthMs: 0, awayMs: 150 * S });
  });
});

describe('the outcome of a broadcast without passes', () => {
  const receipt = (fields: Partial<ReceiptFigures>): ReceiptFigures => ({
    ...{ clusterId: 'a', firstSoundAtMs: T + S, lastSoundAtMs: T + 151 * S, playedMs: 150 * S, concealedMs: 0, mutedByConfigMs: 0 },
    ...{ heard: [at(0, 150)], final: true },
    ...fields,
  });
  const judged = (sent: SentStretch[], receipts: ReceiptFigures[], isDueThroughout = false) => {
    const [one] = outcomesOf({
      clusters: [{ clusterId: 'a', clusterName: 'A', hamletId: 'h' }],
      giving: { passes: [], airedMs: 150 * S, programme: programmeOf(sent, at(0, 150)), isDueThroughout, receipts },
      ...{ makeUps: [], causes: new Map(), endedAtMs: T + 152 * S, nowMs: T + 153 * S },
    });
    return `${one?.outcome} ${one?.cause?.code ?? '-'} ${Math.round((one?.heardMs ?? 0) / S)}`;
  };

  it('is none where the source never gave a sound, whatever the poles played', () => {
    expect(judged([live(0, seconds(150, SILENT))], [receipt({})], true)).toBe('none source_silent 0');
  });

  it('is a part where a station was away, and all where somebody at a microphone was silent', () => {
    const gone = [live(0, [...seconds(45, LOUD), ...seconds(60, SILENT), ...seconds(45, LOUD)])];
    expect(judged(gone, [receipt({})], true)).toBe('part source_away 90');
    expect(judged(gone, [receipt({})])).toBe('whole - 90');
  });

  it('is a part for a pole that played only the silence beside half of the words', () => {
    const talk = [live(0, [...seconds(50, LOUD), ...seconds(72, SILENT), ...seconds(28, LOUD)])];
    expect(judged(talk, [receipt({ heard: [at(25, 150)], playedMs: 125 * S })])).toBe('part - 53');
    expect(judged(talk, [receipt({ heard: [at(0, 50), at(122, 150)], playedMs: 78 * S })])).toBe('whole - 78');
  });

  it('counts words once that were said twice, after a kill or by two channels', () => {
    // 150 s of a recording: killed at 80 s, gone on from 50 s.
    const first = { ...live(0, seconds(80, LOUD)), positionMs: 0 };
    const second = { ...live(90, seconds(100, LOUD)), positionMs: 50 * S };
    const twice = [receipt({ heard: [at(0, 80)], playedMs: 80 * S }), receipt({ heard: [at(90, 160)], playedMs: 70 * S })];
    expect(judged([first, second], twice)).toBe('part - 120');
    const all = [receipt({ heard: [at(0, 80)], playedMs: 80 * S }), receipt({ heard: [at(90, 190)], playedMs: 100 * S })];
    expect(judged([first, second], all)).toBe('whole - 150');
    const overlapping = [receipt({ heard: [at(0, 80)], playedMs: 80 * S }), receipt({ heard: [at(0, 70)], playedMs: 70 * S })];
    expect(judged([live(0, seconds(150, LOUD))], overlapping)).toBe('part - 80');
  });
});
