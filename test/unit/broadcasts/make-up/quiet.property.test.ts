import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide, type Pole, RECEIPTS_PATIENCE_MS } from '../../../../controller/broadcasts/make-up/decide.ts';
import { hamletsKeptQuiet, QUIET_WITHOUT_PASS_MS, type QuietState } from '../../../../controller/broadcasts/make-up/quiet.ts';

const ENDED_MS = 1_000_000;
const CLUSTERS = ['a1', 'a2', 'b1', 'b2', 'c1'];
const HAMLETS = ['a', 'b', 'c'];

const anyPole = fc.record({
  clusterId: fc.constantFrom(...CLUSTERS),
  isWhole: fc.boolean(),
  isSuperseded: fc.boolean(),
  owesReceipt: fc.boolean(),
  isBroken: fc.boolean(),
  ableSinceMs: fc.option(fc.integer({ min: ENDED_MS - 20_000, max: ENDED_MS + 20_000 })),
  passes: fc.nat(3),
});
const anyState: fc.Arbitrary<QuietState> = fc
  .record({
    validUntilMs: fc.constantFrom(ENDED_MS + 5000, ENDED_MS + 1_800_000),
    isStopped: fc.boolean(),
    notBeforeMs: fc.constantFrom(0, ENDED_MS + 20_000),
    poles: fc.uniqueArray(anyPole, { selector: (pole) => pole.clusterId, minLength: 1 }),
    givingTo: fc.subarray(CLUSTERS, { maxLength: 2 }),
    passesBefore: fc.boolean(),
    busy: fc.subarray(CLUSTERS, { maxLength: 1 }),
  })
  .map(({ poles, busy, passesBefore, ...state }) => ({
    ...state,
    firstEndedAtMs: ENDED_MS,
    absentUntilMs: 0,
    lastEndedAtMs: passesBefore ? ENDED_MS + 15_000 : ENDED_MS,
    isGiving: state.givingTo.length > 0,
    poles: poles.map(
      (pole): Pole => ({ ...pole, hamletId: pole.clusterId.slice(0, 1), ableSinceMs: pole.isBroken ? null : pole.ableSinceMs }),
    ),
    busy: busy.map((clusterId) => ({ clusterId, hamletId: clusterId.slice(0, 1) })),
  }));

it('keeps hamlets quiet where a pass is given or comes in a moment, and nobody else once all have answered', () => {
  fc.assert(
    fc.property(anyState, fc.integer({ min: 0, max: 40_000 }), (state, sinceEndMs) => {
      const nowMs = ENDED_MS + sinceEndMs;
      const quiet = hamletsKeptQuiet(state, nowMs);
      const isOver = state.isStopped || nowMs >= state.validUntilMs;
      if (isOver) expect([...quiet]).toEqual([]);
      if (isOver) return;
      const missing = state.poles.filter((pole) => !pole.isWhole && !pole.isSuperseded && pole.ableSinceMs !== null);
      const given = state.poles.filter((pole) => state.givingTo.includes(pole.clusterId)).map((pole) => pole.hamletId);
      for (const hamletId of given) expect([...quiet]).toContain(hamletId);
      // Nobody is waited for who can't sound, has heard it, was told something newer, or had its pass.
      const mayWait = new Set([...given, ...missing.map((pole) => pole.hamletId)]);
      const isJudged =
        sinceEndMs >= RECEIPTS_PATIENCE_MS ||
        !state.poles.some((pole) => !pole.isWhole && !pole.isSuperseded && pole.owesReceipt && !pole.isBroken);
      if (isJudged) for (const hamletId of quiet) expect([...mayWait]).toContain(hamletId);
      if (isJudged && missing.every((pole) => pole.passes > 0)) expect(new Set(quiet)).toEqual(new Set(given));
      if (sinceEndMs >= QUIET_WITHOUT_PASS_MS) expect(new Set(quiet)).toEqual(new Set(given));
      // Whom the desk gives a first pass to right after the emergency, nobody has begun to sound beside.
      const next = decide(state, nowMs);
      if (next.do !== 'give' || sinceEndMs >= QUIET_WITHOUT_PASS_MS) return;
      for (const pole of state.poles) {
        if (next.clusterIds.includes(pole.clusterId) && pole.passes === 0) expect([...quiet]).toContain(pole.hamletId);
      }
    }),
    { numRuns: 3000 },
  );
});

it('keeps all hamlets quiet until the last pole that could sound has answered, and none afterwards when all heard it', () => {
  const poles: Pole[] = CLUSTERS.map((clusterId) => ({
    ...{ clusterId, hamletId: clusterId.slice(0, 1), isWhole: true, isSuperseded: false, owesReceipt: false },
    ...{ isBroken: false, ableSinceMs: 0, passes: 0 },
  }));
  const state: QuietState = {
    ...{ firstEndedAtMs: ENDED_MS, lastEndedAtMs: ENDED_MS, validUntilMs: ENDED_MS + 1_800_000 },
    ...{ absentUntilMs: 0, isStopped: false, isGiving: false, notBeforeMs: 0, givingTo: [], busy: [], poles },
  };
  expect([...hamletsKeptQuiet(state, ENDED_MS + 1)]).toEqual([]);
  const [first, ...others] = poles;
  const unanswered: Pole = { ...(first as Pole), isWhole: false, owesReceipt: true };
  expect([...hamletsKeptQuiet({ ...state, poles: [unanswered, ...others] }, ENDED_MS + 1)].sort()).toEqual(HAMLETS);
  // It stood still for a while, as far as anybody can tell: it may have heard nothing, and answers in a moment.
  const silent: Pole = { ...unanswered, ableSinceMs: null };
  expect([...hamletsKeptQuiet({ ...state, poles: [silent, ...others] }, ENDED_MS + 1)].sort()).toEqual(HAMLETS);
  const broken: Pole = { ...silent, isBroken: true };
  expect([...hamletsKeptQuiet({ ...state, poles: [broken, ...others] }, ENDED_MS + 1)]).toEqual([]);
});

it('after our own absence keeps quiet for those who have not been back yet, and then long enough for their pass', () => {
  const backMs = ENDED_MS + 60_000;
  const [first, ...others] = CLUSTERS.map(
    (clusterId): Pole => ({
      ...{ clusterId, hamletId: clusterId.slice(0, 1), isWhole: true, isSuperseded: false, owesReceipt: false },
      ...{ isBroken: false, ableSinceMs: backMs - 5000, passes: 0 },
    }),
  );
  const away: Pole = { ...(first as Pole), isWhole: false, owesReceipt: true, ableSinceMs: null };
  const state: QuietState = {
    ...{ firstEndedAtMs: ENDED_MS, lastEndedAtMs: ENDED_MS, validUntilMs: ENDED_MS + 1_800_000, absentUntilMs: backMs },
    ...{ isStopped: false, isGiving: false, notBeforeMs: 0, givingTo: [], busy: [], poles: [away, ...others] },
  };
  expect([...hamletsKeptQuiet(state, backMs - 1)].sort()).toEqual(HAMLETS);
  expect([...hamletsKeptQuiet(state, backMs)]).toEqual([]);
  // It came back, and had missed it.
  const missed: Pole = { ...away, owesReceipt: false, ableSinceMs: backMs - 1000 };
  expect([...hamletsKeptQuiet({ ...state, poles: [missed, ...others] }, backMs)]).toEqual(['a']);
  // We went down in the middle of its pass.
  const cutOff = { ...state, lastEndedAtMs: ENDED_MS + 30_000 };
  expect([...hamletsKeptQuiet(cutOff, backMs - 1)]).toEqual(['a']);
});
