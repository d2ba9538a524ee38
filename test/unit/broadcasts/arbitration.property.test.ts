import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AirEvent, channelClusters, type Decision, nextLookMs, step } from '../../../controller/broadcasts/arbitration.ts';
import { type AirState, claims, hasStarted, heldFor, overlap, SILENT_AIR } from '../../../controller/broadcasts/contender.ts';
import { BROADCAST_CLASSES, rankOf } from '../../../controller/protocol/broadcast-class.ts';

const CLUSTERS = ['a', 'b', 'c', 'd', 'e'];
const NAMES = Array.from({ length: 16 }, (_, index) => String(index));

type Command =
  | {
      type: 'admit';
      broadcastId: string;
      class: (typeof BROADCAST_CLASSES)[number];
      clusters: string[];
      dueInMs: number;
      latestStartMs: number;
      longestPauseMs: number;
      onPreempted: 'resume' | 'end';
      ready: boolean;
      flowsOn: boolean;
      isMakeUp: boolean;
      endsOlder: boolean;
    }
  | { type: 'hold'; broadcastId: string; clusters: string[]; forMs: number }
  | { type: 'ready'; broadcastId: string }
  | { type: 'end'; broadcastId: string }
  | { type: 'advance'; byMs: number };

const name = fc.constantFrom(...NAMES);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('admit' as const),
      broadcastId: name,
      class: fc.constantFrom(...BROADCAST_CLASSES),
      clusters: fc.subarray(CLUSTERS, { minLength: 1 }),
      dueInMs: fc.constantFrom(-500, 0, 0, 1000, 5000),
      latestStartMs: fc.constantFrom(0, 2000, 60_000),
      longestPauseMs: fc.constantFrom(3000, 60_000),
      onPreempted: fc.constantFrom('resume' as const, 'end' as const),
      ready: fc.boolean(),
      flowsOn: fc.boolean(),
      isMakeUp: fc.boolean(),
      endsOlder: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('hold' as const),
      broadcastId: name,
      clusters: fc.subarray(CLUSTERS),
      forMs: fc.constantFrom(0, 2000, 20_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('ready' as const), broadcastId: name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('end' as const), broadcastId: name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('advance' as const), byMs: fc.constantFrom(0, 500, 1000, 3000, 30_000) }) },
);

interface Seen {
  state: AirState;
  nowMs: number;
  event: AirEvent;
  before: AirState;
  decisions: readonly Decision[];
}

/** Runs the commands; an id is admitted once only, as the engine does it. */
function play(
  commands: readonly Command[],
  look: (seen: Seen) => void = () => undefined,
): { state: AirState; nowMs: number; order: number } {
  let state: AirState = SILENT_AIR;
  let nowMs = 1_000_000;
  let order = 0;
  const used = new Set<string>();
  for (const one of commands) {
    let event: AirEvent = { type: 'tick' };
    if (one.type === 'advance') nowMs += one.byMs;
    if (one.type === 'ready') event = { type: 'readied', broadcastId: one.broadcastId };
    if (one.type === 'hold')
      event = { type: 'held', broadcastId: one.broadcastId, clusterIds: new Set(one.clusters), untilMs: nowMs + one.forMs };
    if (one.type === 'end') event = { type: 'ended', broadcastId: one.broadcastId };
    if (one.type === 'admit') {
      if (used.has(one.broadcastId)) continue;
      used.add(one.broadcastId);
      order += 1;
      const { clusters, dueInMs, type: _, ...rest } = one;
      event = { type: 'admitted', contender: { ...rest, clusterIds: new Set(clusters), dueAtMs: nowMs + dueInMs, order } };
    }
    const before = state;
    const done = step(state, event, nowMs);
    state = done.state;
    look({ state, nowMs, event, before, decisions: done.decisions });
  }
  return { state, nowMs, order };
}

const commands = fc.array(command, { maxLength: 50 });
const SETTINGS = { numRuns: 1500, seed: 20261010 };

