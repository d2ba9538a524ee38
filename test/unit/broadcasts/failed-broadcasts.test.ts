import { beforeEach, describe, expect, it } from 'vitest';
import { FailedBroadcasts } from '../../../controller/broadcasts/failed-broadcasts.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { TestClock } from '../../../controller/clock.ts';
import { type ConditionFact, createEvents } from '../../../controller/events.ts';

const clock = new TestClock(1_000_000);
let told: ConditionFact[];
let failed: FailedBroadcasts;

beforeEach(() => {
  told = [];
  const events = createEvents(() => undefined);
  events.on('system.condition', (fact) => told.push(fact));
  failed = new FailedBroadcasts({ events, clock });
});

const bulletin = (bulletinId: string) => ({ kind: 'bulletin', bulletinId, repeat: 1, pauseMs: 0 }) as const;

function record(part: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    broadcastId: 'tin-sang',
    title: 'Tin sáng',
    content: bulletin('tin'),
    targets: { hamletIds: ['ap-01'], clusterIds: [] },
    clusterIds: ['ap-01-c1'],
    status: 'missed',
    endReason: { code: 'air.too_late', vi: 'Quá giờ.', en: 'Too late.' },
    requestedBy: 'an',
    makesUpFor: null,
    ...part,
  } as BroadcastRecord;
}
const start = (part: Partial<BroadcastRecord>) => failed.started(record({ broadcastId: 'later', status: 'on_air', ...part }));

describe('a broadcast that did not sound', () => {
  it.each(['missed', 'failed'] as const)('is told when it is %s, each for itself', (status) => {
    failed.over(record({ status }));
    failed.over(record({ status, broadcastId: 'tin-toi', title: 'Tin tối' }));
    expect(told).toMatchObject([
      { code: 'air.broadcast_failed', subject: 'tin-sang', state: 'raised', vi: '‘Tin sáng’ không phát được: Quá giờ.' },
      { code: 'air.broadcast_failed', subject: 'tin-toi', state: 'raised' },
    ]);
  });

  it.each(['finished', 'stopped', 'cut'] as const)('is not one that is %s; nor a pass that makes up for another', (status) => {
    failed.over(record({ status }));
    failed.over(record({ makesUpFor: 'an emergency' }));
    expect(told).toEqual([]);
  });

  it('is not put right by whatever starts next: other content, or the same at only some of its places', () => {
    failed.over(record({ clusterIds: ['ap-01-c1', 'ap-02-c1'] }));
    told.length = 0;
    start({ content: bulletin('another'), targets: { everything: true } });
    start({ clusterIds: ['ap-01-c1'], targets: { hamletIds: [], clusterIds: ['ap-01-c1'] } });
    expect(told).toEqual([]);
    start({ clusterIds: ['ap-01-c1', 'ap-02-c1', 'ap-03-c1'], targets: { hamletIds: ['ap-01', 'ap-02', 'ap-03'], clusterIds: [] } });
    expect(told).toMatchObject([{ subject: 'tin-sang', state: 'cleared' }]);
    start({ targets: { everything: true } });
    expect(told).toHaveLength(1);
  });

  it('that was never prepared is put right at the same targets, or everywhere', () => {
    for (const targets of [{ hamletIds: ['ap-01'], clusterIds: [] }, { everything: true }] satisfies BroadcastRecord['targets'][]) {
      failed.over(record({ clusterIds: [] }));
      start({ clusterIds: ['ap-02-c1'], targets: { hamletIds: [], clusterIds: ['ap-02-c1'] } });
      expect(told.at(-1)).toMatchObject({ state: 'raised' });
      start({ targets });
      expect(told.at(-1)).toMatchObject({ state: 'cleared' });
    }
  });

  it('is old news in the evening: no start says any more that all is well', async () => {
    failed.over(record());
    const [{ untilMs = 0 } = {}] = told;
    expect(untilMs).toBeGreaterThan(clock.nowMs());
    await clock.advance(untilMs - clock.nowMs());
    start({ targets: { everything: true } });
    expect(told).toHaveLength(1);
  });
});
