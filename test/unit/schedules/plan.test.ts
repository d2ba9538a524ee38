import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clashOf, type PlannedPlaying } from '../../../controller/broadcasts/index.ts';
import { type ScheduleDefinition, scheduleDefinition } from '../../../controller/protocol/schedules.ts';
import { hashOf, occurrenceId } from '../../../controller/schedules/occurrence-id.ts';
import {
  HAND_OVER_AHEAD_MS,
  type OccurrenceRow,
  PLAN_AHEAD_MS,
  type PlanActions,
  planSchedule,
  planWindow,
  unwanted,
} from '../../../controller/schedules/plan.ts';
import { occurrencesBetween } from '../../../controller/schedules/recurrence.ts';
import { withOverlaps } from '../../../controller/schedules/upcoming.ts';
import { leastProcessorMs } from '../../support/processor-time.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** 04:00 in the commune. */
const NIGHT_MS = Date.UTC(2026, 10, 21, 21, 0);

function schedule(fields: Record<string, unknown> = {}, changedAtMs = 0) {
  const definition: ScheduleDefinition = scheduleDefinition.parse({
    id: 'sang',
    name: 'Tin sáng',
    dailyTimes: ['05:00', '17:00'],
    content: { kind: 'relay', url: 'https://example.org/a', durationMs: MINUTE_MS },
    ...fields,
  });
  return { definition, definitionHash: hashOf(definition), changedAtMs };
}

function plan(inForce: ReturnType<typeof schedule>[], rows: readonly OccurrenceRow[], nowMs: number): PlanActions {
  const all: PlanActions = { add: [], handOver: [], miss: [], withdraw: [] };
  for (const one of inForce) {
    const { fromMs, toMs } = planWindow(one, nowMs);
    const own = rows.filter((row) => row.scheduleId === one.definition.id);
    const actions = planSchedule(one, occurrencesBetween(one.definition, fromMs, toMs), own, nowMs);
    all.add.push(...actions.add);
    all.handOver.push(...actions.handOver);
    all.miss.push(...actions.miss);
    all.withdraw.push(...actions.withdraw);
  }
  return all;
}

/** The store after the actions were carried out. */
function carriedOut(rows: readonly OccurrenceRow[], actions: PlanActions): OccurrenceRow[] {
  const table = new Map(rows.map((row) => [`${row.scheduleId} ${row.startsAtMs}`, { ...row }]));
  for (const row of actions.withdraw) table.set(`${row.scheduleId} ${row.startsAtMs}`, { ...row, status: 'withdrawn' });
  const put = (status: OccurrenceRow['status']) => (playing: PlanActions['add'][number]) => {
    const { id, startsAtMs, definition } = playing;
    table.set(`${definition.id} ${startsAtMs}`, {
      id,
      scheduleId: definition.id,
      startsAtMs,
      status,
      broadcastId: status === 'broadcast' ? id : null,
    });
  };
  actions.miss.forEach(put('missed'));
  actions.add.forEach(put('planned'));
  actions.handOver.forEach(put('broadcast'));
  return [...table.values()];
}

