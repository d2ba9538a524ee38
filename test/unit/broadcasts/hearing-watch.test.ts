import { describe, expect, it } from 'vitest';
import { HearingWatch } from '../../../controller/broadcasts/hearing-watch.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { TestClock } from '../../../controller/clock.ts';
import { type AppEvents, createEvents } from '../../../controller/events.ts';
import type { SpeakerLiveState } from '../../../controller/protocol/speaker-state.ts';

function stage(kind: BroadcastRecord['content']['kind'] = 'relay') {
  const clock = new TestClock();
  const events = createEvents((name, error) => {
    throw new Error(name, { cause: error });
  });
  const conditions: AppEvents['system.condition'][] = [];
  events.on('system.condition', (fact) => conditions.push(fact));
  const states: SpeakerLiveState[] = [];
  const watch = new HearingWatch({ speakers: { states: () => states }, clock, events });
  const record = {
    broadcastId: 'b',
    title: 'Tin',
    class: 'normal',
    clusterIds: ['a1', 'a2'],
    content: { kind },
  } as unknown as BroadcastRecord;
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
    watch.programme('b');
    watch.look(record);
    expect(watch.count(record)).toBe(1);
    expect(conditions.at(-1)).toMatchObject({ code: 'air.nobody_hears', state: 'cleared' });
  });

  it('is nobody while the source gives nothing: poles that play the silence that keeps the channel clear no alarm', async () => {
    const { clock, watch, record, says, conditions } = stage();
    says('a1', 'b');
    says('a2', 'b');
    watch.expect(record, clock.nowMs());
    await clock.advance(6000);
    watch.look(record);
    await clock.advance(60_000);
    watch.look(record);
    expect(watch.count(record)).toBe(0);
    expect(conditions).toMatchObject([{ code: 'air.nobody_hears', state: 'raised', vi: expect.stringContaining('nguồn không có tiếng') }]);
    watch.programme('b');
    watch.look(record);
    expect(watch.count(record)).toBe(2);
    expect(conditions.at(-1)).toMatchObject({ code: 'air.nobody_hears', state: 'cleared' });
    await clock.advance(9000);
    expect(watch.count(record)).toBe(2);
    await clock.advance(2000);
    watch.look(record);
    expect(watch.count(record)).toBe(0);
    // A station that falls silent has an alarm of its own.
    expect(conditions).toHaveLength(2);
  });

  it('says of a microphone that nobody speaks into that it is forgotten', async () => {
    const { clock, watch, record, says, conditions } = stage('microphone');
    says('a1', 'b');
    watch.expect(record, clock.nowMs());
    watch.programme('b');
    await clock.advance(19_000);
    watch.look(record);
    expect(conditions).toEqual([]);
    await clock.advance(1000);
    watch.look(record);
    watch.look(record);
    expect(conditions).toMatchObject([{ code: 'air.microphone_silent', subject: 'b', state: 'raised' }]);
    watch.programme('b');
    watch.look(record);
    expect(conditions.at(-1)).toMatchObject({ code: 'air.microphone_silent', subject: 'b', state: 'cleared' });
    await clock.advance(30_000);
    watch.look(record);
    watch.forget('b');
    expect(conditions.map(({ state }) => state)).toEqual(['raised', 'cleared', 'raised', 'lapsed']);
  });
});
