import { describe, expect, it } from 'vitest';
import { HearingWatch } from '../../../controller/broadcasts/hearing-watch.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { type AppEvents, createEvents } from '../../../controller/events.ts';
import type { SpeakerLiveState } from '../../../controller/protocol/speaker-state.ts';
import { MovedClock } from '../../support/moved-clock.ts';

function stage() {
  const clock = new MovedClock();
  const events = createEvents((name, error) => {
    throw new Error(name, { cause: error });
  });
  const conditions: AppEvents['system.condition'][] = [];
  events.on('system.condition', (fact) => conditions.push(fact));
  const states: SpeakerLiveState[] = [];
  const watch = new HearingWatch({ speakers: { states: () => states }, clock, events });
  const record = { broadcastId: 'b', title: 'Tin', class: 'normal', clusterIds: ['a1', 'a2'] } as unknown as BroadcastRecord;
  const says = (clusterId: string, broadcastId: string | null) =>
    states.push({ clusterId, broadcastId, rung: broadcastId ? 'playing' : 'receiving', muted: false } as SpeakerLiveState);
  return { clock, watch, record, says, conditions };
}

describe('who hears a broadcast', () => {
  it('is asked among its own poles: one of another hamlet that claims it hides nothing', () => {
    const { clock, watch, record, says, conditions } = stage();
    says('b1', 'b');
    says('a1', null);
    watch.expect(record, clock.nowMs() - 6000);
    watch.look(record);
    expect(watch.count(record)).toBe(0);
    expect(conditions).toMatchObject([{ code: 'air.nobody_hears', state: 'raised' }]);
    says('a2', 'b');
    watch.look(record);
    expect(watch.count(record)).toBe(1);
    expect(conditions.at(-1)).toMatchObject({ code: 'air.nobody_hears', state: 'cleared' });
  });
});
