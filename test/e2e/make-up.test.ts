import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastLogEntry, BroadcastSummary, ClusterOutcome } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { until } from '../support/until.ts';

const POLL_MS = 500;
/** Alone in its hamlet, beside neighbours in the other: what is given to it again must be heard by nobody else. */
const DEAF = { speakerId: 'SIM-0004', clusterId: 'ap-02-c1' };

/** The controller as it runs in the field, and real speakers' firmware, of which one stands still during an emergency. */
describe('an emergency that one pole missed', () => {
  const commune = new CommuneProcess({ hamlets: 2, clustersPerHamlet: 3 });
  let bulletin: Bulletin;
  let news: Bulletin;

  beforeAll(async () => {
    await commune.start();
    bulletin = await commune.bulletinFromText('Lũ', 'Nước lũ đang lên. Bà con ấp hai lên chỗ cao ngay.', 'emergency');
    news = await commune.bulletinFromText('Tin', 'Sáng mai Ủy ban nhân dân xã thu gom rác thải nguy hại tại các ấp.', 'normal');
    await commune.startSimulator({ network: 'lan', extra: ['--control-port', '0'] });
  }, 180_000);
  afterAll(() => commune.close());

  const inject = async (command: Record<string, unknown>): Promise<void> => {
    const announced = commune.logged('fault switchboard').at(-1) ?? '';
    const [, url, token] = /(http:\/\/\S+) token (\S+)/.exec(announced) ?? [];
    const answer = await fetch(`${url}/faults`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ speakers: [DEAF.speakerId], ...command }),
    });
    expect(answer.status, await answer.text()).toBe(200);
  };
  const outcomesOf = async (broadcastId: string): Promise<ClusterOutcome[]> =>
    (await commune.api.expect<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`)).outcomes;
  const logOf = async (broadcastId: string): Promise<BroadcastLogEntry[]> =>
    (await commune.api.expect<{ entries: BroadcastLogEntry[] }>('GET', `/api/broadcasts/${broadcastId}/log`)).entries;
  const makeUpsOf = async (broadcastId: string): Promise<BroadcastSummary[]> => {
    const { broadcasts } = await commune.api.expect<{ broadcasts: BroadcastSummary[] }>('GET', '/api/broadcasts?view=history');
    return broadcasts.filter((broadcast) => broadcast.makesUpFor === broadcastId);
  };

  it('reaches it in a pass of its own, once it sounds again, and nobody else hears it twice', async () => {
    await inject({ firmware: 'playout' });
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    const broadcastId = await commune.api.startBroadcast({ title: 'Lũ', class: 'emergency', content });
    expect(await commune.broadcastOver(broadcastId)).toMatchObject({ status: 'finished' });
    // Not before: a pole that is ten seconds late sounds all of it late, and misses nothing.
    await until('it is named', async () => (await logOf(broadcastId)).some((line) => line.kind === 'not_heard'), 30_000, POLL_MS);
    await inject({ firmware: 'ok' });
    await until(
      'all have heard it',
      async () => (await outcomesOf(broadcastId)).every((outcome) => outcome.outcome === 'whole'),
      120_000,
      POLL_MS,
    );
    const outcomes = await outcomesOf(broadcastId);
    expect(outcomes.filter((outcome) => outcome.madeUp).map((outcome) => outcome.clusterId)).toEqual([DEAF.clusterId]);
    const makeUps = await makeUpsOf(broadcastId);
    expect(makeUps.every((makeUp) => makeUp.clusterIds.join() === DEAF.clusterId)).toBe(true);
    for (const makeUp of makeUps) {
      const elsewhere = (await outcomesOf(makeUp.broadcastId)).filter((outcome) => outcome.clusterId !== DEAF.clusterId);
      expect(elsewhere).toEqual([]);
    }
    await until(
      'nothing is left to do',
      async () => (await logOf(broadcastId)).some((line) => line.kind === 'make_up_over'),
      30_000,
      POLL_MS,
    );
    const log = await logOf(broadcastId);
    expect(log.findLast((line) => line.kind === 'make_up_over')?.detail).toEqual({ why: 'done', notHeard: [] });
  });

  it('reaches it before the bulletin goes on that it interrupted, and beside nobody who sounds something else', async () => {
    const newsId = await commune.api.startBroadcast({
      ...{ title: 'Tin', class: 'normal', content: { kind: 'bulletin', bulletinId: news.bulletinId, repeat: 30, pauseMs: 0 } },
    });
    await until('all sound it', async () => (await commune.broadcast(newsId)).hearingClusters === 6, 60_000, POLL_MS);
    await inject({ firmware: 'playout' });
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    const broadcastId = await commune.api.startBroadcast({ title: 'Lũ', class: 'emergency', content });
    const flood = await commune.broadcastOver(broadcastId);
    await inject({ firmware: 'ok' });
    await until('the missing pole gets it again', async () => (await makeUpsOf(broadcastId)).length > 0, 120_000, POLL_MS);
    const goesOn = (await logOf(newsId)).filter((line) => line.kind === 'resume' || line.kind === 'shift');
    const [makeUp] = (await makeUpsOf(broadcastId)).slice(-1);
    const heldOff = Object.keys((goesOn.find((line) => line.kind === 'resume')?.detail.heldOff ?? {}) as Record<string, string>);
    expect(heldOff.sort()).toEqual(['ap-02-c1', 'ap-02-c2', 'ap-02-c3']);
    expect(goesOn[0]?.atMs).toBeGreaterThanOrEqual(flood.endedAtMs ?? Number.POSITIVE_INFINITY);
    await until(
      'the bulletin sounds everywhere again',
      async () => (await commune.broadcast(newsId)).hearingClusters === 6,
      60_000,
      POLL_MS,
    );
    const back = (await logOf(newsId)).find((line) => line.kind === 'shift' && (line.detail.gained as string[]).includes('ap-02-c2'));
    expect(back?.atMs).toBeGreaterThanOrEqual(makeUp?.endedAtMs ?? Number.POSITIVE_INFINITY);
    await commune.api.expect('POST', `/api/broadcasts/${newsId}/stop`, {});
    await until(
      'all have heard it',
      async () => (await outcomesOf(broadcastId)).every((outcome) => outcome.outcome === 'whole'),
      120_000,
      POLL_MS,
    );
  });

  it('reaches it when its power is back, after it was named as cut off, in one pass', async () => {
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    await inject({ power: 'off' });
    await until(
      'the controller sees that it is gone',
      async () => {
        const { speakers } = await commune.api.expect<{ speakers: { speakerId: string; live: { rung: string } }[] }>(
          'GET',
          '/api/speakers',
        );
        return speakers.find((speaker) => speaker.speakerId === DEAF.speakerId)?.live.rung === 'offline';
      },
      120_000,
      POLL_MS,
    );
    const broadcastId = await commune.api.startBroadcast({ title: 'Lũ', class: 'emergency', content });
    expect(await commune.broadcastOver(broadcastId)).toMatchObject({ status: 'finished' });
    await until(
      'it is named, with the cause',
      async () => (await outcomesOf(broadcastId)).some(({ clusterId, cause }) => clusterId === DEAF.clusterId && cause?.code === 'offline'),
      30_000,
      POLL_MS,
    );
    expect(await makeUpsOf(broadcastId)).toEqual([]);
    await inject({ power: 'on' });
    await until(
      'all have heard it',
      async () => (await outcomesOf(broadcastId)).every((outcome) => outcome.outcome === 'whole'),
      120_000,
      POLL_MS,
    );
    expect((await makeUpsOf(broadcastId)).map((makeUp) => makeUp.clusterIds)).toEqual([[DEAF.clusterId]]);
  });
});
