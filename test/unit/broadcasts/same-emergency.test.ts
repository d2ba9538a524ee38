import { describe, expect, it } from 'vitest';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { sameEmergency } from '../../../controller/broadcasts/same-emergency.ts';

const NOW_MS = 1_000_000;
const BULLETIN = { kind: 'bulletin' as const, bulletinId: 'b1', repeat: 'until_stopped' as const, pauseMs: 5000 };

const record = (more: Partial<BroadcastRecord> = {}): BroadcastRecord =>
  ({
    ...{ broadcastId: 'e1', class: 'emergency', status: 'on_air', content: BULLETIN, clusterIds: ['a', 'b'], emergencyKind: 'warning' },
    ...{ makesUpFor: null, gainDb: 0, startsAtMs: NOW_MS - 80 },
    ...more,
  }) as BroadcastRecord;
const found = (running: Partial<BroadcastRecord>, asked: Partial<BroadcastRecord> = {}, masters: [string, string] = ['/m1', '/m1']) =>
  sameEmergency(
    { record: record({ broadcastId: 'e2', ...asked }), masterPath: masters[1] },
    [{ record: record(running), masterPath: masters[0] }],
    NOW_MS,
  )?.broadcastId;

describe('the same words at the same places', () => {
  it('are one emergency, however the places are listed and though the words stand in two bulletins', () => {
    expect(found({})).toBe('e1');
    expect(found({ clusterIds: ['b', 'a'] })).toBe('e1');
    expect(found({ content: { ...BULLETIN, bulletinId: 'b2' } })).toBe('e1');
    // A warning that is said until somebody stops it is said to whoever asks later, too.
    expect(found({ startsAtMs: NOW_MS - 3_600_000 })).toBe('e1');
    expect(found({ content: { ...BULLETIN, repeat: 2 } }, { content: { ...BULLETIN, repeat: 2 } })).toBe('e1');
  });

  it.each<[string, Partial<BroadcastRecord>, Partial<BroadcastRecord>]>([
    ['other places', { clusterIds: ['a'] }, {}],
    ['more places', { clusterIds: ['a', 'b', 'c'] }, {}],
    ['another signal', { emergencyKind: 'correction' }, {}],
    ['said less often than is wanted', { content: { ...BULLETIN, repeat: 2 } }, {}],
    [
      'a set number of times, and begun long ago',
      { content: { ...BULLETIN, repeat: 2 }, startsAtMs: NOW_MS - 20_000 },
      { content: { ...BULLETIN, repeat: 2 } },
    ],
    ['not as loud', {}, { gainDb: 3 }],
    ['a make-up pass', { makesUpFor: 'e0' }, {}],
    ['planned for later', {}, { status: 'planned' }],
    ['no emergency', {}, { class: 'priority' }],
    ['an ordinary play of the same bulletin', { class: 'normal' }, {}],
    ['a warning that somebody plans for later in the same moment', { status: 'planned' }, {}],
    ['a microphone', { content: { kind: 'microphone', microphoneId: 'm', maxDurationMs: 1000 } }, {}],
  ])('are not %s', (_, running, asked) => {
    expect(found(running, asked)).toBeUndefined();
  });

  it('are not other words', () => {
    expect(found({ content: { ...BULLETIN, bulletinId: 'b2' } }, {}, ['/m2', '/m1'])).toBeUndefined();
  });
});
