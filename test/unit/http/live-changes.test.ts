import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { createEvents } from '../../../controller/events.ts';
import { createLiveChanges } from '../../../controller/http/live-changes.ts';
import type { LiveMessage } from '../../../controller/protocol/live-feed.ts';
import type { SpeakerLiveState } from '../../../controller/protocol/speaker-state.ts';

const A = '6f1f1ac2-5a2c-4d1e-9d5a-0123456789ab';

describe('live changes', () => {
  it('report progress at most four times a second, and never what a change has overtaken', async () => {
    const clock = new TestClock();
    const events = createEvents(() => undefined);
    const sent: LiveMessage[] = [];
    const changes = createLiveChanges({ events, clock, send: (message) => sent.push(message) });
    changes.start();
    for (let i = 0; i < 100; i++) {
      events.emit('broadcast.progress', { broadcastId: A, positionMs: i * 20, levelDb: -20 });
      await clock.advance(20);
    }
    expect(sent.length).toBeGreaterThan(6);
    expect(sent.length).toBeLessThanOrEqual(8);
    sent.length = 0;
    events.emit('bulletin.progress', { bulletinId: A, progress: 0.99 });
    events.emit('bulletin.changed', { bulletinId: A });
    await clock.advance(1000);
    expect(sent.filter(({ type }) => type === 'bulletin')).toMatchObject([{ progress: null }]);
    sent.length = 0;
    for (let i = 0; i < 1000; i++) events.emit('speaker.changed', { state: { speakerId: `LX-${i}` } as SpeakerLiveState });
    await clock.advance(1000);
    // In pieces that are encoded one by one.
    expect(sent.map((message) => (message.type === 'speakers' ? message.speakers.length : 0))).toEqual(new Array(10).fill(100));
    changes.close();
    events.emit('broadcast.progress', { broadcastId: A, positionMs: 1, levelDb: 0 });
    expect(clock.pending()).toEqual([]);
  });
});
