import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decide,
  GATHER_MS,
  type MakeUpState,
  PASSES_MAX,
  type Pole,
  RECEIPTS_PATIENCE_MS,
} from '../../../../controller/broadcasts/make-up/decide.ts';

const ENDED_MS = 1_000_000;
const VALID_FOR_MS = 1_800_000;
const able = { ableSinceMs: 0 };

function pole(clusterId: string, fields: Partial<Pole> = {}): Pole {
  const hamletId = clusterId.slice(0, 1);
  return {
    clusterId,
    hamletId,
    isWhole: false,
    isSuperseded: false,
    owesReceipt: false,
    isBroken: false,
    ableSinceMs: null,
    passes: 0,
    ...fields,
  };
}

function state(poles: Pole[], fields: Partial<MakeUpState> = {}): MakeUpState {
  const now = { absentUntilMs: 0, isStopped: false, isGiving: false, notBeforeMs: 0, busy: [] };
  return { lastEndedAtMs: ENDED_MS, validUntilMs: ENDED_MS + VALID_FOR_MS, poles, ...now, ...fields };
}

describe('after an emergency', () => {
  it('judges nobody while its own absence may be why a pole has not answered', () => {
    const backMs = ENDED_MS + 20_000;
    const poles = [pole('a1', able), pole('a2', { owesReceipt: true })];
    const away = state(poles, { absentUntilMs: backMs });
    expect(decide(away, backMs - 1)).toEqual({ do: 'wait', untilMs: backMs, isJudged: false });
    expect(decide(away, backMs)).toEqual({ do: 'give', clusterIds: ['a1'] });
  });

  it('waits for what connected poles will say, but not longer than six seconds', () => {
    const poles = [pole('a1', able), pole('a2', { ...able, owesReceipt: true })];
    expect(decide(state(poles), ENDED_MS + 1000)).toEqual({ do: 'wait', untilMs: ENDED_MS + RECEIPTS_PATIENCE_MS, isJudged: false });
    expect(decide(state(poles), ENDED_MS + RECEIPTS_PATIENCE_MS)).toEqual({ do: 'give', clusterIds: ['a1', 'a2'] });
  });

  it('gives one common pass to those that missed it and can sound, as soon as all have spoken', () => {
    const poles = [pole('a1', { isWhole: true }), pole('a2', able), pole('b1'), pole('c1', able)];
    expect(decide(state(poles), ENDED_MS + 200)).toEqual({ do: 'give', clusterIds: ['a2', 'c1'] });
  });

  it('has nothing to do when all heard it', () => {
    expect(decide(state([pole('a1', { isWhole: true, ...able })]), ENDED_MS + 200)).toEqual({ do: 'over', why: 'done' });
  });

  it('gathers those that come back one after the other into one pass', () => {
    const back = ENDED_MS + 60_000;
    const poles = [pole('a1', { ableSinceMs: back }), pole('a2', { ableSinceMs: back + 2500 }), pole('a3', { ableSinceMs: back + 4000 })];
    expect(decide(state(poles), back + 4500)).toEqual({ do: 'wait', untilMs: back + GATHER_MS, isJudged: true });
    expect(decide(state(poles), back + GATHER_MS)).toEqual({ do: 'give', clusterIds: ['a1', 'a2'] });
  });

  it('never speaks beside a neighbour that says something else; the pole itself is taken over', () => {
    const poles = [pole('a1', able), pole('b1', able)];
    expect(decide(state(poles, { busy: [{ clusterId: 'a2', hamletId: 'a' }] }), ENDED_MS + 200)).toEqual({
      do: 'give',
      clusterIds: ['b1'],
    });
    expect(decide(state(poles, { busy: [{ clusterId: 'a1', hamletId: 'a' }] }), ENDED_MS + 200)).toMatchObject({
      clusterIds: ['a1', 'b1'],
    });
  });

  it('leaves a pole to the newer emergency that is for it', () => {
    expect(decide(state([pole('a1', { ...able, isSuperseded: true })]), ENDED_MS + 200)).toEqual({ do: 'over', why: 'done' });
  });
});

const HAMLETS = ['a', 'b'];
const anyPole = fc.record({
  clusterId: fc.constantFrom(...HAMLETS.flatMap((hamletId) => [1, 2, 3].map((n) => `${hamletId}${n}`))),
  isWhole: fc.boolean(),
  isSuperseded: fc.boolean(),
  owesReceipt: fc.boolean(),
  isBroken: fc.boolean(),
  ableSinceMs: fc.option(fc.integer({ min: ENDED_MS - 50_000, max: ENDED_MS + 50_000 })),
  passes: fc.nat(4),
});
const anyState = fc.record({
  lastEndedAtMs: fc.constant(ENDED_MS),
  validUntilMs: fc.integer({ min: ENDED_MS, max: ENDED_MS + 120_000 }),
  absentUntilMs: fc.constantFrom(0, ENDED_MS + 20_000),
  isStopped: fc.boolean(),
  isGiving: fc.boolean(),
  notBeforeMs: fc.integer({ min: ENDED_MS - 50_000, max: ENDED_MS + 50_000 }),
  poles: fc
    .uniqueArray(anyPole, { selector: (one) => one.clusterId, maxLength: 6 })
    .map((all) => all.map((one) => pole(one.clusterId, one))),
  busy: fc
    .array(fc.constantFrom('a1', 'a2', 'a3', 'b1', 'b2', 'b3'), { maxLength: 2 })
    .map((ids) => ids.map((clusterId) => ({ clusterId, hamletId: clusterId.slice(0, 1) }))),
});
const isQuiet = ({ busy }: MakeUpState, one: Pole): boolean =>
  busy.every((other) => other.hamletId !== one.hamletId || other.clusterId === one.clusterId);

