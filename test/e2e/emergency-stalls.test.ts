import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastSummary, ClusterOutcome } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { until } from '../support/until.ts';

const POLL_MS = 300;
/** An emergency is sent up to six seconds ahead: a pole to which a stop did not reach would sound for so long. */
const SILENT_SOON_MS = 3000;

/** The controller and the media workers as they run in the field, stopped for a moment by the kernel, and real speakers' firmware. */
describe('an emergency on a machine that stands still', () => {
  const commune = new CommuneProcess({ hamlets: 2, clustersPerHamlet: 3 });
  let warning: Bulletin;
  let correction: Bulletin;

  beforeAll(async () => {
    await commune.start();
    warning = await commune.bulletinFromText('Lũ', 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.', 'emergency');
    correction = await commune.bulletinFromText('Nhầm', 'Thông báo vừa rồi là nhầm. Không có lũ. Mong bà con yên tâm.', 'emergency');
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterAll(() => commune.close());

  const begin = (bulletin: Bulletin, more: Record<string, unknown> = {}): Promise<string> =>
    commune.api.startBroadcast({
      title: bulletin.title,
      class: 'emergency',
      content: { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 },
      ...more,
    });
  const outcomesOf = async (broadcastId: string): Promise<ClusterOutcome[]> =>
    (await commune.api.expect<{ outcomes: ClusterOutcome[] }>('GET', `/api/broadcasts/${broadcastId}/outcomes`)).outcomes;
  const heardBy = (broadcastId: string, count: number): Promise<void> =>
    until(
      `${count} poles say that they sound it`,
      async () => (await commune.broadcast(broadcastId)).hearingClusters === count,
      60_000,
      POLL_MS,
    );
  const heardWhole = async (broadcastId: string): Promise<void> => {
    await until(
      'every pole has heard all of it',
      async () => (await outcomesOf(broadcastId)).every(({ outcome }) => outcome === 'whole'),
      120_000,
      POLL_MS,
    );
    expect(await outcomesOf(broadcastId)).toHaveLength(6);
  };
  const standStill = async (pids: readonly number[], forMs: number): Promise<void> => {
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, forMs));
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };

  it.each([
    ['the media workers', 3000],
    ['the media workers', 1200],
    ['the controller', 1200],
    ['the controller', 300],
  ])('is heard whole on every pole when %s stand still for %i ms after the button', async (part, forMs) => {
    const broadcastId = await begin(warning);
    await standStill(part === 'the controller' ? [commune.controller?.pid ?? 0] : commune.children(/mediasoup-worker/), forMs);
    expect(await commune.broadcastOver(broadcastId)).toMatchObject({ status: 'finished' });
    await heardWhole(broadcastId);
  });

  it('is silent at once when it is stopped, however far ahead it was sent, and the poles that sound its correction are counted', async () => {
    const falseAlarm = await begin(warning, {
      content: { kind: 'bulletin', bulletinId: warning.bulletinId, repeat: 'until_stopped', pauseMs: 0 },
    });
    await heardBy(falseAlarm, 6);
    const stopAtMs = Date.now();
    const stopped = await commune.api.expect<BroadcastSummary>('POST', `/api/broadcasts/${falseAlarm}/stop`, { reason: 'báo nhầm' });
    expect(stopped.status).toBe('stopped');
    const corrected = await begin(correction, { emergencyKind: 'correction' });
    await heardBy(corrected, 6);
    await commune.broadcastOver(corrected);
    await heardWhole(corrected);
    const outcomes = await outcomesOf(falseAlarm);
    for (const { lastSoundAtMs } of outcomes) expect(lastSoundAtMs ?? Number.POSITIVE_INFINITY).toBeLessThan(stopAtMs + SILENT_SOON_MS);
  });
});
