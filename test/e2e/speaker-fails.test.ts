import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpeakerListItem } from '../../controller/protocol/speakers.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { until } from '../support/until.ts';

const POLL_MS = 500;
/** Of three missing pilots it would learn after half a minute. */
const HEARS_AGAIN_WITHIN_MS = 15_000;
/** Times of the bulletin that outlast any recovery; the broadcast is stopped by hand. */
const LONG = 20;

/** Over IPv6 from the claim code to the media path, since mobile networks are more and more IPv6 alone. */
describe('a speaker that fails and recovers', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 2, environment: { LOA_XA_PUBLIC_ADDRESS: '::1' } });
  const victim = 'SIM-0001';

  beforeAll(async () => {
    await commune.start();
    await commune.startSimulator({ network: 'lan', extra: ['--control-port', '0'] });
  }, 180_000);
  afterAll(() => commune.close());

  const inject = async (command: Record<string, unknown>): Promise<void> => {
    const announced = commune.logged('fault switchboard').at(-1) ?? '';
    const [, url, token] = /(http:\/\/\S+) token (\S+)/.exec(announced) ?? [];
    const answer = await fetch(`${url}/faults`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ speakers: [victim], ...command }),
    });
    expect(answer.status, await answer.text()).toBe(200);
  };
  const listed = async (speakerId: string): Promise<SpeakerListItem | undefined> => {
    const { speakers } = await commune.api.expect<{ speakers: SpeakerListItem[] }>('GET', '/api/speakers');
    return speakers.find((speaker) => speaker.speakerId === speakerId);
  };
  const untilSeen = (what: string, condition: (speaker: SpeakerListItem) => boolean): Promise<void> =>
    until(
      what,
      async () => {
        const speaker = await listed(victim);
        return speaker !== undefined && condition(speaker);
      },
      180_000,
      POLL_MS,
    );

  it('says with its last breath that the mains are gone, falls silent, and is seen to come back', async () => {
    await inject({ mains: 'off' });
    await untilSeen('power lost', ({ live }) => live.faults.includes('power_lost') && live.rung !== 'offline');
    await inject({ power: 'off' });
    await untilSeen('disconnected', ({ live }) => live.rung === 'offline');
    expect((await listed('SIM-0002'))?.live).toMatchObject({ rung: 'receiving', faults: [] });
    await inject({ mains: 'on', power: 'on' });
    await untilSeen('back with mains', ({ live }) => live.rung === 'receiving' && live.faults.length === 0);
  });

  it('hears again soon when the carrier gives it other ports in mid-bulletin', async () => {
    const bulletin = await commune.bulletinFromText('Tin', 'Sáng mai Ủy ban nhân dân xã thu gom rác thải nguy hại tại các ấp.', 'normal');
    const hearing = (count: number): Promise<void> =>
      until(`${count} horns sound`, () => commune.simulatorStatus.hearing === count, HEARS_AGAIN_WITHIN_MS);
    const broadcastId = await commune.api.startBroadcast({
      title: bulletin.title,
      class: 'normal',
      content: { kind: 'bulletin', bulletinId: bulletin.bulletinId, repeat: LONG, pauseMs: 0 },
    });
    await hearing(2);
    await inject({ ports: 'new' });
    await hearing(1);
    await hearing(2);
    await commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, { reason: 'đủ rồi' });
  });

  it('keeps the history for the technician', async () => {
    const { faults } = await commune.api.expect<{ faults: { code: string; raisedAtMs: number; clearedAtMs: number | null }[] }>(
      'GET',
      `/api/speakers/${victim}`,
    );
    const [powerLost] = faults.filter((fault) => fault.code === 'power_lost');
    expect(powerLost?.clearedAtMs ?? 0).toBeGreaterThan(powerLost?.raisedAtMs ?? Number.POSITIVE_INFINITY);
  });
});
