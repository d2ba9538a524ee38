import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuditPage } from '../../controller/protocol/accounts.ts';
import type { BroadcastList, BroadcastPreview, BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin, BulletinList } from '../../controller/protocol/programmes.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { type HangingDisk, hangReaders, mountHangingDisk, noHangingDisk } from '../support/hanging-disk.ts';
import { mountSmallDisk, noSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

/** The postmaster and its children, which don't name their folder. */
const POSTGRES = /postgres/;
const REDIS = /redis-(server|check-rdb)/;
/** An answer that waits for what hangs never comes; the figure itself (500 ms) is the bench's. */
const GENEROUS_MS = 5000;

const emergencyWith = ({ bulletinId }: Bulletin) => ({
  ...{ broadcastId: randomUUID(), title: 'Lũ', class: 'emergency', targets: { everything: true } },
  content: { kind: 'bulletin', bulletinId, repeat: 20, pauseMs: 0 },
});

describe('while a private server hangs', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 2 });
  let warning: Bulletin;
  let stopped: number[] = [];
  let disk: HangingDisk | undefined;

  /** SIGSTOP: alive by every look from outside, and never an answer. */
  function hang(name: RegExp): void {
    stopped = commune.children(name);
    expect(stopped.length).toBeGreaterThan(0);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  }
  function goOn(): void {
    for (const pid of stopped.splice(0)) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It was ended while it was stopped.
      }
    }
  }
  async function soon<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const startMs = performance.now();
    const answer = await commune.api.expect<Body>(method, path, body);
    expect(performance.now() - startMs, `${method} ${path}`).toBeLessThan(GENEROUS_MS);
    return answer;
  }
  const emergency = () => emergencyWith(warning);
  /** By the horns' own account of the last second. */
  const hearing = (): number => Number(commune.simulatorStatus.hearing ?? 0);
  const isReady = async (): Promise<boolean> => (await commune.api.call('GET', '/health/ready')).status === 200;

  beforeAll(async () => {
    if (noHangingDisk === undefined) {
      mkdirSync(commune.dataDir);
      disk = mountHangingDisk(600, commune.dataDir);
    }
    await commune.start();
    warning = await commune.bulletinFromText('Lũ', 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.', 'emergency');
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterEach(() => {
    disk?.answer();
    goOn();
  });
  afterAll(async () => {
    await commune.close();
    disk?.close();
  });

  it('PostgreSQL: an emergency is found, said, fired and heard, a stop silences it, and it stays silent after a kill', async () => {
    hang(POSTGRES);
    // All that a person opens on the way to the button.
    await soon('GET', '/api/session');
    const { bulletins } = await soon<BulletinList>('GET', '/api/bulletins?status=ready&class=emergency');
    expect(bulletins.map(({ bulletinId }) => bulletinId)).toEqual([warning.bulletinId]);
    await soon('GET', '/api/bulletins?status=ready&topic=%C4%90%C3%ADnh%20ch%C3%ADnh');
    expect((await commune.api.liveSnapshot()).type).toBe('snapshot');
    const wanted = emergency();
    expect((await soon<BroadcastPreview>('POST', '/api/broadcasts/preview', wanted)).refusal).toBeUndefined();
    const begun = await soon<BroadcastSummary>('POST', '/api/broadcasts', wanted);
    expect(begun).toMatchObject({ status: 'on_air', stored: true });
    await until('every horn sounds', () => hearing() === commune.clusterIds.length);
    expect((await soon<BroadcastList>('GET', '/api/broadcasts')).broadcasts).toMatchObject([{ broadcastId: wanted.broadcastId }]);
    await until('it is told', async () => (await commune.api.liveSnapshot()).conditions.some(({ code }) => code === 'store.away'));
    // Whoever speaks an emergency needs a microphone.
    await soon('POST', '/api/microphones');
    const health = await commune.api.call('GET', '/health');
    expect([health.status, health.body]).toMatchObject([200, { live: true, ready: false }]);
    expect(await isReady()).toBe(false);

    const over = await soon<BroadcastSummary>('POST', `/api/broadcasts/${wanted.broadcastId}/stop`, { reason: 'báo nhầm' });
    expect(over).toMatchObject({ status: 'stopped', stored: true });
    await until('every horn is silent', () => hearing() === 0);
    await commune.killController();
    // PostgreSQL is still stopped, as it was when everything was killed.
    await commune.startController();
    stopped = [];
    await until('it is ready', isReady, 60_000, 250);
    expect((await commune.broadcast(wanted.broadcastId)).status).toBe('stopped');
    expect((await soon<BroadcastList>('GET', '/api/broadcasts')).broadcasts).toEqual([]);
    await until(
      'the audit trail has it all, once',
      async () => {
        const { entries } = await commune.api.expect<AuditPage>('GET', '/api/audit?limit=50');
        const actions = entries.filter(({ detail, target }) => JSON.stringify([detail, target]).includes(wanted.broadcastId));
        return (
          actions
            .map(({ action }) => action)
            .sort()
            .join() === 'broadcast.accepted,broadcast.over,broadcast.stopped'
        );
      },
      30_000,
      250,
    );
    expect(await commune.api.expect('GET', '/api/audit/verify')).toMatchObject({ intact: true });
    await until('the poles are back', () => commune.simulatorStatus.receiving === commune.clusterIds.length, 60_000);
    expect(hearing()).toBe(0);
  }, 180_000);

  it('PostgreSQL, for a while: everything is in the database when it goes on', async () => {
    hang(POSTGRES);
    const wanted = emergency();
    await soon('POST', '/api/broadcasts', wanted);
    await until('every horn sounds', () => hearing() === commune.clusterIds.length);
    await until('it counts as away', async () => !(await isReady()));
    await soon('POST', `/api/broadcasts/${wanted.broadcastId}/stop`, {});
    goOn();
    await until('it is ready', isReady, 60_000, 250);
    await until(
      'its log is complete',
      async () => {
        const { entries } = await commune.api.expect<{ entries: { kind: string }[] }>('GET', `/api/broadcasts/${wanted.broadcastId}/log`);
        return ['accepted', 'start', 'stopped'].every((kind) => entries.filter((entry) => entry.kind === kind).length === 1);
      },
      30_000,
      250,
    );
  }, 120_000);

  it('Redis: neither the emergency nor its stop notices', async () => {
    hang(REDIS);
    const wanted = emergency();
    expect(await soon('POST', '/api/broadcasts', wanted)).toMatchObject({ status: 'on_air', stored: true });
    await until('every horn sounds', () => hearing() === commune.clusterIds.length);
    expect(await soon('POST', `/api/broadcasts/${wanted.broadcastId}/stop`, {})).toMatchObject({ status: 'stopped', stored: true });
    await until('every horn is silent', () => hearing() === 0);
    expect((await commune.api.call('GET', '/health')).status).toBe(200);
  }, 120_000);

  it.skipIf(noHangingDisk)(
    'the data disk, for readers and writers: a prepared emergency is heard, another says what it can’t do',
    async () => {
      const ordinary = await commune.bulletinFromText('Lịch tiêm', 'Trạm y tế tiêm chủng vào sáng thứ bảy.', 'normal');
      const masters = execFileSync('find', [path.join(commune.dataDir, 'masters'), '-name', '*.opus'], { encoding: 'utf8' })
        .trim()
        .split('\n');
      expect(masters).toHaveLength(2);
      const release = masters.map(hangReaders);
      // More downloads than the process has threads for files.
      const downloads = Array.from({ length: 40 }, () =>
        commune.api.call('GET', `/api/bulletins/${ordinary.bulletinId}/audio`).catch(() => undefined),
      );
      disk?.hang();
      try {
        // The console's own files need a thread, too, from another disk.
        expect((await commune.api.call('GET', '/')).raw.length).toBeGreaterThan(0);
        const wanted = emergency();
        const begun = await soon<BroadcastSummary>('POST', '/api/broadcasts', wanted);
        expect(begun).toMatchObject({ status: 'on_air', stored: false });
        // Behind its attention signal, which needs no disk, comes the message.
        const messageMs = (begun.attention?.durationMs ?? 0) + 2000;
        const positionMs = async () => (await soon<BroadcastList>('GET', '/api/broadcasts')).broadcasts[0]?.positionMs ?? 0;
        await until('the message is on the air', async () => (await positionMs()) > messageMs, 30_000, 250);
        expect(hearing()).toBe(commune.clusterIds.length);
        await commune.api.call('POST', `/api/broadcasts/${wanted.broadcastId}/stop`, {});
        await until('every horn is silent', () => hearing() === 0);
        const { broadcastId } = await soon<BroadcastSummary>('POST', '/api/broadcasts', emergencyWith(ordinary));
        await until('it says what it can’t do', () => commune.logged('air.disk_silent').length > 0, 60_000);
        expect((await soon<BroadcastList>('GET', '/api/broadcasts')).broadcasts.some((one) => one.broadcastId === broadcastId)).toBe(false);
      } finally {
        disk?.answer();
        for (const letGo of release) letGo();
      }
      await Promise.all(downloads);
      await until('it is ready', isReady, 60_000, 250);
    },
    180_000,
  );
});

describe.skipIf(noSmallDisk)(`on a disk that is full, for PostgreSQL and for the local journal ${noSmallDisk ?? ''}`, () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 2 });
  let disk: SmallDisk;
  let warning: Bulletin;

  beforeAll(async () => {
    mkdirSync(commune.dataDir);
    disk = mountSmallDisk(500, commune.dataDir);
    await commune.start();
    warning = await commune.bulletinFromText('Lũ', 'Nước lũ đang lên nhanh, bà con di dời ngay đến nơi cao.', 'emergency');
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterAll(async () => {
    disk?.free();
    await commune.close();
    disk?.close();
  });

  it('emergencies sound and are stopped, again and again, and everything goes on when there is room', async () => {
    const hearing = (): number => Number(commune.simulatorStatus.hearing ?? 0);
    await until('room is reserved', () => commune.hasReserves(), 60_000, 250);
    disk.fill();
    let last: BroadcastSummary | undefined;
    const given: string[] = [];
    for (let round = 1; round <= 3; round++) {
      const wanted = emergencyWith(warning);
      const startMs = performance.now();
      last = await commune.api.expect<BroadcastSummary>('POST', '/api/broadcasts', wanted);
      expect(last.status).toBe('on_air');
      await until('every horn sounds', () => hearing() === commune.clusterIds.length);
      const stopMs = performance.now();
      last = await commune.api.expect<BroadcastSummary>('POST', `/api/broadcasts/${wanted.broadcastId}/stop`, {});
      expect(last).toMatchObject({ status: 'stopped', stored: true });
      given.push(wanted.broadcastId);
      expect(performance.now() - stopMs).toBeLessThan(GENEROUS_MS);
      expect(performance.now() - startMs).toBeLessThan(2 * GENEROUS_MS);
      await until('every horn is silent', () => hearing() === 0);
    }
    expect((await commune.api.call('GET', '/health')).status).toBe(200);
    expect((await commune.api.call('GET', '/health/ready')).status).toBe(503);
    // Nothing that was acknowledged is lost with the process, and it starts without one free byte.
    await commune.killController();
    disk.fill();
    await commune.startController();
    disk.free();
    await until('it is ready', async () => (await commune.api.call('GET', '/health/ready')).status === 200, 90_000, 250);
    await until(
      'the last stop is stored',
      async () => {
        const { broadcasts } = await commune.api.expect<BroadcastList>('GET', '/api/broadcasts?view=history');
        return broadcasts.some((one) => one.broadcastId === last?.broadcastId && one.status === 'stopped' && one.stored);
      },
      60_000,
      250,
    );
    await until('every emergency and every stop is in the audit trail', async () => {
      const { entries } = await commune.api.expect<AuditPage>('GET', '/api/audit?limit=200');
      const has = (action: string, target: string): boolean => entries.some((one) => one.action === action && one.target === target);
      return given.every((id) => has('broadcast.accepted', id) && has('broadcast.stopped', `/api/broadcasts/${id}/stop`));
    });
    expect(await commune.api.expect('GET', '/api/audit/verify')).toMatchObject({ intact: true, lostEntries: 0 });
    for (const id of given) expect((await commune.api.call('GET', `/api/broadcasts/${id}/audio`)).status).toBe(200);
  }, 240_000);
});
