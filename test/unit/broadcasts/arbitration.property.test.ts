import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AirEvent, channelClusters, type Decision, nextLookMs, step } from '../../../controller/broadcasts/arbitration.ts';
import { type AirState, claims, hasStarted, overlap } from '../../../controller/broadcasts/contender.ts';
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
    }
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
  let state: AirState = new Map();
  let nowMs = 1_000_000;
  let order = 0;
  const used = new Set<string>();
  for (const one of commands) {
    let event: AirEvent = { type: 'tick' };
    if (one.type === 'advance') nowMs += one.byMs;
    if (one.type === 'ready') event = { type: 'readied', broadcastId: one.broadcastId };
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
          const started = [...state.values()].filter(hasStarted);
          for (const clusterId of CLUSTERS) {
            const players = started.filter((contender) => contender.plays.has(clusterId));
            const claimants = started.filter((contender) => claims(contender, clusterId));
            expect(players.length).toBe(claimants.length > 0 ? 1 : 0);
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
          for (const contender of state.values()) {
            if (contender.phase === 'waiting' && (!contender.ready || contender.dueAtMs > nowMs)) continue;
            if (contender.phase === 'on_air') {
              expect(contender.plays.size).toBeGreaterThan(0);
              continue;
            }
            expect(contender.waitsFor.length).toBeGreaterThan(0);
            for (const id of contender.waitsFor) {
              const other = state.get(id);
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
          const allowed = new Set(before.keys());
          if (event.type === 'admitted') allowed.add(event.contender.broadcastId);
          for (const decision of decisions) {
            expect(allowed.has(decision.broadcastId)).toBe(true);
            expect(over.has(decision.broadcastId)).toBe(false);
            const was = told.get(decision.broadcastId);
            if (decision.do === 'start') expect(was).toBeUndefined();
            // Only an older emergency may be silenced in the instant in which it starts; everybody else waits instead.
            if (decision.do === 'preempt' && was === undefined) expect(state.get(decision.broadcastId)?.class).toBe('emergency');
            if (decision.do === 'resume') expect(was).toBe('preempted');
            if (decision.do === 'shift') expect(was).toBe('on_air');
            if (decision.do === 'end') expect(was).toMatch(/on_air|preempted/);
            if (decision.do === 'miss' || decision.do === 'refuse') expect(was).toBeUndefined();
            if (decision.do === 'start' || decision.do === 'resume') told.set(decision.broadcastId, 'on_air');
            if (decision.do === 'preempt') told.set(decision.broadcastId, 'preempted');
            if (decision.do === 'end' || decision.do === 'miss' || decision.do === 'refuse') over.add(decision.broadcastId);
          }
          if (event.type === 'ended' && before.has(event.broadcastId)) over.add(event.broadcastId);
          for (const id of allowed) expect(state.has(id)).toBe(!over.has(id));
          for (const contender of state.values()) if (hasStarted(contender)) expect(told.get(contender.broadcastId)).toBe(contender.phase);
        });
      }),
      SETTINGS,
    );
  });

  it('brings every broadcast to an end: whoever plays ends some day, and then nobody is left', () => {
    fc.assert(
      fc.property(commands, (list) => {
        let { state, nowMs } = play(list);
        for (let round = 0; state.size > 0; round += 1) {
          expect(round).toBeLessThan(100);
          const playing = [...state.values()].find((contender) => contender.phase === 'on_air');
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
          for (const one of state.values()) {
            for (const other of state.values()) {
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
});