describe('planning', () => {
  it('writes down 48 hours and hands over what is near', () => {
    const first = plan([schedule()], [], NIGHT_MS);
    expect(first.add.map((playing) => new Date(playing.startsAtMs).toISOString())).toEqual([
      '2026-11-21T22:00:00.000Z',
      '2026-11-22T10:00:00.000Z',
      '2026-11-22T22:00:00.000Z',
      '2026-11-23T10:00:00.000Z',
    ]);
    expect(first.handOver).toEqual([]);
    const near = plan([schedule()], carriedOut([], first), NIGHT_MS + HOUR_MS - HAND_OVER_AHEAD_MS);
    expect(near.handOver.map((playing) => playing.startsAtMs)).toEqual([NIGHT_MS + HOUR_MS]);
  });

  it('starts late within the tolerance, and after it marks as missed', () => {
    const rows = carriedOut([], plan([schedule()], [], NIGHT_MS));
    const fiveMs = NIGHT_MS + HOUR_MS;
    expect(plan([schedule()], rows, fiveMs + 9 * MINUTE_MS).handOver).toHaveLength(1);
    const late = plan([schedule()], rows, fiveMs + 11 * MINUTE_MS);
    expect(late.handOver).toEqual([]);
    expect(late.miss.map((playing) => playing.startsAtMs)).toEqual([fiveMs]);
  });

  it('promises nothing for instants before the schedule was made', () => {
    const actions = plan([schedule({}, NIGHT_MS + HOUR_MS + MINUTE_MS)], [], NIGHT_MS + HOUR_MS + 2 * MINUTE_MS);
    expect([...actions.miss, ...actions.handOver]).toEqual([]);
  });

  it('takes a changed playing back and plans it anew under another id, but leaves what sounds', () => {
    const before = schedule();
    const atMs = NIGHT_MS + HOUR_MS - MINUTE_MS;
    const rows = carriedOut([], plan([before], [], atMs));
    const after = schedule({ gainDb: -3 }, atMs);
    const actions = plan([after], rows, atMs);
    expect(actions.withdraw.map((row) => row.startsAtMs)).toContain(NIGHT_MS + HOUR_MS);
    expect(actions.handOver.map((playing) => playing.id)).toEqual([occurrenceId('sang', NIGHT_MS + HOUR_MS, after.definitionHash)]);
    expect(plan([after], rows, NIGHT_MS + HOUR_MS + 1).withdraw.map((row) => row.startsAtMs)).not.toContain(NIGHT_MS + HOUR_MS);
  });

  it('leaves alone what a person skipped, and withdraws what nobody wants any more', () => {
    const rows = carriedOut([], plan([schedule({}, NIGHT_MS)], [], NIGHT_MS)).map((row, index) =>
      index === 0 ? { ...row, status: 'skipped' as const } : row,
    );
    const atMs = NIGHT_MS + HOUR_MS - MINUTE_MS;
    expect(plan([schedule({}, NIGHT_MS)], rows, atMs).handOver).toEqual([]);
    const gone = plan([schedule({ enabled: false }, NIGHT_MS)], rows, atMs);
    expect(gone.withdraw).toHaveLength(3);
    expect(gone.add).toEqual([]);
  });

  it('withdraws what a removed schedule has planned, until it sounds', () => {
    const at = NIGHT_MS + HOUR_MS - MINUTE_MS;
    const rows = carriedOut([], plan([schedule()], [], at));
    expect(unwanted(rows, at)).toHaveLength(4);
    expect(unwanted(rows, NIGHT_MS + HOUR_MS)).toHaveLength(3);
  });

  it('whenever and however often it looks, every instant is handed over once or missed once', () => {
    const looks = fc.array(fc.integer({ min: 1, max: 90 * MINUTE_MS }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(looks, fc.constantFrom(0, 5 * MINUTE_MS, HOUR_MS), (gaps, latestStartMs) => {
        const one = schedule({ latestStartMs }, NIGHT_MS);
        let rows: OccurrenceRow[] = [];
        let nowMs = NIGHT_MS;
        const handed = new Map<string, number>();
        for (const gap of gaps) {
          const actions = plan([one], rows, nowMs);
          for (const playing of [...actions.handOver, ...actions.miss]) handed.set(playing.id, (handed.get(playing.id) ?? 0) + 1);
          rows = carriedOut(rows, actions);
          // Planning again at once changes nothing.
          expect(plan([one], rows, nowMs)).toEqual({ add: [], handOver: [], miss: [], withdraw: [] });
          nowMs += gap;
        }
        expect([...handed.values()].every((count) => count === 1)).toBe(true);
        for (const row of rows) {
          const isPast = row.startsAtMs < nowMs - 90 * MINUTE_MS - latestStartMs;
          if (isPast) expect(['broadcast', 'missed']).toContain(row.status);
          expect(row.startsAtMs).toBeLessThanOrEqual(nowMs + PLAN_AHEAD_MS);
        }
      }),
      { numRuns: 60, seed: 20261010 },
    );
  });
});

describe('ids', () => {
  it('are stable, valid UUIDs, and do not depend on the order of fields', () => {
    const { definition, definitionHash } = schedule();
    const reordered = Object.fromEntries(Object.entries(definition).reverse()) as ScheduleDefinition;
    expect(hashOf(reordered)).toBe(definitionHash);
    expect(occurrenceId('sang', 1, definitionHash)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(occurrenceId('sang', 1, definitionHash)).not.toBe(occurrenceId('sang', 2, definitionHash));
  });
});

describe('overlaps, as arbitration would decide them', () => {
  const playing = (fields: Partial<PlannedPlaying>): PlannedPlaying => ({
    id: 'x',
    class: 'normal',
    clusterIds: ['a', 'b'],
    startsAtMs: 0,
    durationMs: 10 * MINUTE_MS,
    latestStartMs: undefined,
    onPreempted: 'resume',
    ...fields,
  });

  it.each([
    ['the later of equals waits', {}, { startsAtMs: 5 * MINUTE_MS }, { winner: 'one', loserThen: 'waits' }],
    [
      'or is missed when the earlier is long',
      { durationMs: 60 * MINUTE_MS },
      { startsAtMs: MINUTE_MS },
      { winner: 'one', loserThen: 'missed' },
    ],
    ['a higher class interrupts', {}, { class: 'priority' as const, startsAtMs: MINUTE_MS }, { winner: 'other', loserThen: 'resumes' }],
    [
      'for good, if it says so',
      { onPreempted: 'end' as const },
      { class: 'priority' as const, startsAtMs: MINUTE_MS },
      { winner: 'other', loserThen: 'ends' },
    ],
    [
      'a lower class under a higher waits',
      { class: 'priority' as const },
      { startsAtMs: MINUTE_MS },
      { winner: 'one', loserThen: 'waits' },
    ],
    [
      'a part of its clusters goes to the higher',
      {},
      { class: 'relay' as const, clusterIds: ['b', 'c'], startsAtMs: MINUTE_MS },
      { winner: 'other', loserThen: 'resumes' },
    ],
    [
      'at the same instant the higher class goes first, and the lower waits',
      { id: 'a' },
      { id: 'b', class: 'priority' as const },
      { winner: 'other', loserThen: 'waits' },
    ],
    ['other places do not meet', {}, { clusterIds: ['c'], startsAtMs: MINUTE_MS }, undefined],
    ['other times do not meet', {}, { startsAtMs: 10 * MINUTE_MS }, undefined],
  ])('%s', (_, one, other, expected) => {
    expect(clashOf(playing(one), playing(other))).toEqual(expected);
    const turned = clashOf(playing(other), playing(one));
    expect(turned && { ...turned, winner: turned.winner === 'one' ? 'other' : 'one' }).toEqual(expected);
  });

  it('of a very full hour name the first twenty, each with one look at the places', () => {
    const everywhere = Array.from({ length: 250 }, (_, index) => `c${index}`);
    const full = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        ...playing({ clusterIds: everywhere, startsAtMs: index * 1000 }),
        ...{ scheduleId: 's', status: 'planned' as const, broadcastId: null },
        ...{ occurrenceId: String(index).padStart(5, '0'), name: String(index) },
      }));
    expect(withOverlaps(full(60), clashOf).map((one) => one.overlaps.length)).toEqual(Array.from({ length: 60 }, () => 20));
    const [someMs, fourfoldMs] = [
      leastProcessorMs(() => withOverlaps(full(60), clashOf), 2),
      leastProcessorMs(() => withOverlaps(full(240), clashOf), 2),
    ];
    expect(fourfoldMs).toBeLessThan(9 * Math.max(4, someMs));
  });

  it('are shown on both sides', () => {
    const rest = { scheduleId: 's', status: 'planned' as const, broadcastId: null };
    const list = withOverlaps(
      [
        { ...playing({}), ...rest, occurrenceId: '1', name: 'Một' },
        { ...playing({ class: 'priority', startsAtMs: MINUTE_MS }), ...rest, occurrenceId: '2', name: 'Hai' },
        { ...playing({ startsAtMs: 2 * MINUTE_MS }), ...rest, occurrenceId: '3', name: 'Ba', status: 'skipped' },
      ],
      clashOf,
    );
    expect(list.map((one) => one.overlaps.map((other) => [other.name, other.winner, other.loserThen]))).toEqual([
      [['Hai', 'other', 'resumes']],
      [['Một', 'this', 'resumes']],
      [],
    ]);
  });
});
