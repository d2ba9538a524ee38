import { describe, expect, it } from 'vitest';
import { ApiProblem } from '../../../web-console/api/client.ts';
import { type FalseAlarm, type FalseAlarmWays, isUnderWay, takeBack } from '../../../web-console/pages/emergency/false-alarm.ts';
import { fakeBroadcast, fakeBulletin } from '../../support/fake-commune.ts';

const emergency = fakeBroadcast({ class: 'emergency', targets: { hamletIds: ['ap-03'], clusterIds: [] } }, ['ap-03-c1'], 0);
const correction = fakeBulletin({ title: 'Đính chính' }, 0);
const CORRECTION_ID = '00000000-0000-4000-8000-0000000000c0';
const problem = new ApiProblem({ code: 'x', status: 409, vi: 'Không được.', en: 'No.', outcome: 'refused' });

async function steps(change: Partial<FalseAlarmWays>, taken = emergency): Promise<FalseAlarm[]> {
  const told: FalseAlarm[] = [];
  const ways: FalseAlarmWays = {
    stop: async () => ({ outcome: 'stopped' }),
    findCorrection: async () => correction,
    placesOf: async () => ({ everything: true }),
    fire: async (request) => ({
      outcome: 'acknowledged',
      broadcast: { ...emergency, broadcastId: request.broadcastId, title: request.title },
    }),
    ...change,
  };
  await takeBack(taken, CORRECTION_ID, ways, (alarm) => told.push(alarm));
  return told;
}
const names = (told: FalseAlarm[]): string[] => told.map((alarm) => alarm.step);

describe('taking a false alarm back', () => {
  it('stops, then plays the correction to the same places, under the id that was given', async () => {
    const told = await steps({});
    expect(names(told)).toEqual(['stopping', 'looking', 'sending', 'acknowledged']);
    expect(told.at(-1)).toMatchObject({ broadcast: { broadcastId: CORRECTION_ID, targets: emergency.targets, class: 'emergency' } });
  });

  it('corrects a make-up pass everywhere where the mistake was heard, not only where it was missed', async () => {
    const makeUp = { ...emergency, makesUpFor: '00000000-0000-4000-8000-0000000000c1' };
    const asked: unknown[] = [];
    const fire: FalseAlarmWays['fire'] = async (request) => {
      asked.push(request.targets);
      return { outcome: 'acknowledged', broadcast: emergency };
    };
    await steps({ fire }, makeUp);
    expect(asked).toEqual([{ everything: true }]);
    const unread = await steps({ fire, placesOf: () => Promise.reject(problem) }, makeUp);
    expect(unread.at(-1)).toMatchObject({ step: 'not_loaded' });
    expect(asked).toHaveLength(1);
  });

  it('plays nothing while it is not known whether the emergency is silent', async () => {
    const told = await steps({
      stop: async () => ({ outcome: 'unknown', problem }),
      fire: () => Promise.reject(new Error('fired')),
    });
    expect(names(told)).toEqual(['stopping', 'not_stopped']);
  });

  it('every way in which no correction plays is told, and is not under way any more', async () => {
    const ends = await Promise.all([
      steps({ findCorrection: () => Promise.reject(problem) }),
      steps({ findCorrection: async () => undefined }),
      steps({ fire: async () => ({ outcome: 'refused', problem }) }),
      steps({ fire: () => Promise.reject(new Error('a defect')) }),
    ]);
    expect(ends.map((told) => told.at(-1)?.step)).toEqual(['not_loaded', 'no_correction', 'refused', 'refused']);
    for (const told of ends) {
      expect(told.slice(0, -1).every(isUnderWay)).toBe(true);
      expect(isUnderWay(told.at(-1))).toBe(false);
    }
  });

  it('a lost answer is told as unknown until the server says', async () => {
    const told = await steps({
      fire: async (_, onUnknown) => {
        onUnknown();
        return { outcome: 'refused', problem };
      },
    });
    expect(names(told)).toEqual(['stopping', 'looking', 'sending', 'unknown', 'refused']);
  });
});
