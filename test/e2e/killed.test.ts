import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastLogEntry } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { isAlive, until } from '../support/until.ts';

const POSTGRES = /postgres.* -D /;
const REDIS = /redis-(server|check-rdb)/;
const WORKER = /mediasoup-worker/;
const FFMPEG = /ffmpeg/;

describe('whatever is killed', () => {
  const commune = new CommuneProcess({ hamlets: 2, clustersPerHamlet: 2 });
  let bulletin: Bulletin;

  beforeAll(async () => {
    await commune.start();
    const sentence = 'Bản tin này đủ dài để có thứ bị ngắt giữa chừng, và vẫn phải đi hết đến tai bà con. ';
    bulletin = await commune.bulletinFromText('Bản tin dài', sentence.repeat(3));
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterAll(() => commune.close());

  /** By the horns' own account of the last second. */
  const allHear = (broadcastId: string): boolean => {
    const { hearing, broadcastIds } = commune.simulatorStatus as { hearing?: number; broadcastIds?: string[] };
    return hearing === commune.clusterIds.length && broadcastIds?.length === 1 && broadcastIds[0] === broadcastId;
  };
  const begin = async (title: string): Promise<string> => {
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 };
    const broadcastId = await commune.api.startBroadcast({ title, class: 'normal', content });
    await until('every horn sounds', () => allHear(broadcastId));
    return broadcastId;
  };
  const logOf = async (broadcastId: string): Promise<string> => {
    const answer = await commune.api.expect<BroadcastLogEntry[] | { log: BroadcastLogEntry[] }>(
      'GET',
      `/api/broadcasts/${broadcastId}/log`,
    );
    return JSON.stringify(answer);
  };

  it('the controller: what was acknowledged is there, what was on air goes on, nothing is left running', async () => {
    const planned = await commune.api.startBroadcast({
      title: 'Đã xác nhận',
      class: 'normal',
      content: { kind: 'bulletin', bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 },
      startsAtMs: Date.now() + 3_600_000,
    });
    const broadcastId = await begin('Bị ngắt điện');
    const orphans = [...commune.children(POSTGRES), ...commune.children(REDIS), ...commune.children(WORKER)];
    expect(orphans.length).toBeGreaterThanOrEqual(3);
    await commune.killController();
    await until('the private servers and the worker are gone', () => !orphans.some(isAlive));
    await commune.startController();
    await until('every horn sounds again', () => allHear(broadcastId));
    const over = await commune.broadcastOver(broadcastId);
    expect(over.status).toBe('finished');
    expect(over.positionMs).toBeGreaterThan((bulletin.durationMs ?? 0) - 1000);
    expect(await logOf(broadcastId)).toMatch(/resum|restart/i);
    expect((await commune.broadcast(planned)).status).toBe('planned');
    await commune.api.expect('POST', `/api/broadcasts/${planned}/stop`, {});
  });

  it('Redis: what is on air does not notice, and new bulletins are made', async () => {
    const broadcastId = await begin('Redis chết');
    const [redis] = commune.children(REDIS);
    process.kill(redis ?? 0, 'SIGKILL');
    await until('it is said', () =>
      commune.logged('private server').some((line) => line.includes('Redis') && /died|ended|restart/i.test(line)),
    );
    await commune.bulletinFromText('Sau khi Redis chết', 'Vẫn làm được bản tin mới.');
    expect((await commune.broadcastOver(broadcastId)).status).toBe('finished');
    expect(commune.children(REDIS).length).toBeGreaterThan(0);
    expect(commune.children(REDIS)).not.toContain(redis);
  });

  it('PostgreSQL: the broadcast sounds to its end and is in the log', async () => {
    const broadcastId = await begin('PostgreSQL chết');
    const before = commune.children(POSTGRES);
    // The postmaster is the first; its children die with it.
    process.kill(before[0] ?? 0, 'SIGKILL');
    await until(
      'the database is back',
      async () => (await commune.api.call('GET', '/health')).status === 200 && !commune.children(POSTGRES).includes(before[0] ?? 0),
      60_000,
      250,
    );
    expect(allHear(broadcastId)).toBe(true);
    expect((await commune.broadcastOver(broadcastId)).status).toBe('finished');
  });

  it('the media worker: every horn comes back by itself, and the broadcast goes on', async () => {
    const broadcastId = await begin('Máy phát chết');
    const [worker] = commune.children(WORKER);
    process.kill(worker ?? 0, 'SIGKILL');
    await until('another worker runs', () => commune.children(WORKER).some((pid) => pid !== worker));
    commune.simulatorStatus = {};
    await until('the horns sound again', () => allHear(broadcastId));
    const over = await commune.broadcastOver(broadcastId);
    expect(over.status).toBe('finished');
  });

  it('ffmpeg: the bulletin is made all the same, or says why not', async () => {
    const wav = path.join(commune.dataDir, '../long.wav');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(2*PI*300*t)*sin(2*PI*3*t):d=600:s=44100', wav]);
    const answer = await commune.api.upload<Bulletin>('/api/bulletins', wav, { title: 'Bị giết giữa chừng', class: 'normal' });
    expect(answer.status).toBe(202);
    let victims: number[] = [];
    await until('ffmpeg works', () => {
      victims = commune.children(FFMPEG);
      return victims.length > 0;
    });
    for (const victim of victims) if (isAlive(victim)) process.kill(victim, 'SIGKILL');
    let last: Bulletin | undefined;
    await until(
      'it has an end',
      async () => {
        last = await commune.api.expect<Bulletin>('GET', `/api/bulletins/${answer.body.bulletinId}`);
        return last.status === 'ready' || last.status === 'failed';
      },
      120_000,
      250,
    );
    if (last?.status === 'failed') expect(last.failure?.vi.length).toBeGreaterThan(20);
    else expect(last?.durationMs).toBeGreaterThan(599_000);
  });
});
