import { describe, expect, it } from 'vitest';
import { type AirEvent, channelClusters, type Decision, nextLookMs, step } from '../../../controller/broadcasts/arbitration.ts';
import { type AirState, defaultLatestStartMs, defaultLongestPauseMs, SILENT_AIR } from '../../../controller/broadcasts/contender.ts';
import type { BroadcastClass } from '../../../controller/protocol/broadcast-class.ts';

/** A stage on which a story is told line by line. */
function stage() {
  let state: AirState = SILENT_AIR;
  let order = 0;
  const happen = (event: AirEvent, nowMs: number): readonly Decision[] => {
    const done = step(state, event, nowMs);
    state = done.state;
    return done.decisions;
  };
  return {
    admit(
      broadcastId: string,
      broadcastClass: BroadcastClass,
      clusters: string,
      nowMs: number,
      more: { onPreempted?: 'resume' | 'end'; dueAtMs?: number; isMakeUp?: boolean; endsOlder?: boolean; ready?: boolean } = {},
    ) {
      order += 1;
      const contender = {
        broadcastId,
        class: broadcastClass,
        clusterIds: new Set(clusters.split(' ')),
        dueAtMs: more.dueAtMs ?? nowMs,
        latestStartMs: defaultLatestStartMs(broadcastClass),
        longestPauseMs: defaultLongestPauseMs(broadcastClass),
        onPreempted: more.onPreempted ?? ('resume' as const),
        order,
        ready: more.ready ?? true,
        isMakeUp: more.isMakeUp ?? false,
        endsOlder: more.endsOlder ?? false,
        flowsOn: broadcastClass === 'relay' || broadcastClass === 'live',
      };
      return happen({ type: 'admitted', contender }, nowMs);
    },
    ready: (broadcastId: string, nowMs: number) => happen({ type: 'readied', broadcastId }, nowMs),
    end: (broadcastId: string, nowMs: number) => happen({ type: 'ended', broadcastId }, nowMs),
    hold: (broadcastId: string, clusters: string, untilMs: number, nowMs: number) =>
      happen({ type: 'held', broadcastId, clusterIds: new Set(clusters.split(' ').filter(Boolean)), untilMs }, nowMs),
    tick: (nowMs: number) => happen({ type: 'tick' }, nowMs),
    state: () => state,
  };
}

const saw = (decisions: readonly Decision[]): string[] => decisions.map((decision) => `${decision.do} ${decision.broadcastId}`);
const MINUTE_MS = 60_000;

