import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceiptFigures } from '../../../../controller/broadcasts/heard.ts';
import { sentSecondsOf } from '../../../../controller/broadcasts/levels.ts';
import { MissedEmergency, type Surroundings } from '../../../../controller/broadcasts/make-up/missed-emergency.ts';
import { PoleSilences } from '../../../../controller/broadcasts/make-up/pole-silences.ts';
import { ReceiptShelf } from '../../../../controller/broadcasts/make-up/receipt-shelf.ts';
import { outcomesOf } from '../../../../controller/broadcasts/outcomes.ts';
import type { BroadcastRecord } from '../../../../controller/broadcasts/record.ts';
import type { SentStretch } from '../../../../controller/protocol/sent-sound.ts';

const T = 1_795_000_000_000;
const S = 1000;
const LENGTH_S = 12;
const DELAY_MS = 200;
const PASS = { fromMs: T, untilMs: T + LENGTH_S * S };
const SENT: SentStretch = { ...PASS, positionMs: 0, db: Array(LENGTH_S).fill(-20) };
const RECORD = {
  ...{ broadcastId: 'b', clusterIds: ['a'], passes: [PASS], positionMs: LENGTH_S * S, class: 'emergency', status: 'finished' },
  ...{ startedAtMs: T + DELAY_MS, endedAtMs: PASS.untilMs, validForMs: 1_800_000 },
} as unknown as BroadcastRecord;

const level = fc.constantFrom(-19, -25, -38, -41, -90, -120, null);
const receipt = fc
  .record({
    heardFromS: fc.constantFrom(0, 0, 0, 0.05, 3),
    heardUntilS: fc.constantFrom(LENGTH_S, LENGTH_S, LENGTH_S, 7),
    amplifierOk: fc.constantFrom(true, true, true, false),
    currentMa: fc.constantFrom(undefined, 0, 9, 10, 400),
    mutedByConfigMs: fc.constantFrom(0, 0, 5000),
    levels: fc.option(fc.array(level, { minLength: 1, maxLength: LENGTH_S }), { nil: undefined }),
    levelsFromS: fc.nat(6),
  })
  .map(({ heardFromS, heardUntilS, levels, levelsFromS, ...figures }): ReceiptFigures => {
    const heard = { fromMs: T + heardFromS * S, untilMs: T + heardUntilS * S };
    return {
      ...figures,
      ...{ clusterId: 'a', heard: [heard], playedMs: heard.untilMs - heard.fromMs, concealedMs: 0, final: true },
      ...{ firstSoundAtMs: heard.fromMs + DELAY_MS, lastSoundAtMs: heard.untilMs + DELAY_MS },
      levels: levels && [{ fromMs: T + levelsFromS * S, db: levels }],
    };
  });
const fault = fc.option(fc.record({ fromS: fc.integer({ min: -5, max: 20 }), lengthS: fc.nat(20) }), { nil: undefined });

describe('whether a pole heard an emergency', () => {
  it('is the same for the outcomes and for who makes up for it, whatever its receipts and its faults say', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(receipt, fault, (figures, cut) => {
        const silences = new PoleSilences();
        if (cut) silences.raised('a', 'line_open', T + cut.fromS * S);
        if (cut) silences.cleared('a', 'line_open', T + (cut.fromS + cut.lengthS) * S);
        const shelf = new ReceiptShelf();
        shelf.expect('b');
        shelf.noteSent('b', SENT);
        shelf.put('b', figures);
        const missed = new MissedEmergency(RECORD, []);
        const able = { hamletId: 'h', isSuperseded: false, isConnected: true, cause: null, ableSinceMs: 0, faults: [] };
        const surroundings: Surroundings = {
          pole: () => ({ ...able, isStillSilencedBy: () => false }),
          told: (broadcastId) => shelf.of(broadcastId),
          silences: (clusterId, faults) => silences.of(clusterId, faults),
          busy: [],
        };
        const isWhole = missed.state(surroundings, PASS.untilMs).poles[0]?.isWhole;
        const [missing] = missed.missing(surroundings);
        const [outcome] = outcomesOf({
          clusters: [{ clusterId: 'a', clusterName: 'A', hamletId: 'h' }],
          giving: { passes: [PASS], airedMs: LENGTH_S * S, seconds: sentSecondsOf([SENT]), receipts: [figures] },
          silences: new Map([['a', silences.of('a', [])]]),
          ...{ makeUps: [], causes: new Map(), endedAtMs: PASS.untilMs, nowMs: PASS.untilMs + S },
        });
        expect(isWhole).toBe(outcome?.outcome === 'whole');
        if (outcome?.outcome !== 'whole' && outcome?.outcome !== 'muted') expect(missing?.cause).toEqual(outcome?.cause);
        seen.add(`${outcome?.outcome} ${outcome?.cause?.code}`);
      }),
      { numRuns: 1000 },
    );
    // Not all the same.
    for (const one of ['whole undefined', 'none no_current', 'none amplifier_failed', 'part silent_receiver', 'part muted'])
      expect([...seen]).toContain(one);
  });
});

describe('levels of a pole, gathered over its receipts', () => {
  const told = (fromS: number, db: number[], final = false, firstSoundAtMs = T + DELAY_MS): ReceiptFigures => ({
    ...{ clusterId: 'a', firstSoundAtMs, lastSoundAtMs: T + 12_200, playedMs: 12_000, concealedMs: 0, mutedByConfigMs: 0 },
    ...{ heard: [PASS], final, levels: [{ fromMs: T + fromS * S, db }] },
  });
  const levelsOf = (shelf: ReceiptShelf) =>
    shelf
      .of('b')
      .receipts.get('a')
      ?.map(({ levels }) => levels);

  it('are those of all of one play, each second once, however often a receipt comes', () => {
    const shelf = new ReceiptShelf();
    shelf.expect('b');
    for (const one of [told(0, [-90, -90]), told(0, [-90, -90]), told(0, [-90, -90, -21]), told(3, [-20], true), told(9, [-1])])
      shelf.put('b', one);
    expect(levelsOf(shelf)).toEqual([
      [
        { fromMs: T, db: [-90, -90, -21] },
        { fromMs: T + 3 * S, db: [-20] },
      ],
    ]);
  });

  it('are no more than a lying pole may take of the memory: its newest plays, two hours of each', () => {
    const shelf = new ReceiptShelf();
    shelf.expect('b');
    for (let second = 0; second < 1000; second++) shelf.put('b', told(second, [-20]));
    expect(levelsOf(shelf)?.[0]).toHaveLength(128);
    for (let play = 0; play < 1000; play++) shelf.put('b', told(0, [-20], true, T + play));
    expect(levelsOf(shelf)).toHaveLength(50);
  });
});
