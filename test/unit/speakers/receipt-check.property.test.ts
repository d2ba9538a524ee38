import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceiptFigures } from '../../../controller/broadcasts/heard.ts';
import { sentSecondsOf } from '../../../controller/broadcasts/levels.ts';
import { MissedEmergency, type Surroundings } from '../../../controller/broadcasts/make-up/missed-emergency.ts';
import { figuresOf, ReceiptShelf } from '../../../controller/broadcasts/make-up/receipt-shelf.ts';
import { outcomesOf } from '../../../controller/broadcasts/outcomes.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { clusterOutcome } from '../../../controller/protocol/broadcasts.ts';
import { type Receipt, receipt as receiptSchema } from '../../../controller/protocol/speaker-control.ts';
import { readMessage } from '../../../controller/speakers/message-reader.ts';
import { faultOfReceipt, type SentBroadcast } from '../../../controller/speakers/receipt-check.ts';

const NOW_MS = 1_795_000_000_000;
const broadcastId = randomUUID();
const sentFor = (sentMs: number, changes: Partial<SentBroadcast> = {}): SentBroadcast => ({
  ...{ class: 'normal', clusterIds: ['a', 'b'], startedAtMs: NOW_MS - 5000 - sentMs, endedAtMs: NOW_MS - 5000, positionMs: sentMs },
  ...changes,
});
const honest = (sentMs: number, changes: Partial<Receipt> = {}): Receipt => ({
  ...{ receiptId: randomUUID(), broadcastId, channelId: broadcastId },
  ...{ firstSoundAtMs: NOW_MS - 5000 - sentMs, lastSoundAtMs: NOW_MS - 5000, playedMs: sentMs, concealedMs: 0, fecMs: 0 },
  ...{ mutedMs: 0, mutedByConfigMs: 0, preemptedMs: 0, packetsReceived: 10, packetsLost: 0, packetsLate: 0, packetsRepaired: 0 },
  ...{ maxSyncErrorMs: 0.2, meanOutputLevelDb: -20, amplifierOk: true, final: true },
  heard: [{ fromMs: NOW_MS - 6000 - sentMs, untilMs: NOW_MS - 6000 }],
  ...changes,
});
const levelsOf = (seconds: number, levelDb: number | null = -20, fromS = -66) => ({
  fromMs: NOW_MS + fromS * 1000,
  db: Array<number | null>(seconds).fill(levelDb),
});
const faultOf = (receipt: Receipt, sent: SentBroadcast | undefined, clusterId = 'a') =>
  faultOfReceipt(receipt, clusterId, sent, NOW_MS)?.is ?? 'fits';

describe('a receipt against what was sent', () => {
  it.each<[string, Receipt, SentBroadcast | undefined, string]>([
    ['what was sent, heard', honest(60_000), sentFor(60_000), 'fits'],
    ['a part of it', honest(20_000), sentFor(60_000), 'fits'],
    ['an emergency on its standing channel', honest(9000, { channelId: 'emergency' }), sentFor(9000, { class: 'emergency' }), 'fits'],
    ['what a stop that the pole did not hear of left in its buffer', honest(16_000), sentFor(1500), 'fits'],
    ['interim, while it is on the air', honest(60_000, { final: false }), sentFor(60_000, { endedAtMs: null, positionMs: 0 }), 'fits'],
    [
      'nothing but muted',
      honest(0, { mutedMs: 60_000, mutedByConfigMs: 60_000, firstSoundAtMs: 0, lastSoundAtMs: 0, heard: [] }),
      sentFor(60_000),
      'fits',
    ],
    [
      'a broadcast during which our clock was set back by an hour',
      honest(60_000, { lastSoundAtMs: NOW_MS - 3_605_000 }),
      sentFor(60_000, { endedAtMs: NOW_MS - 3_605_000 }),
      'fits',
    ],
    ['a broadcast that never was', honest(1000), undefined, 'false'],
    ['another hamlet’s', honest(1000), sentFor(1000, { clusterIds: ['b'] }), 'false'],
    ['on the emergency’s channel', honest(1000, { channelId: 'emergency' }), sentFor(1000), 'false'],
    ['ten minutes of what was stopped after 1.5 s', honest(600_000), sentFor(1500), 'false'],
    ['more than between its first and last sound', honest(60_000, { lastSoundAtMs: NOW_MS - 60_000 }), sentFor(60_000), 'false'],
    ['a day before', honest(60_000, { firstSoundAtMs: NOW_MS - 86_400_000 }), sentFor(60_000), 'false'],
    ['a day after', honest(60_000, { lastSoundAtMs: NOW_MS + 86_400_000 }), sentFor(60_000), 'false'],
    ['what was never on the air', honest(1000), sentFor(1000, { startedAtMs: null }), 'false'],
    ['what is not on the air yet', honest(1000), sentFor(0, { startedAtMs: null, endedAtMs: null }), 'early'],
    ['heard, but not played', honest(0, { heard: [{ fromMs: 1, untilMs: 1000 }] }), sentFor(60_000), 'false'],
    ['levels of all of it', honest(60_000, { levels: [levelsOf(60)] }), sentFor(60_000), 'fits'],
    ['levels of more than was sent', honest(60_000, { levels: Array(8).fill(levelsOf(120)) }), sentFor(60_000), 'false'],
    ['levels of nothing, for longer than was sent', honest(1000, { levels: Array(8).fill(levelsOf(120, null)) }), sentFor(1000), 'false'],
    ['levels of another day', honest(60_000, { levels: [levelsOf(60, -20, -86_400)] }), sentFor(60_000), 'false'],
    ['heard for a year', honest(60_000, { heard: [{ fromMs: 1, untilMs: 4e10 }] }), sentFor(60_000), 'false'],
  ])('%s', (_, receipt, sent, expected) => {
    expect(receiptSchema.safeParse(receipt).success).toBe(true);
    expect(faultOf(receipt, sent)).toBe(expected);
  });

  it('takes whatever an honest pole can have: pieces, holes, concealment, any share of it muted or pre-empted', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 14_400_000 }), part, part, part, (sentMs, played, muted, concealed) => {
        const playedMs = sentMs * played;
        const mutedMs = (sentMs - playedMs) * muted;
        const receipt = honest(sentMs, {
          ...{ playedMs, mutedMs, preemptedMs: sentMs - playedMs - mutedMs, concealedMs: playedMs * concealed },
          ...(playedMs === 0 ? { heard: [], firstSoundAtMs: 0, lastSoundAtMs: 0 } : {}),
        });
        expect(faultOf(receipt, sentFor(sentMs))).toBe('fits');
      }),
    );
  });
});

