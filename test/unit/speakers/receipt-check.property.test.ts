import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomesOf, type ReceiptFigures } from '../../../controller/broadcasts/outcomes.ts';
import { clusterOutcome } from '../../../controller/protocol/broadcasts.ts';
import { type Receipt, receipt as receiptSchema } from '../../../controller/protocol/speaker-control.ts';
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
/** Mostly what the schema lets through: only that is left to the check. */
function lieIn(field: keyof Receipt): fc.Arbitrary<unknown> {
  const value = honest(1000)[field];
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
  const clusters = ['a', 'b'].map((clusterId) => ({ clusterId, clusterName: clusterId, hamletId: 'h' }));
  const outcomes = (receipts: ReceiptFigures[], endedAtMs: number | null) =>
    outcomesOf({
      ...{ clusters, giving: { passes: [], airedMs: 60_000, receipts }, makeUps: [], causes: new Map() },
      ...{ endedAtMs, nowMs: NOW_MS },
    });
  const neighbour = { ...honest(60_000), clusterId: 'b' };

  it.each(fields)('in %s and anything beside changes no row but its own, and nobody’s answer becomes unreadable', (field) => {
    const beside = fc.option(fc.constantFrom(...fields).chain((name) => fc.tuple(fc.constant(name), lieIn(name))));
    const lies = fc.array(fc.record({ lie: lieIn(field), beside }), { maxLength: 3 });
    fc.assert(
      fc.property(lies, (told) => {
        const taken = told.flatMap(({ lie, beside }): ReceiptFigures[] => {
          const message = JSON.parse(JSON.stringify({ ...honest(60_000), ...(beside ? { [beside[0]]: beside[1] } : {}), [field]: lie }));
          const read = receiptSchema.safeParse(message);
          const knownAs = read.success && read.data.broadcastId === broadcastId ? sent : undefined;
          return read.success && !faultOfReceipt(read.data, 'a', knownAs, NOW_MS) ? [{ ...read.data, clusterId: 'a' }] : [];
        });
        const [own, other] = outcomes([...taken, neighbour], sent.endedAtMs);
        expect(other).toEqual(outcomes([neighbour], sent.endedAtMs)[1]);
        expect(clusterOutcome.parse(JSON.parse(JSON.stringify(own)))).toEqual(own);
        for (const { playedMs, heard } of taken) {
          expect(playedMs).toBeLessThan(90_000);
          expect(heard.reduce((sum, piece) => sum + Math.max(0, piece.untilMs - piece.fromMs), 0)).toBeLessThan(90_000);
        }
      }),
    );
  });
});