it('in whatever state, gives only to whom it may and to all whom it must, and else says when to look again', () => {
  fc.assert(
    fc.property(anyState, fc.integer({ min: ENDED_MS, max: ENDED_MS + 150_000 }), (one, nowMs) => {
      const next = decide(one, nowMs);
      const mayGive = !one.isStopped && !one.isGiving && nowMs < one.validUntilMs && nowMs >= one.notBeforeMs;
      const given = next.do === 'give' ? next.clusterIds : [];
      const reachable = one.poles.filter(
        (each) => !each.isWhole && !each.isSuperseded && each.ableSinceMs !== null && each.passes < PASSES_MAX && isQuiet(one, each),
      );
      for (const clusterId of given) expect(reachable.map((each) => each.clusterId)).toContain(clusterId);
      if (next.do === 'give') {
        expect(mayGive).toBe(true);
        expect(given.length).toBeGreaterThan(0);
      }
      const isJudged =
        nowMs >= Math.max(ENDED_MS + RECEIPTS_PATIENCE_MS, one.absentUntilMs) || one.poles.every((each) => !each.owesReceipt);
      // Long enough there, and its pause since the last pass is over.
      const must = reachable.filter(
        (each) => nowMs - (each.ableSinceMs ?? 0) >= GATHER_MS && nowMs - ENDED_MS >= ([0, 5000, 30_000][each.passes] ?? 0),
      );
      if (mayGive && isJudged) for (const each of must) expect(given).toContain(each.clusterId);
      if (next.do === 'wait') {
        expect(next.untilMs).toBeGreaterThan(nowMs);
        expect(next.untilMs).toBeLessThanOrEqual(one.validUntilMs);
      }
    }),
    { numRuns: 3000 },
  );
});

/** A commune of six poles in which things happen at random; passes take ten seconds. */
const happening = fc.record({
  afterMs: fc.integer({ min: 100, max: 90_000 }),
  clusterId: fc.constantFrom('a1', 'a2', 'a3', 'b1', 'b2', 'b3'),
  what: fc.constantFrom('away', 'back', 'busy', 'quiet', 'newer', 'stop'),
});

it('over a whole half hour never gives a pole more than three passes, and leaves none out that could be reached', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 40 }),
      // Whether each pole hears its first, second and third pass.
      fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), { minLength: 6, maxLength: 6 }),
      (script, ears) => {
        const PASS_MS = 10_000;
        const poles = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'].map((clusterId) => pole(clusterId, able));
        const world = state(poles);
        const busy = new Set<string>();
        let givingTo: string[] = [];
        let nowMs = ENDED_MS;
        let eventMs = ENDED_MS;
        const events = script.map(({ afterMs, ...event }) => {
          eventMs += afterMs;
          return { ...event, atMs: eventMs };
        });
        let passEndsMs: number | undefined;
        let isOver = false;
        let lastEventMs = ENDED_MS;
        while (!isOver && nowMs <= world.validUntilMs) {
          world.busy = [...busy].map((clusterId) => ({ clusterId, hamletId: clusterId.slice(0, 1) }));
          const next = decide(world, nowMs);
          let lookMs = passEndsMs ?? Number.POSITIVE_INFINITY;
          if (next.do === 'over') isOver = true;
          if (next.do === 'wait') lookMs = Math.min(lookMs, next.untilMs);
          if (next.do === 'give') {
            givingTo = next.clusterIds;
            for (const one of poles) if (givingTo.includes(one.clusterId)) one.passes += 1;
            world.isGiving = true;
            passEndsMs = nowMs + PASS_MS;
            lookMs = passEndsMs;
          }
          nowMs = Math.min(lookMs, events[0]?.atMs ?? Number.POSITIVE_INFINITY);
          if (nowMs === passEndsMs) {
            poles.forEach((one, index) => {
              if (givingTo.includes(one.clusterId) && one.ableSinceMs !== null) one.isWhole ||= ears[index]?.[one.passes - 1] ?? false;
            });
            Object.assign(world, { isGiving: false, lastEndedAtMs: nowMs });
            passEndsMs = undefined;
          }
          while (events[0] && events[0].atMs <= nowMs) {
            const { what, clusterId, atMs } = events.shift() as (typeof events)[number];
            lastEventMs = atMs;
            const one = poles.find((each) => each.clusterId === clusterId) as Pole;
            if (what === 'away') one.ableSinceMs = null;
            if (what === 'back') one.ableSinceMs ??= nowMs;
            if (what === 'busy') busy.add(clusterId);
            if (what === 'quiet') busy.delete(clusterId);
            if (what === 'newer') one.isSuperseded = true;
            if (what === 'stop') world.isStopped = true;
          }
        }
        for (const one of poles) expect(one.passes).toBeLessThanOrEqual(PASSES_MAX);
        // What happens in the last minute may leave no time for another pass.
        if (world.isStopped || world.validUntilMs - lastEventMs < 60_000) return;
        for (const one of poles) {
          const isLeftOut = !one.isWhole && !one.isSuperseded && one.ableSinceMs !== null && one.passes < PASSES_MAX && isQuiet(world, one);
          expect(isLeftOut).toBe(false);
        }
      },
    ),
    { numRuns: 500 },
  );
});
