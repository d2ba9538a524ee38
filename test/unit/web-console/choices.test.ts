import { describe, expect, it } from 'vitest';
import { targets } from '../../../controller/protocol/broadcasts.ts';
import { EVERYTHING, NOWHERE, targetsOf, toggleCluster, toggleHamlet } from '../../../web-console/choose/place-choice.ts';
import { barHeights } from '../../../web-console/design/waveform.tsx';
import { preparedMessages } from '../../../web-console/pages/emergency/prepared.ts';
import { canExtend, extended, remainingMs, SERVER_LIMIT_MS } from '../../../web-console/pages/speak/speaking.ts';
import { fakeCommune } from '../../support/fake-commune.ts';

const CLUSTERS = ['ap-01-c1', 'ap-01-c2', 'ap-01-c3'];

describe('choosing places', () => {
  it('nothing chosen is no target; everything is one word', () => {
    expect(targetsOf(NOWHERE)).toBeUndefined();
    expect(targetsOf(EVERYTHING)).toEqual({ everything: true });
  });

  it('a whole hamlet swallows its single clusters', () => {
    const one = toggleCluster(NOWHERE, 'ap-01', 'ap-01-c2', CLUSTERS);
    expect(targetsOf(one)).toEqual({ hamletIds: [], clusterIds: ['ap-01-c2'] });
    expect(targetsOf(toggleHamlet(one, 'ap-01', CLUSTERS))).toEqual({ hamletIds: ['ap-01'], clusterIds: [] });
  });

  it('taking one cluster out of a whole hamlet leaves the others', () => {
    const whole = toggleHamlet(NOWHERE, 'ap-01', CLUSTERS);
    const rest = toggleCluster(whole, 'ap-01', 'ap-01-c2', CLUSTERS);
    expect(targetsOf(rest)).toEqual({ hamletIds: [], clusterIds: ['ap-01-c1', 'ap-01-c3'] });
    expect(targets.safeParse(targetsOf(rest)).success).toBe(true);
  });
});

describe('messages that stand ready for an emergency', () => {
  it('are the ready bulletins of that class; correction and all-clear apart', () => {
    const prepared = preparedMessages(fakeCommune(0).bulletins);
    expect(prepared.hazards.map((bulletin) => bulletin.title)).toEqual(['Lệnh sơ tán vì lũ', 'Cảnh báo dông, sét']);
    expect(prepared.correction?.title).toBe('Đính chính: thông báo nhầm');
    expect(prepared.allClear).toBeUndefined();
  });

  it('what is still processed does not stand ready', () => {
    const processing = fakeCommune(0).bulletins.map((bulletin) => ({ ...bulletin, status: 'processing' as const }));
    expect(preparedMessages(processing)).toEqual({ hazards: [], correction: undefined, allClear: undefined });
  });
});

describe('the time to speak', () => {
  it('grows by five minutes up to what the server was told', () => {
    let time = { startedAtMs: 0, limitMs: 600_000 };
    expect(remainingMs(time, 599_000)).toBe(1000);
    expect(remainingMs(time, 700_000)).toBe(0);
    for (let press = 0; press < 20; press++) time = extended(time);
    expect(time.limitMs).toBe(SERVER_LIMIT_MS);
    expect(canExtend(time)).toBe(false);
  });
});

it('a waveform’s bars are the loudest of their part, from few or many peaks', () => {
  const peaks = Int8Array.from([-10, 10, -127, 5, 0, 0, -2, 64]);
  expect(barHeights(peaks, 2).map((height) => Math.round(height * 100))).toEqual([100, 50]);
  expect(barHeights(peaks, 8)).toHaveLength(8);
  expect(barHeights(new Int8Array(0), 3)).toEqual([0, 0, 0]);
});