/** Numbers that have hurt somebody: edges, infinities as JSON writes them, fractions, negatives. */
const anyNumber = fc.oneof(
  fc.double({ noNaN: false }),
  fc.constantFrom(1.7e308, -1.7e308, 5e-324, -0, 0, 4e12, 8.64e15, 2 ** 53, 2 ** 32, 2_678_400_000, NOW_MS - 60_000, NOW_MS),
);
const anything = fc.oneof(anyNumber, fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null), fc.constant(broadcastId));
const instant = fc.oneof(anyNumber, fc.double({ min: 0, max: 4e12, noNaN: true }));
const pieces = fc.array(fc.record({ fromMs: instant, untilMs: instant }), { maxLength: 70 });
const level = fc.oneof({ weight: 8, arbitrary: fc.option(fc.integer({ min: -120, max: 20 })) }, anything);
const second = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -200, max: 60 }).map((s) => NOW_MS + s * 1000) }, instant);
const levels = fc.array(fc.record({ fromMs: second, db: fc.array(level, { maxLength: 130 }) }), { maxLength: 9 });
const fitting = fc.array(fc.record({ fromMs: second, db: fc.array(fc.option(fc.integer({ min: -120, max: 20 })), { minLength: 1 }) }));
/** Mostly what the schema lets through: only that is left to the check. */
function lieIn(field: keyof Receipt): fc.Arbitrary<unknown> {
  const value = { amplifierCurrentMa: 0, ...honest(1000) }[field];
  if (field === 'levels') return fc.oneof({ weight: 4, arbitrary: fitting }, levels, anything);
  if (Array.isArray(value)) return fc.oneof({ weight: 4, arbitrary: pieces }, anything);
  if (typeof value === 'number') {
    const fits = fc.oneof(fc.double({ min: 0, max: 2.6e9, noNaN: true }), fc.nat(), fc.constantFrom(1.7e308, 2_678_400_000));
    return fc.oneof({ weight: 4, arbitrary: fits }, anything);
  }
  return anything;
}

