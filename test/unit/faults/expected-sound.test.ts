import { describe, expect, test } from 'vitest';
import { ExpectedSound } from '../../../controller/faults/expected-sound.ts';

const onAir = { broadcastId: 'b', class: 'normal', status: 'on_air', clusterIds: ['c-1', 'c-2'] } as const;

/** On the air since 0, loud from then on as far as `untilMs`. */
function loud(untilMs: number): ExpectedSound {
  const expected = new ExpectedSound();
  expected.broadcastChanged({ ...onAir, clusterIds: [...onAir.clusterIds] });
  for (let atMs = 0; atMs <= untilMs; atMs += 500) expected.progress('b', -20, atMs);
  return expected;
}

describe('which clusters must sound', () => {
  test('those of a broadcast that has been loud for long enough to have reached every horn', () => {
    expect(loud(14_000).isDue('c-1', null, 14_000)).toBeNull();
    expect(loud(15_000).isDue('c-1', null, 15_000)).toBe(true);
    expect(loud(15_000).isDue('c-3', null, 15_000)).toBe(false);
  });

  test('not in a pause of the programme, and again only after it has gone on for a while', () => {
    const expected = loud(20_000);
    expect(expected.isDue('c-1', null, 23_500)).toBeNull();
    for (let atMs = 24_000; atMs <= 38_000; atMs += 500) expected.progress('b', -20, atMs);
    expect(expected.isDue('c-1', null, 38_000)).toBeNull();
    expected.progress('b', -20, 39_500);
    expect(expected.isDue('c-1', null, 39_500)).toBe(true);
  });

  test('a quiet programme expects nothing', () => {
    const expected = new ExpectedSound();
    expected.broadcastChanged({ ...onAir, clusterIds: ['c-1'] });
    for (let atMs = 0; atMs <= 60_000; atMs += 500) expected.progress('b', -80, atMs);
    expect(expected.isDue('c-1', { broadcastId: 'b', reportedAtMs: 0 }, 60_000)).toBeNull();
  });

  test('on a muted pole nothing but an emergency', () => {
    expect(loud(15_000).isDue('c-1', null, 15_000, true)).toBe(false);
    const expected = new ExpectedSound();
    expected.broadcastChanged({ ...onAir, class: 'emergency', clusterIds: ['c-1'] });
    for (let atMs = 0; atMs <= 15_000; atMs += 500) expected.progress('b', -20, atMs);
    expect(expected.isDue('c-1', null, 15_000, true)).toBe(true);
  });

  test('not those that something higher has, nor while what is higher is silent', () => {
    const expected = loud(15_000);
    expected.broadcastChanged({ ...onAir, clusterIds: ['c-1', 'c-2'], heldOffClusterIds: ['c-1'] });
    expect(expected.isDue('c-1', null, 15_000)).toBe(false);
    expect(expected.isDue('c-2', null, 15_000)).toBe(true);
    // A microphone that nobody speaks into, above a loud bulletin, before anybody was told who is held off.
    expected.broadcastChanged({ broadcastId: 'm', class: 'live', status: 'on_air', clusterIds: ['c-2'] });
    expect(expected.isDue('c-2', null, 15_000)).toBeNull();
  });

  test('nothing after the end', () => {
    const expected = loud(20_000);
    expected.broadcastChanged({ ...onAir, status: 'finished', clusterIds: ['c-1'] });
    expect(expected.isDue('c-1', null, 20_000)).toBe(false);
  });

  test('a programme that the controller does not know: the speaker’s own word, after a while', () => {
    const expected = new ExpectedSound();
    const programme = { broadcastId: null, reportedAtMs: 1000 };
    expect(expected.isDue('c-1', programme, 10_000)).toBeNull();
    expect(expected.isDue('c-1', programme, 16_000)).toBe(true);
  });
});
