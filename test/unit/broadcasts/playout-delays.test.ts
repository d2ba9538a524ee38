import { expect, it } from 'vitest';
import { choosePlayoutDelays } from '../../../controller/broadcasts/playout-delays.ts';
import { createFakeSpeakerDirectory } from '../../support/fake-speaker-directory.ts';

const CLUSTERS = ['ap-01-c1', 'ap-01-c2', 'ap-01-c3', 'ap-02-c1'];
const idOf = (clusterId: string): string => `LX-${clusterId.toUpperCase()}`;
const spoken = {
  class: 'live',
  content: { kind: 'microphone', microphoneId: '00000000-0000-4000-8000-00000000000a', maxDurationMs: 60_000 },
} as const;

it('speaks at each hamlet’s own delay, and at its own on a pole that is far off, to the end of the broadcast', () => {
  const speakers = createFakeSpeakerDirectory(CLUSTERS);
  speakers.setDelay('live', 'ap-01', 60);
  speakers.setDelay('live', 'ap-02', 80);
  speakers.setApart('ap-01-c2', 400);
  const delays = choosePlayoutDelays({ ...spoken, isScheduled: false, clusterIds: CLUSTERS.filter((id) => id !== 'ap-01-c3'), speakers });
  expect(delays).toMatchObject({ firstMs: 60, lastMs: 400 });
  speakers.setDelay('live', 'ap-01', 200);
  speakers.setApart('ap-01-c1', 390);
  // Who joins later sounds with its neighbours.
  expect(CLUSTERS.map((clusterId) => delays.of(idOf(clusterId)))).toEqual([60, 400, 60, 80]);
});

it('speaks later by what frames wait to be joined, everywhere', () => {
  const speakers = createFakeSpeakerDirectory(CLUSTERS);
  speakers.setDelay('live', 'ap-01', 60);
  speakers.setDelay('live', 'ap-02', 80);
  speakers.setApart('ap-01-c2', 400);
  const delays = choosePlayoutDelays({ ...spoken, isScheduled: false, clusterIds: CLUSTERS, speakers, joiningMs: 40 });
  expect(delays).toMatchObject({ firstMs: 100, lastMs: 440 });
  expect(CLUSTERS.map((clusterId) => delays.of(idOf(clusterId)))).toEqual([100, 440, 100, 120]);
});

it('gives a recording one delay everywhere, a pole that is far off included', () => {
  const speakers = createFakeSpeakerDirectory(CLUSTERS);
  const content = { kind: 'bulletin', bulletinId: '00000000-0000-4000-8000-00000000000b', repeat: 1, pauseMs: 0 } as const;
  const delays = choosePlayoutDelays({ class: 'normal', content, isScheduled: false, clusterIds: CLUSTERS, speakers });
  expect(CLUSTERS.map((clusterId) => delays.of(idOf(clusterId)))).toEqual([1000, 1000, 1000, 1000]);
});