describe('a speaker that lies', () => {
  const fields = Object.keys(receiptSchema.shape) as (keyof Receipt)[];
  const sent = sentFor(60_000);
  const loud = { fromMs: NOW_MS - 65_000, untilMs: NOW_MS - 5000, positionMs: 0, db: Array(60).fill(-20) };
  const clusters = ['a', 'b'].map((clusterId) => ({ clusterId, clusterName: clusterId, hamletId: 'h' }));
  const outcomes = (receipts: ReceiptFigures[], endedAtMs: number | null) =>
    outcomesOf({
      ...{ clusters, giving: { passes: [], airedMs: 60_000, seconds: sentSecondsOf([loud]), receipts }, makeUps: [], causes: new Map() },
      ...{ endedAtMs, nowMs: NOW_MS },
    });
  const neighbour = { ...honest(60_000), clusterId: 'b' };
  /** Whether the neighbour heard it, as who makes up for it sees that. */
  const isNeighbourWhole = (lies: readonly Receipt[]): boolean | undefined => {
    const shelf = new ReceiptShelf();
    shelf.expect(broadcastId);
    shelf.noteSent(broadcastId, loud);
    for (const one of lies) shelf.put(broadcastId, figuresOf('a', one));
    shelf.put(broadcastId, figuresOf('b', neighbour));
    const record = {
      broadcastId,
      clusterIds: ['a', 'b'],
      passes: [{ fromMs: NOW_MS - 60_000, untilMs: NOW_MS - 8000 }],
      status: 'finished',
    };
    const able = { hamletId: 'h', isSuperseded: false, isConnected: true, cause: null, ableSinceMs: 0, faults: [] };
    const surroundings: Surroundings = {
      pole: () => ({ ...able, isStillSilencedBy: () => false }),
      told: (id) => shelf.of(id),
      silences: () => [],
      busy: [],
    };
    return new MissedEmergency(record as unknown as BroadcastRecord, []).state(surroundings, NOW_MS).poles[1]?.isWhole;
  };

  it.each(fields)('in %s and anything beside changes no row but its own, and nobody’s answer becomes unreadable', (field) => {
    const beside = fc.option(fc.constantFrom(...fields).chain((name) => fc.tuple(fc.constant(name), lieIn(name))));
    const lies = fc.array(fc.record({ lie: lieIn(field), beside }), { maxLength: 3 });
    fc.assert(
      fc.property(lies, (told) => {
        const taken = told.flatMap(({ lie, beside }): Receipt[] => {
          const message = JSON.parse(JSON.stringify({ ...honest(60_000), ...(beside ? { [beside[0]]: beside[1] } : {}), [field]: lie }));
          const read = receiptSchema.safeParse(message);
          const knownAs = read.success && read.data.broadcastId === broadcastId ? sent : undefined;
          return read.success && !faultOfReceipt(read.data, 'a', knownAs, NOW_MS) ? [read.data] : [];
        });
        const [own, other] = outcomes([...taken.map((one) => figuresOf('a', one)), neighbour], sent.endedAtMs);
        expect(other).toEqual(outcomes([neighbour], sent.endedAtMs)[1]);
        expect(clusterOutcome.parse(JSON.parse(JSON.stringify(own)))).toEqual(own);
        expect(isNeighbourWhole(taken)).toBe(true);
        for (const { playedMs, heard, levels = [] } of taken) {
          expect(levels.reduce((sum, { db }) => sum + db.length, 0)).toBeLessThan(90);
          expect(playedMs).toBeLessThan(90_000);
          expect(heard.reduce((sum, piece) => sum + Math.max(0, piece.untilMs - piece.fromMs), 0)).toBeLessThan(90_000);
        }
      }),
    );
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['levels far out of range', { levels: [{ fromMs: NOW_MS, db: [1e308, -1e308] }] }, 'taken without'],
    ['levels that are words', { levels: [{ fromMs: NOW_MS, db: ['NaN', 'Infinity'] }] }, 'taken without'],
    ['levels from within a second', { levels: [{ fromMs: NOW_MS + 0.5, db: [-20] }] }, 'taken without'],
    ['levels that are no list', { levels: { length: 1e9 } }, 'taken without'],
    [
      'a thousand chunks',
      {
        levels: Array(1000)
          .fill({ fromMs: NOW_MS, db: [0] })
          .slice(0, 400),
      },
      'taken without',
    ],
    ['a million levels', { levels: [{ fromMs: NOW_MS, db: Array(1e6).fill(-20) }] }, 'too_large'],
    ['a current below nothing', { amplifierCurrentMa: -5 }, 'taken without'],
    ['a current of a power station', { amplifierCurrentMa: 1e308 }, 'taken without'],
    ['no current', { amplifierCurrentMa: 'NaN' }, 'taken without'],
    ['odd levels, and something played that is no number', { levels: 1, playedMs: 'all' }, 'malformed'],
  ])('of old or broken firmware, with %s, keeps what else it proves', (_, odd, expected) => {
    const reading = readMessage(JSON.stringify({ v: 1, seq: 1, type: 'receipt', receipt: { ...honest(60_000), ...odd } }));
    if (!reading.ok) return expect(reading.code).toBe(expected);
    if (reading.message.type !== 'receipt') throw new Error('it is a receipt');
    const { levels, amplifierCurrentMa, ...rest } = reading.message.receipt;
    expect({ levels, amplifierCurrentMa, expected }).toEqual({ expected: 'taken without' });
    expect(rest).toMatchObject({ playedMs: 60_000, amplifierOk: true });
  });
});
