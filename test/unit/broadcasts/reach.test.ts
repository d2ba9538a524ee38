import { expect, it } from 'vitest';
import { inabilityOf } from '../../../controller/broadcasts/make-up/ability.ts';
import { reachOf } from '../../../controller/broadcasts/reach.ts';
import { fakeCommune } from '../../support/fake-commune.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 3, 0);

it('a pole without a speaker, one that never called and one that was lost are three things', () => {
  const speakers = {
    speakerOf: (clusterId: string) => (clusterId === 'bare' ? undefined : clusterId),
    isConnected: (speakerId: string) => speakerId === 'here',
    state: (speakerId: string) => ({ lastBeatMs: speakerId === 'new' ? null : NOW_MS - 60_000 }),
  };
  expect(reachOf(['here', 'lost', 'new', 'bare'], speakers)).toEqual({ connected: 1, offline: 1, neverConnected: 1, withoutSpeaker: 1 });
});

it('one that never called is not told as one that lost its connection', () => {
  const [speaker] = [...fakeCommune(NOW_MS).speakers.values()];
  if (!speaker) throw new Error('the fake commune has no speaker');
  expect(inabilityOf({ ...speaker, rung: 'offline' }, 0)?.vi).toBe('mất kết nối');
  expect(inabilityOf({ ...speaker, rung: 'offline', lastBeatMs: null }, 0)).toMatchObject({
    code: 'never_connected',
    vi: 'chưa kết nối lần nào',
  });
});