describe('arbitration, the rules one by one', () => {
  it('an emergency starts first, then the others fall silent', () => {
    const air = stage();
    air.admit('news', 'normal', 'a b', 0);
    air.admit('relay', 'relay', 'c', 0);
    expect(saw(air.admit('flood', 'emergency', 'a b c', 1000))).toEqual(['start flood', 'preempt relay', 'preempt news']);
    expect(saw(air.end('flood', 2000))).toEqual(['resume relay', 'resume news']);
  });

  it('a broadcast that loses only some clusters goes on at the others', () => {
    const air = stage();
    air.admit('news', 'normal', 'a b c', 0);
    const decisions = air.admit('fire', 'emergency', 'b', 1000);
    expect(saw(decisions)).toEqual(['start fire', 'shift news']);
    expect(decisions[1]).toMatchObject({ plays: new Set(['a', 'c']), lost: new Map([['b', 'fire']]) });
    // Its speakers stay on the channel, so that they fall back by themselves.
    expect(channelClusters(air.state(), 'news')).toEqual(new Set(['a', 'b', 'c']));
    expect(air.end('fire', 2000)[0]).toMatchObject({ do: 'shift', broadcastId: 'news', gained: new Set(['b']) });
  });

  it('one that ends when pre-empted gives lost clusters up for good, and ends with the last', () => {
    const air = stage();
    air.admit('jingle', 'normal', 'a b', 0, { onPreempted: 'end' });
    air.admit('fire', 'emergency', 'a', 1000);
    expect(channelClusters(air.state(), 'jingle')).toEqual(new Set(['b']));
    air.end('fire', 2000);
    expect(air.state().contenders.get('jingle')?.plays).toEqual(new Set(['b']));
    expect(saw(air.admit('flood', 'emergency', 'b', 3000))).toEqual(['start flood', 'end jingle']);
  });

  it('of equals, the later waits for all its clusters, at most its tolerance', () => {
    const air = stage();
    air.admit('one', 'normal', 'a', 0);
    expect(saw(air.admit('two', 'normal', 'a b', 1000))).toEqual(['wait two']);
    expect(nextLookMs(air.state(), 1000)).toBe(1000 + 10 * MINUTE_MS);
    expect(saw(air.end('one', 5000))).toEqual(['start two']);
  });

  it('nobody overtakes an equal that waits for the same cluster', () => {
    const air = stage();
    air.admit('one', 'normal', 'a', 0);
    air.admit('two', 'normal', 'a b', 1000);
    expect(saw(air.admit('three', 'normal', 'b', 2000))).toEqual(['wait three']);
    expect(saw(air.admit('elsewhere', 'normal', 'c', 2000))).toEqual(['start elsewhere']);
    expect(saw(air.admit('relay', 'relay', 'b', 3000))).toEqual(['start relay', 'wait two', 'wait three']);
    air.end('relay', 4000);
    expect(saw(air.end('one', 5000))).toEqual(['start two']);
    expect(saw(air.end('two', 6000))).toEqual(['start three']);
  });

  it('whoever waited for one that ends in the same instant has its turn at once', () => {
    const air = stage();
    air.admit('jingle', 'normal', 'a', 0, { onPreempted: 'end' });
    air.admit('news', 'normal', 'a b', 1000);
    expect(saw(air.admit('fire', 'emergency', 'a', 2000))).toEqual(['start fire', 'end jingle', 'start news']);
    expect(air.state().contenders.get('news')?.plays).toEqual(new Set(['b']));
  });

  it('at the end of its tolerance it starts on what is free, or is missed', () => {
    const air = stage();
    air.admit('one', 'normal', 'a', 0);
    air.admit('two', 'normal', 'a b', 0);
    air.admit('three', 'normal', 'a', 0);
    const decisions = air.tick(10 * MINUTE_MS);
    expect(saw(decisions)).toEqual(['start two', 'miss three']);
    expect(decisions[0]).toMatchObject({ plays: new Set(['b']), heldOff: new Map([['a', 'one']]) });
    expect(channelClusters(air.state(), 'two')).toEqual(new Set(['b']));
    expect(saw(air.end('one', 11 * MINUTE_MS))).toEqual(['shift two']);
    expect(channelClusters(air.state(), 'two')).toEqual(new Set(['a', 'b']));
  });

  it('a newer emergency takes over from an older one, which is over, and does not come back by itself', () => {
    const air = stage();
    air.admit('flood', 'emergency', 'a b', 0);
    const decisions = air.admit('fire', 'emergency', 'a b c', 80);
    expect(saw(decisions)).toEqual(['start fire', 'end flood']);
    expect(decisions[1]).toMatchObject({ why: 'preempted', by: ['fire'] });
    expect(air.end('fire', 2000)).toEqual([]);
  });

  it('an emergency that loses some places goes on at the others and comes back where the newer was, unless that corrected it', () => {
    const air = stage();
    air.admit('storm', 'emergency', 'a b c', 0);
    expect(saw(air.admit('fire', 'emergency', 'b', 1000))).toEqual(['start fire', 'shift storm']);
    expect(saw(air.end('fire', 2000))).toEqual(['shift storm']);
    air.admit('mistake', 'emergency', 'c', 3000, { endsOlder: true });
    expect(air.end('mistake', 4000)).toEqual([]);
    expect(air.state().contenders.get('storm')?.plays).toEqual(new Set(['a', 'b']));
  });

  it('the newer emergency is the one that was due later, though the older took longer to begin', () => {
    const air = stage();
    air.admit('flood', 'emergency', 'a b', 0, { ready: false });
    air.admit('fire', 'emergency', 'a', 80);
    expect(air.ready('flood', 900)).toMatchObject([{ do: 'start', broadcastId: 'flood', plays: new Set(['b']) }]);
  });

  it('a make-up pass never takes a place from another emergency, also when it was begun later', () => {
    const air = stage();
    air.admit('fire', 'emergency', 'a', 0);
    expect(saw(air.admit('pass', 'emergency', 'a b', 10, { isMakeUp: true, onPreempted: 'end' }))).toEqual(['start pass']);
    expect(air.state().contenders.get('fire')?.phase).toBe('on_air');
    expect(saw(air.admit('flood', 'emergency', 'b', 20))).toEqual(['start flood', 'end pass']);
  });

  it('a second live announcement is refused, also while the first is silenced; elsewhere it may speak', () => {
    const air = stage();
    air.admit('chair', 'live', 'a b', 0);
    const refusal = air.admit('police', 'live', 'b', 1000);
    expect(refusal).toEqual([{ do: 'refuse', broadcastId: 'police', by: ['chair'] }]);
    air.admit('flood', 'emergency', 'a b', 2000);
    expect(saw(air.admit('doctor', 'live', 'a', 3000))).toEqual(['refuse doctor']);
    expect(saw(air.admit('school', 'live', 'c', 3000))).toEqual(['start school']);
  });

  it('a lower class that falls due under a higher one starts at once where it can', () => {
    const air = stage();
    air.admit('flood', 'emergency', 'a', 0);
    expect(air.admit('news', 'normal', 'a b', 1000)[0]).toMatchObject({
      do: 'start',
      plays: new Set(['b']),
      heldOff: new Map([['a', 'flood']]),
    });
    expect(saw(air.admit('relay', 'relay', 'a', 1000))).toEqual(['wait relay']);
  });

  it('a pause that lasts too long ends the broadcast', () => {
    const air = stage();
    air.admit('news', 'normal', 'a', 0);
    air.admit('flood', 'emergency', 'a', 1000);
    expect(nextLookMs(air.state(), 1000)).toBe(1000 + 60 * MINUTE_MS);
    expect(air.tick(1000 + 60 * MINUTE_MS)).toEqual([{ do: 'end', broadcastId: 'news', why: 'paused_too_long', by: ['flood'] }]);
  });

  it('takes nothing before it is due', () => {
    const air = stage();
    air.admit('news', 'normal', 'a', 0);
    expect(air.admit('alarm', 'emergency', 'a', 0, { dueAtMs: 5000 })).toEqual([]);
    expect(saw(air.tick(5000))).toEqual(['start alarm', 'preempt news']);
  });

  it('where an emergency was, nothing lower goes on or begins until it is let go, and nothing on the air is silenced for it', () => {
    const air = stage();
    air.admit('news', 'normal', 'a b', 0);
    air.admit('next door', 'normal', 'c', 0);
    air.admit('flood', 'emergency', 'a b', 1000);
    expect(air.hold('flood', 'a b c', 60_000, 2000)).toEqual([]);
    expect(air.end('flood', 3000)).toEqual([]);
    expect(air.state().contenders.get('next door')?.phase).toBe('on_air');
    expect(air.admit('chair', 'live', 'a', 3500)).toMatchObject([{ do: 'wait', broadcastId: 'chair', for: ['flood'] }]);
    expect(air.admit('relay', 'relay', 'b d', 3500)).toMatchObject([
      { do: 'start', plays: new Set(['d']), heldOff: new Map([['b', 'flood']]) },
    ]);
    expect(saw(air.admit('fire', 'emergency', 'a', 3600))).toEqual(['start fire', 'wait chair']);
    expect(saw(air.end('fire', 3700))).toEqual(['wait chair']);
    // Only where somebody missed it.
    expect(saw(air.hold('flood', 'a', 60_000, 4000))).toEqual(['shift relay']);
    expect(saw(air.hold('flood', '', 0, 5000))).toEqual(['start chair']);
    expect(saw(air.end('chair', 6000))).toEqual(['resume news']);
  });

  it('a hold that nobody lets go ends by itself', () => {
    const air = stage();
    air.admit('news', 'normal', 'a', 0);
    air.admit('flood', 'emergency', 'a', 1000);
    air.hold('flood', 'a', 9000, 2000);
    air.end('flood', 2000);
    expect(nextLookMs(air.state(), 2000)).toBe(9000);
    expect(saw(air.tick(8999))).toEqual([]);
    expect(saw(air.tick(9000))).toEqual(['resume news']);
  });

  it('what flows on leaves held speakers, which would fall back to it; a recording that is put aside keeps them', () => {
    const air = stage();
    air.admit('news', 'normal', 'a b', 0);
    air.admit('relay', 'relay', 'b', 500);
    air.admit('flood', 'emergency', 'a b', 1000);
    air.hold('flood', 'a b', 9000, 2000);
    air.end('flood', 2000);
    expect(channelClusters(air.state(), 'relay')).toEqual(new Set());
    expect(channelClusters(air.state(), 'news')).toEqual(new Set(['a', 'b']));
    air.hold('flood', 'a', 9000, 3000);
    expect(channelClusters(air.state(), 'relay')).toEqual(new Set(['b']));
  });

  it('one that ends when pre-empted does not give up what is only held', () => {
    const air = stage();
    air.hold('flood', 'a', 9000, 0);
    expect(air.admit('jingle', 'normal', 'a b', 0, { onPreempted: 'end' })).toMatchObject([{ do: 'start', plays: new Set(['b']) }]);
    expect(air.hold('flood', '', 0, 1000)).toMatchObject([{ do: 'shift', broadcastId: 'jingle', gained: new Set(['a']) }]);
  });
});
