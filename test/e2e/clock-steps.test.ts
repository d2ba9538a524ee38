import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

describe('the server’s clock is set', () => {
  const clockFile = path.join(makeScratchFolder('clock'), 'off-by-ms');
  const setClock = (offMs: number): void => writeFileSync(clockFile, String(offMs));
  const commune = new CommuneProcess({
    hamlets: 1,
    clustersPerHamlet: 2,
    environment: {
      NODE_OPTIONS: `--import ${path.resolve(import.meta.dirname, '../support/set-clock.mjs')}`,
      LOA_XA_TEST_CLOCK: clockFile,
    },
  });
  let bulletin: Bulletin;

  const isHeard = (): boolean => commune.simulatorStatus.hearing === commune.clusterIds.length;
  const play = (): Promise<string> =>
    commune.api.startBroadcast({
      ...{ title: 'Giờ', class: 'normal', content: { kind: 'bulletin', bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 } },
    });
  const condition = async () => (await commune.api.liveSnapshot()).conditions.find(({ code }) => code === 'clock.stepped');

  beforeAll(async () => {
    setClock(0);
    await commune.start();
    bulletin = await commune.bulletinFromText('Bản tin', 'Bản tin này đủ dài để đồng hồ bị chỉnh khi nó đang phát. '.repeat(3));
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterAll(() => commune.close());

  it('back by an hour in mid-bulletin: nobody hears it, it is told, and the next bulletin is not held up', async () => {
    const broadcastId = await play();
    await until('every horn sounds', isHeard);
    setClock(-HOUR_MS);
    await until('it is told', async () => (await condition()) !== undefined, 20_000, 250);
    // The horns' own account of each second, to the end.
    let silentSeconds = 0;
    let last: unknown;
    await until(
      'it is over',
      async () => {
        const status = commune.simulatorStatus;
        const isOnAir = (await commune.broadcast(broadcastId)).status === 'on_air';
        if (status !== last && isOnAir && !isHeard()) silentSeconds += 1;
        last = status;
        return !isOnAir;
      },
      60_000,
      250,
    );
    // The last second may hold the end of the bulletin.
    expect(silentSeconds).toBeLessThanOrEqual(1);
    expect((await commune.broadcast(broadcastId)).status).toBe('finished');
    await until('the new time counts', async () => (await condition())?.clearedAtMs !== undefined, 20_000, 250);
    const next = await play();
    await until('every horn sounds', isHeard);
    await commune.api.expect('POST', `/api/broadcasts/${next}/stop`, {});
  });

  it('begun in 1970 after a power cut, and set when the network is there: the poles come back, and sound', async () => {
    await commune.killController();
    setClock(-Date.now());
    await commune.startController();
    setClock(0);
    await until('the new time counts', async () => (await condition())?.clearedAtMs !== undefined, 20_000, 250);
    await until(
      'the poles are back',
      async () => {
        const { speakers } = await commune.api.expect<{ speakers: { live: { rung: string } }[] }>('GET', '/api/speakers');
        return speakers.every(({ live }) => live.rung === 'receiving');
      },
      60_000,
      250,
    );
    commune.simulatorStatus = {};
    const next = await play();
    await until('every horn sounds', isHeard);
    await commune.api.expect('POST', `/api/broadcasts/${next}/stop`, {});
  });
});