describe('arbitration, whatever happens', () => {
  it('lets at most one broadcast sound on a cluster, and the highest of those that claim it', () => {
    fc.assert(
      fc.property(commands, (list) => {
        play(list, ({ state }) => {
          const started = [...state.contenders.values()].filter(hasStarted);
          for (const clusterId of CLUSTERS) {
            const players = started.filter((contender) => contender.plays.has(clusterId));
            const claimants = started.filter((contender) => claims(contender, clusterId));
            const isFree = claimants.some((contender) => heldFor(state.holds, contender, clusterId) === undefined);
            expect(players.length).toBe(isFree ? 1 : 0);
            // An emergency, or one that sounded there before the hold, goes before whoever must not begin there.
            if (claimants.some((contender) => heldFor(state.holds, contender, clusterId) !== undefined)) continue;
            for (const claimant of claimants) expect(rankOf(players[0]?.class ?? 'normal')).toBeGreaterThanOrEqual(rankOf(claimant.class));
          }
        });
      }),
      SETTINGS,
    );
  });

  it('never lets a higher class wait for a lower one, nor anyone for nobody', () => {
    fc.assert(
      fc.property(commands, (list) => {
        play(list, ({ state, nowMs }) => {
          for (const contender of state.contenders.values()) {
            if (contender.phase === 'waiting' && (!contender.ready || contender.dueAtMs > nowMs)) continue;
            if (contender.phase === 'on_air') {
              expect(contender.plays.size).toBeGreaterThan(0);
              continue;
            }
            expect(contender.waitsFor.length).toBeGreaterThan(0);
            for (const id of contender.waitsFor) {
              if (state.holds.has(id)) continue;
              const other = state.contenders.get(id);
              expect(other, `${contender.broadcastId} waits for ${id}, which is gone`).toBeDefined();
              if (other) expect(rankOf(other.class)).toBeGreaterThanOrEqual(rankOf(contender.class));
            }
          }
        });
      }),
      SETTINGS,
    );
  });

  it('tells every change once: decisions retell the state, and nobody leaves without a word', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const told = new Map<string, string>();
        const over = new Set<string>();
        play(list, ({ state, before, event, decisions }) => {
          const allowed = new Set(before.contenders.keys());
          if (event.type === 'admitted') allowed.add(event.contender.broadcastId);
          for (const decision of decisions) {
            expect(allowed.has(decision.broadcastId)).toBe(true);
            expect(over.has(decision.broadcastId)).toBe(false);
            const was = told.get(decision.broadcastId);
            if (decision.do === 'start') expect(was).toBeUndefined();
            // Nobody is silenced in the instant in which it starts; everybody waits instead.
            if (decision.do === 'preempt') expect(was).toBe('on_air');
            // What was replaced by a newer emergency does not come back by itself.
            if (decision.do === 'preempt' || decision.do === 'resume')
              expect(state.contenders.get(decision.broadcastId)?.class).not.toBe('emergency');
            if (decision.do === 'resume') expect(was).toBe('preempted');
            if (decision.do === 'shift') expect(was).toBe('on_air');
            if (decision.do === 'end') expect(was).toMatch(/on_air|preempted/);
            if (decision.do === 'miss' || decision.do === 'refuse') expect(was).toBeUndefined();
            if (decision.do === 'start' || decision.do === 'resume') told.set(decision.broadcastId, 'on_air');
            if (decision.do === 'preempt') told.set(decision.broadcastId, 'preempted');
            if (decision.do === 'end' || decision.do === 'miss' || decision.do === 'refuse') over.add(decision.broadcastId);
          }
          if (event.type === 'ended' && before.contenders.has(event.broadcastId)) over.add(event.broadcastId);
          for (const id of allowed) expect(state.contenders.has(id)).toBe(!over.has(id));
          for (const contender of state.contenders.values())
            if (hasStarted(contender)) expect(told.get(contender.broadcastId)).toBe(contender.phase);
        });
      }),
      SETTINGS,
    );
  });

  it('brings every broadcast to an end: whoever plays ends some day, and then nobody is left', () => {
    fc.assert(
      fc.property(commands, (list) => {
        let { state, nowMs } = play(list);
        for (let round = 0; state.contenders.size > 0; round += 1) {
          expect(round).toBeLessThan(100);
          const playing = [...state.contenders.values()].find((contender) => contender.phase === 'on_air');
          if (playing) {
            state = step(state, { type: 'ended', broadcastId: playing.broadcastId }, nowMs).state;
          } else {
            const lookMs = nextLookMs(state, nowMs);
            expect(lookMs).toBeDefined();
            nowMs = Math.max(nowMs, lookMs ?? nowMs);
            state = step(state, { type: 'tick' }, nowMs).state;
          }
        }
      }),
      SETTINGS,
    );
  });

  it('is deterministic, leaves its input alone, and has nothing to say before the instant it asks to be called at', () => {
    fc.assert(
      fc.property(commands, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const log: unknown[] = [];
        const copy: unknown[] = [];
        play(list, ({ decisions, state }) => log.push(structuredClone({ decisions, state })));
        play(list, ({ decisions, state, before, event, nowMs }) => {
          const frozen = structuredClone(before);
          step(before, event, nowMs);
          expect(before).toEqual(frozen);
          const lookMs = nextLookMs(state, nowMs) ?? nowMs + 1e9;
          if (lookMs > nowMs) {
            const idle = step(state, { type: 'tick' }, nowMs + (lookMs - nowMs) * share * 0.999);
            expect(idle.decisions).toEqual([]);
          }
          copy.push(structuredClone({ decisions, state }));
        });
        expect(copy).toEqual(log);
      }),
      { ...SETTINGS, numRuns: 400 },
    );
  });

  it('never puts a speaker on the channels of two equals that have both started', () => {
    fc.assert(
      fc.property(commands, (list) => {
        play(list, ({ state }) => {
          for (const one of state.contenders.values()) {
            for (const other of state.contenders.values()) {
              if (one === other || one.class !== other.class || !hasStarted(one) || !hasStarted(other) || !overlap(one, other)) continue;
              const others = channelClusters(state, other.broadcastId);
              expect([...channelClusters(state, one.broadcastId)].filter((clusterId) => others.has(clusterId))).toEqual([]);
            }
            for (const clusterId of one.plays) expect(channelClusters(state, one.broadcastId).has(clusterId)).toBe(true);
          }
        });
      }),
      SETTINGS,
    );
  });

  it('lets nothing lower begin on a held cluster, silences nobody for a hold, and lets no emergency wait for one', () => {
    fc.assert(
      fc.property(commands, (list) => {
        play(list, ({ state, before, event }) => {
          const held = (clusterId: string) => [...state.holds.values()].some((hold) => hold.clusterIds.has(clusterId));
          for (const contender of state.contenders.values()) {
            const was = before.contenders.get(contender.broadcastId)?.plays ?? new Set();
            const begun = [...contender.plays].filter((clusterId) => !was.has(clusterId));
            if (contender.class !== 'emergency') expect(begun.filter(held)).toEqual([]);
            else expect(contender.waitsFor.filter((id) => !state.contenders.has(id))).toEqual([]);
            if (event.type === 'held') expect([...was].filter((clusterId) => !contender.plays.has(clusterId))).toEqual([]);
            // Whose sound flows has no speaker where it may not sound.
            if (
              contender.class === 'emergency' ||
              (contender.phase !== 'on_air' && !(contender.phase === 'preempted' && contender.flowsOn))
            )
              continue;
            for (const clusterId of channelClusters(state, contender.broadcastId))
              if (held(clusterId)) expect(contender.plays.has(clusterId)).toBe(true);
          }
        });
      }),
      SETTINGS,
    );
  });
});
