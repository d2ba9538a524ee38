import { expect, it } from 'vitest';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { resume } from '../../../controller/broadcasts/resume.ts';

const NOW_MS = 1_000_000;

function record(title: string, fields: Partial<BroadcastRecord>): BroadcastRecord {
  const content = { kind: 'bulletin', bulletinId: 'b', repeat: 1, pauseMs: 0 };
  const on = { status: 'on_air', startsAtMs: NOW_MS - 9000, startedAtMs: NOW_MS - 9000, durationMs: 60_000, positionMs: 8000 };
  return { broadcastId: title, title, class: 'normal', content, ...on, makesUpFor: null, latestStartMs: 0, ...fields } as BroadcastRecord;
}

it('takes up emergencies, then what is owed of those that are over, and only then what has to be silent for their sake', async () => {
  const happened: string[] = [];
  const note = (what: string) => (one?: BroadcastRecord) => void happened.push([what, one?.title].filter(Boolean).join(' '));
  await resume(
    {
      clock: { nowMs: () => NOW_MS },
      journal: { note: () => undefined },
      engine: { conclude: note('ends') },
      planned: { prepare: async (one) => note('goes on')(one) },
      makeUp: { start: note('listens'), goesOn: note('keeps quiet for'), takeUp: async () => note('takes up what is owed')() },
      arm: note('arms'),
    },
    [
      record('tin', {}),
      record('hẹn', { startedAtMs: null, startsAtMs: NOW_MS + 60_000 }),
      record('lũ', { class: 'emergency' }),
      record('lũ, hết', { class: 'emergency', positionMs: 60_000 }),
    ],
  );
  expect(happened).toEqual([
    ...['listens', 'keeps quiet for lũ', 'goes on lũ', 'ends lũ, hết', 'takes up what is owed'],
    ...['goes on tin', 'arms hẹn'],
  ]);
});
