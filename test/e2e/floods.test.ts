import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { ApiClient } from '../support/api-client.ts';
import { CommuneProcess } from '../support/commune-process.ts';
import { until } from '../support/until.ts';

/** Also a machine with other work answers within this; a flood that keeps somebody out does it for longer. */
const PATIENCE_MS = 20_000;
const ANNOUNCER = { username: 'lan.nguyen', password: 'con trâu đi cày buổi sớm' };

/** Whatever strangers and other people do, the announcer gets in and the emergency goes on air. The floods come from the announcer's own address, as behind one router. */
describe('through a flood', () => {
  let commune: CommuneProcess;
  let caPem: string;
  let bulletin: Bulletin;
  let announcerCookie: string;
  let viewerCookie: string;
  let people = 0;
  const sockets = new Set<Socket>();

  const keep = <Kind extends Socket>(socket: Kind): Kind => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    return socket;
  };
  const client = (more: { localAddress?: string; cookie?: string } = {}) =>
    new ApiClient({ port: commune.httpsPort, caPem, host: 'localhost', ...more });
  const silent = (port: number) => keep(connect({ port, host: 'localhost' }));

  /** A person with this role, past the first change of password. */
  async function person(username: string, role: string, password: string): Promise<string> {
    const { temporaryPassword } = await commune.api.expect<{ temporaryPassword: string }>('POST', '/api/users', {
      ...{ username, displayName: username, role, language: 'vi' },
    });
    people += 1;
    const api = client({ localAddress: `127.0.11.${people}` });
    await api.signIn(username, temporaryPassword);
    await api.expect('POST', '/api/account/password', { currentPassword: temporaryPassword, newPassword: password });
    const { cookie } = api;
    api.close();
    return cookie;
  }

  /** On a connection of its own, as from a page that was just opened. */
  async function pressTheButton(api: ApiClient = client({ cookie: announcerCookie })): Promise<void> {
    const attempt = async (): Promise<string> => {
      const broadcastId = await api.startBroadcast({
        class: 'emergency',
        content: { kind: 'bulletin', bulletinId: bulletin.bulletinId } as never,
      });
      await until(
        'the emergency is on air',
        async () => (await api.expect<BroadcastSummary>('GET', `/api/broadcasts/${broadcastId}`)).status === 'on_air',
        PATIENCE_MS,
      );
      return broadcastId;
    };
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const late = once(patience, 'abort').then(() => Promise.reject(new Error('the announcer did not get through')));
    const broadcastId = await Promise.race([attempt(), late]);
    await api.expect('POST', `/api/broadcasts/${broadcastId}/stop`, {});
    api.close();
  }

  beforeAll(async () => {
    commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 1 });
    await commune.start();
    caPem = commune.api.caPem;
    bulletin = await commune.bulletinFromText('Khẩn cấp', 'Nước sông đang dâng nhanh, bà con di chuyển đến nơi cao.', 'emergency');
    announcerCookie = await person(ANNOUNCER.username, 'announcer', ANNOUNCER.password);
    viewerCookie = await person('xem.nhieu', 'viewer', 'mot cau de nho that dai');
  }, 180_000);
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await until('the flood is over', () => sockets.size === 0);
  });
  afterAll(() => commune?.close());

  it('of 2 000 connections that say nothing', async () => {
    for (let round = 0; round < 20; round++) {
      const opened = Array.from({ length: 100 }, () => silent(commune.httpsPort));
      await Promise.all(opened.map((socket) => socket.readyState === 'open' || once(socket, 'connect')));
    }
    await pressTheButton();
    await until('most of them were ended', () => sockets.size <= 300);
  });

  it('of bodies that come byte by byte, from people without a session', async () => {
    const slow = Array.from({ length: 260 }, () =>
      keep(connectTls({ port: commune.httpsPort, host: 'localhost', ca: caPem, servername: 'localhost' })),
    );
    await Promise.all(slow.map((socket) => once(socket, 'secureConnect').catch(() => undefined)));
    const head =
      'POST /api/session HTTP/1.1\r\nHost: localhost\r\nx-loa-xa: 1\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{';
    for (const socket of slow) if (!socket.destroyed) socket.write(head);
    await pressTheButton();
  });

  it('of calls by a viewer beside them', async () => {
    const viewer = client({ cookie: viewerCookie });
    const statuses = new Set<number>();
    const lanes = Array.from({ length: 6 }, async () => {
      for (let call = 0; call < 230; call++) statuses.add((await viewer.call('GET', '/api/session')).status);
    });
    await Promise.all(lanes);
    expect(statuses).toContain(429);
    viewer.close();
    await pressTheButton();
  });

  it('of calls by strangers beside them', async () => {
    const stranger = client();
    const statuses = new Set<number>();
    const lanes = Array.from({ length: 6 }, async () => {
      for (let call = 0; call < 230; call++) statuses.add((await stranger.call('GET', '/api/session')).status);
    });
    await Promise.all(lanes);
    expect(statuses).toContain(429);
    stranger.close();
    await pressTheButton();
  });

  it('of guesses at the announcer’s password, which lock the place of the guesser and not the announcer’s own browser', async () => {
    const guess = async (localAddress: string, times: number): Promise<Set<number>> => {
      const guesser = client({ localAddress });
      const statuses = new Set<number>();
      for (let count = 0; count < times; count++)
        statuses.add((await guesser.call('POST', '/api/session', { ...ANNOUNCER, password: 'wrong wrong wrong' })).status);
      guesser.close();
      return statuses;
    };
    // 48 at once, and ten in a row from the announcer's own address.
    const many = await Promise.all(Array.from({ length: 24 }, (_, index) => guess(`127.0.7.${index + 1}`, 2)));
    expect(many.some((statuses) => statuses.has(401))).toBe(true);
    await guess('127.0.0.1', 10);
    const stranger = client({ localAddress: '127.0.0.1' });
    expect((await stranger.call('POST', '/api/session', ANNOUNCER)).status).toBe(429);
    stranger.close();
    const device = announcerCookie.split('; ').find((pair) => pair.startsWith('__Host-loaxa-device='));
    const announcer = client({ localAddress: '127.0.0.1', ...(device ? { cookie: device } : {}) });
    const storm = Promise.all(Array.from({ length: 24 }, (_, index) => guess(`127.0.8.${index + 1}`, 2)));
    await announcer.signIn(ANNOUNCER.username, ANNOUNCER.password);
    await pressTheButton(announcer);
    await storm;
  });

  it('of guesses from everywhere at an administrator who has lost every known device: the server’s command lets them in', async () => {
    const password = 'mot cau de nho rat la dai';
    await person('quan.tri', 'administrator', password);
    for (let index = 0; index < 110; index++) {
      const guesser = client({ localAddress: `127.0.9.${index + 1}` });
      await guesser.call('POST', '/api/session', { username: 'quan.tri', password: 'wrong wrong wrong' });
      guesser.close();
    }
    const administrator = client({ localAddress: '127.0.10.1' });
    expect((await administrator.call('POST', '/api/session', { username: 'quan.tri', password })).status).toBe(401);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.resolve('controller/unlock.ts'), 'Quan.Tri', '--data-dir', commune.dataDir],
      { env: { ...process.env, LOA_XA_LANGUAGE: 'en', NODE_NO_WARNINGS: '1' } },
    );
    expect(stdout).toContain('Unlocked.');
    await administrator.signIn('quan.tri', password);
    await pressTheButton(administrator);
  });

  it('of connections to the speaker port that say nothing', async () => {
    const opened = Array.from({ length: 1000 }, () => silent(commune.speakerPort));
    await Promise.all(opened.map((socket) => once(socket, 'connect')));
    await pressTheButton();
  });
});
