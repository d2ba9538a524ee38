import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { clashOf } from '../../../controller/broadcasts/index.ts';
import { TestClock } from '../../../controller/clock.ts';
import { createOverlaps } from '../../../controller/schedules/overlaps-in-time.ts';
import { type UpcomingPlaying, withOverlaps } from '../../../controller/schedules/upcoming.ts';
import { leastProcessorMs } from '../../support/processor-time.ts';

const MINUTE_MS = 60_000;
const CLUSTERS = Array.from({ length: 40 }, (_, index) => `c-${index}`);

const places = fc.oneof(
  { arbitrary: fc.subarray(['c-0', 'c-1', 'c-2', 'c-33'], { minLength: 0 }), weight: 4 },
  fc.constant(CLUSTERS),
  fc.constant([]),
);
const playing: fc.Arbitrary<Omit<UpcomingPlaying, 'occurrenceId'>> = fc.record({
  scheduleId: fc.constant('s'),
  name: fc.constant('Tin'),
  class: fc.constantFrom('normal', 'relay', 'priority', 'live', 'emergency'),
  clusterIds: places,
  startsAtMs: fc.integer({ min: 0, max: 12 }).map((n) => n * MINUTE_MS),
  durationMs: fc.option(fc.integer({ min: 0, max: 8 }).map((n) => n * MINUTE_MS)),
  latestStartMs: fc.option(fc.constantFrom(0, 2 * MINUTE_MS, 30 * MINUTE_MS), { nil: undefined }),
  onPreempted: fc.constantFrom('resume', 'end'),
  status: fc.constantFrom('planned', 'broadcast', 'skipped'),
  broadcastId: fc.constant(null),
});
const list = fc
  .array(playing, { maxLength: 14 })
  .map((all) => all.map((one, index) => ({ ...one, occurrenceId: String(index).padStart(3, '0') })));

/** Every pair is put before arbitration as it is. */
function asArbitrationSays(playings: readonly UpcomingPlaying[]): Map<string, unknown[]> {
  const coming = playings.filter(({ status }) => status !== 'skipped');
  const sorted = coming.toSorted((one, other) => one.startsAtMs - other.startsAtMs || (one.occurrenceId < other.occurrenceId ? -1 : 1));
  return new Map(
    sorted.map((one) => [
      one.occurrenceId,
      sorted.flatMap((other) => {
        const met = one === other ? undefined : clashOf({ ...one, id: one.occurrenceId }, { ...other, id: other.occurrenceId });
        return met ? [{ occurrenceId: other.occurrenceId, winner: met.winner === 'one' ? 'this' : 'other', loserThen: met.loserThen }] : [];
      }),
    ]),
  );
}
const told = (occurrences: ReturnType<typeof withOverlaps>): Map<string, unknown[]> =>
  new Map(
    occurrences
      .filter(({ status }) => status !== 'skipped')
      .map(({ occurrenceId, overlaps }) => [
        occurrenceId,
        overlaps.map((other) => ({ occurrenceId: other.occurrenceId, winner: other.winner, loserThen: other.loserThen })),
      ]),
  );
const firstTwenty = (all: Map<string, unknown[]>) => new Map([...all].map(([id, others]) => [id, others.slice(0, 20)]));

describe('who meets whom', () => {
  it('is what arbitration says of every pair, wherever they play', () => {
    fc.assert(
      fc.property(list, (playings) => {
        expect(told(withOverlaps(playings, clashOf))).toEqual(firstTwenty(asArbitrationSays(playings)));
      }),
      {
        numRuns: 150,
      },
    );
  });

  it('costs the same in a large commune as in a small one', () => {
    const costMs = (clusters: number): number => {
      const schedules = Array.from({ length: 10 }, (_, n) => Array.from({ length: clusters }, (_, index) => `c-${n}-${index}`));
      const playings = Array.from({ length: 300 }, (_, n): UpcomingPlaying => {
        const common = { name: 'Tin', class: 'normal', onPreempted: 'resume', status: 'planned', broadcastId: null } as const;
        const when = { startsAtMs: n * 1000, durationMs: 10 * MINUTE_MS, latestStartMs: MINUTE_MS };
        return { ...common, ...when, occurrenceId: `o-${n}`, scheduleId: `s-${n % 10}`, clusterIds: schedules[n % 10] ?? [] };
      });
      return leastProcessorMs(() => withOverlaps(playings, clashOf), 2);
    };
    const [smallMs, largeMs] = [costMs(4), costMs(400)];
    expect(largeMs).toBeLessThan(5 * Math.max(20, smallMs));
  });

  it('is told while the thread gets no processor, and while it takes no more tasks', async () => {
    const [sample] = fc.sample(
      list.filter((all) => all.length > 8),
      { numRuns: 1, seed: 7 },
    );
    const playings = sample ?? [];
    const wanted = withOverlaps(playings, clashOf);
    const clock = new TestClock();
    const overlaps = (withOverlapsOf: () => Promise<never>) =>
      createOverlaps({ clock, logger: pino({ level: 'silent' }), clash: clashOf, computing: { withOverlaps: withOverlapsOf } });
    const starved = overlaps(() => new Promise(() => undefined));
    const both = Promise.all([starved(playings), starved(playings)]);
    await clock.advance(2000);
    expect(await both).toEqual([wanted, wanted]);
    expect(await overlaps(() => Promise.reject(new Error('busy')))(playings)).toEqual(wanted);
    expect(clock.pending()).toEqual([]);
  });
});
