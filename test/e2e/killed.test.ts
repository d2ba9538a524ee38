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
/** Times of the bulletin that outlast any recovery; the broadcast is stopped by hand. */
const LONG = 10;
/** What may sound between our look at the position and the kill. */
const UNSEEN_MS = 5000;

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
  const begin = async (title: string, repeat = 1): Promise<string> => {
    const content = { kind: 'bulletin' as const, bulletinId: bulletin.bulletinId, repeat, pauseMs: 0 };
    const broadcastId = await commune.api.startBroadcast({ title, class: 'normal', content });
    await until('every horn sounds', () => allHear(broadcastId));
    return broadcastId;
  };
  /** Ends a broadcast that was made too long to end by itself, however slow the machine is. */
  const stopped = async (broadcastId: string): Promise<string> => {
    await commune.api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    return (await commune.broadcastOver(broadcastId)).status;
  };
  const only = (name: RegExp): number => commune.children(name)[0] ?? expect.fail(`no process ${name}`);
  /** Whoever opens the console now reads that it died and is back, and that nothing that came of it lasts. */
  const consoleSaysOver = (code: string): Promise<void> =>
    until(
      `the console says that ${code} is over`,
      async () => {
        const { conditions } = await commune.api.liveSnapshot();
        return conditions.some((one) => one.code === code) && conditions.every((one) => one.clearedAtMs !== undefined);
      },
      60_000,
      250,
    );
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
    const broadcastId = await begin('Bị ngắt điện', 2);
    const orphans = [...commune.children(POSTGRES), ...commune.children(REDIS), ...commune.children(WORKER)];
    expect(orphans.length).toBeGreaterThanOrEqual(3);
    let killedAtLeastMs = 0;
    await until(
      'it is well past a checkpoint',
      async () => {
        killedAtLeastMs = (await commune.broadcast(broadcastId)).positionMs;
        return killedAtLeastMs > 5000;
      },
      30_000,
      250,
    );
    await commune.killController();
    await until('the private servers and the worker are gone', () => !orphans.some(isAlive));
    await commune.startController();
    await until('every horn sounds again', () => allHear(broadcastId));
    const over = await commune.broadcastOver(broadcastId);
    expect(over.status).toBe('finished');
    expect(over.positionMs).toBeGreaterThan((over.durationMs ?? 0) - 1000);
    // From the last checkpoint: some words twice, none lost.
    const resumedFromMs = Number(/"controller_restarted".*?"positionMs":([\d.]+)/.exec(await logOf(broadcastId))?.[1]);
    expect(resumedFromMs).toBeGreaterThan(0);
    expect(resumedFromMs).toBeLessThan(killedAtLeastMs + UNSEEN_MS);
    expect((await commune.broadcast(planned)).status).toBe('planned');
    await commune.api.expect('POST', `/api/broadcasts/${planned}/stop`, {});
  });

  it('Redis: what is on air does not notice, and new bulletins are made', async () => {
    const broadcastId = await begin('Redis chết');
    const redis = only(REDIS);
    process.kill(redis, 'SIGKILL');
    await consoleSaysOver('engine.redis');
    await commune.bulletinFromText('Sau khi Redis chết', 'Vẫn làm được bản tin mới.');
    expect((await commune.broadcastOver(broadcastId)).status).toBe('finished');
    expect(commune.children(REDIS).length).toBeGreaterThan(0);
    expect(commune.children(REDIS)).not.toContain(redis);
  });

  it('PostgreSQL: the broadcast sounds on and is in the log', async () => {
    const broadcastId = await begin('PostgreSQL chết', LONG);
    // The postmaster is the first; its children die with it.
    const postmaster = only(POSTGRES);
    process.kill(postmaster, 'SIGKILL');
    await until(
      'the database is back',
      async () => (await commune.api.call('GET', '/health/ready')).status === 200 && !commune.children(POSTGRES).includes(postmaster),
      60_000,
      250,
    );
    await until('every horn sounds', () => allHear(broadcastId));
    await consoleSaysOver('engine.postgresql');
    expect(await stopped(broadcastId)).toBe('stopped');
    expect(await logOf(broadcastId)).toContain('"stopped"');
  });

  it('the media worker: every horn comes back by itself, and the broadcast goes on', async () => {
    const broadcastId = await begin('Máy phát chết', LONG);
    const worker = only(WORKER);
    process.kill(worker, 'SIGKILL');
    await until('another worker runs', () => commune.children(WORKER).some((pid) => pid !== worker));
    commune.simulatorStatus = {};
    await until('the horns sound again', () => allHear(broadcastId));
    await consoleSaysOver('distribution.worker_died');
    expect(await stopped(broadcastId)).toBe('stopped');
  });

  it('ffmpeg: the bulletin is made all the same', async () => {
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
    expect(last?.failure ?? last?.status).toBe('ready');
    expect(last?.durationMs).toBeGreaterThan(599_000);
  });
});
