import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../controller/app.ts';
import { readConfig } from '../../controller/config.ts';
import type { Role } from '../../controller/protocol/roles.ts';
import { createLogger } from '../../controller/telemetry/logger.ts';
import { OUR_HEADER, signIn } from '../support/http-app.ts';
import { findAccessViolations } from '../support/route-access.ts';
import { makeScratchFolder } from '../support/scratch-folder.ts';

/** Every route of the whole controller, as everybody. (That those who may are let in is seen route by route in the slices' tests.) */
describe('who may do what', () => {
  let app: App;
  const cookies = new Map<Role, Promise<string>>();
  const cookieOf = (role: Role): Promise<string> => {
    let cookie = cookies.get(role);
    if (!cookie) {
      cookie = signIn(app.accounts, role);
      cookies.set(role, cookie);
    }
    return cookie;
  };

  beforeAll(async () => {
    const folder = makeScratchFolder('roles');
    chmodSync(folder, 0o711);
    const config = readConfig({
      LOA_XA_DATA_DIR: path.join(folder, 'data'),
      LOA_XA_HTTPS_PORT: '0',
      LOA_XA_SPEAKER_PORT: '0',
      LOA_XA_MEDIA_PORTS: '39000-39199',
      LOA_XA_DEMO: '0',
      MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN,
    });
    app = await createApp(config, { logger: createLogger({ level: 'silent' }), callsPerMinute: 1e9 });
  });
  afterAll(() => app?.close());

  it('is refused to everybody whom a route does not name', async () => {
    expect(app.routes.length).toBeGreaterThan(50);
    expect(await findAccessViolations({ inject: app.inject, routes: app.routes, cookieOf, enter: false })).toEqual([]);
  });

  it('is open to strangers only where nothing can be done or learned', () => {
    const open = app.routes.filter((route) => route.roles === 'public').map((route) => `${route.method} ${route.path}`);
    expect(open.sort()).toEqual(['GET /ca.crt', 'GET /health', 'GET /health/ready', 'GET /metrics', 'POST /api/session']);
  });

  it('keeps the air from those who only look or repair', () => {
    const mayAir = app.routes.filter((route) => route.method === 'POST' && /^\/api\/(broadcasts|microphones)/.test(route.path));
    expect(mayAir.length).toBeGreaterThanOrEqual(5);
    for (const route of mayAir) {
      expect(route.roles, route.path).not.toContain('viewer');
      expect(route.roles, route.path).not.toContain('technician');
    }
  });

  it('shows the password of a station to those who may change it, and to nobody else', async () => {
    const secret = 'mat-khau-cua-dai';
    const url = `https://dai:${secret}@radio.example/live?khoa=${secret}`;
    const as = async (role: Role, method: 'GET' | 'POST', path: string, payload?: object) =>
      app.inject({ method, url: path, headers: { ...OUR_HEADER, cookie: await cookieOf(role) }, ...(payload ? { payload } : {}) });
    await as('administrator', 'POST', '/api/hamlets', { hamletId: 'ap-01', name: 'Ấp 1', position: 1 });
    await as('administrator', 'POST', '/api/clusters', { clusterId: 'ap-01-c1', hamletId: 'ap-01', name: 'Cụm 1', kind: 'ip' });
    const content = { kind: 'relay', url, durationMs: 600_000 };
    const schedule = { id: 'tiep-am', name: 'Tiếp âm', dailyTimes: ['05:00'], content };
    expect((await as('announcer', 'POST', '/api/schedules', schedule)).statusCode).toBe(201);
    const broadcastId = randomUUID();
    const broadcast = {
      broadcastId,
      title: 'Tiếp âm',
      class: 'relay',
      content,
      targets: { everything: true },
      startsAtMs: app.clock.nowMs() + 3_600_000,
    };
    const begun = await as('announcer', 'POST', '/api/broadcasts', broadcast);
    expect([begun.statusCode, begun.body.includes(secret)]).toEqual([201, false]);
    const reads = ['/api/schedules', '/api/schedules/tiep-am', '/api/schedules/upcoming?hours=48', '/api/broadcasts?view=active'];
    for (const path of [...reads, `/api/broadcasts/${broadcastId}`, `/api/broadcasts/${broadcastId}/log`]) {
      const { statusCode, body } = await as('viewer', 'GET', path);
      expect([path, statusCode, body.includes(secret)]).toEqual([path, 200, false]);
    }
    expect((await as('viewer', 'GET', '/api/schedules/tiep-am')).body).toContain('radio.example/live');
    expect((await as('announcer', 'GET', '/api/schedules/tiep-am')).body).toContain(secret);
    expect(JSON.stringify(app.broadcasts.active())).not.toContain(secret);
  });

  describe('what a person holds', () => {
    type Answer = { headers: Record<string, unknown>; json(): { microphoneId: string } };
    const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, cookie: string, payload?: object) =>
      app.inject({ method, url, headers: { ...OUR_HEADER, cookie }, ...(payload ? { payload } : {}) });
    let people = 0;
    const password = 'mot cau de nho cua phat thanh vien';
    async function announcer() {
      const username = `speaker.${++people}`;
      const { user, temporaryPassword } = await app.accounts.createUser({
        username,
        displayName: username,
        role: 'announcer',
        language: 'vi',
      });
      const from = { ip: '127.0.0.1', userAgent: 'test' };
      const first = await app.accounts.authenticate((await app.accounts.logIn({ username, password: temporaryPassword, ...from })).token);
      if (!first) throw new Error('no session');
      await app.accounts.changePassword(first, { currentPassword: temporaryPassword, newPassword: password });
      const logIn = async () => `__Host-loaxa=${(await app.accounts.logIn({ username, password, ...from })).token}`;
      return { userId: user.userId, cookie: await logIn(), elsewhere: await logIn() };
    }
    const open = async (cookie: string): Promise<string> =>
      ((await call('POST', '/api/microphones', cookie)) as Answer).json().microphoneId;
    const isOpen = (microphoneId: string): boolean => app.distributor.microphoneOwner(microphoneId) !== undefined;

    it.each<[string, (person: { userId: string; cookie: string }, admin: string) => Promise<unknown>]>([
      ['disabled', ({ userId }, admin) => call('PATCH', `/api/users/${userId}`, admin, { disabled: true })],
      ['removed', ({ userId }, admin) => call('DELETE', `/api/users/${userId}`, admin)],
      ['given a lesser role', ({ userId }, admin) => call('PATCH', `/api/users/${userId}`, admin, { role: 'technician' })],
      ['given another password', ({ userId }, admin) => call('POST', `/api/users/${userId}/password`, admin)],
      ['logged out everywhere', ({ cookie }) => call('DELETE', '/api/account/sessions', cookie)],
    ])('ends when they are %s: the microphone, too', async (_how, end) => {
      const person = await announcer();
      const microphones = [await open(person.cookie), await open(person.elsewhere)];
      expect(microphones.map(isOpen)).toEqual([true, true]);
      await end(person, await cookieOf('administrator'));
      expect(microphones.map(isOpen)).toEqual([false, false]);
      expect((await call('POST', '/api/microphones', person.cookie)).statusCode).toBe(401);
    });

    it('ends with its own session and with no other, and stays when a role only gives more', async () => {
      const person = await announcer();
      const [here, there] = [await open(person.cookie), await open(person.elsewhere)];
      await call('DELETE', '/api/session', person.cookie);
      expect([here, there].map(isOpen)).toEqual([false, true]);
      await call('PATCH', `/api/users/${person.userId}`, await cookieOf('administrator'), { role: 'administrator' });
      expect(isOpen(there)).toBe(true);
      expect((await call('GET', '/api/users', person.elsewhere)).statusCode).toBe(200);
      await call('DELETE', `/api/users/${person.userId}`, await cookieOf('administrator'));
    });
  });

  it('describes itself: every route is in the OpenAPI document', async () => {
    const answer = await app.inject({ method: 'GET', url: '/api/openapi.json', headers: { cookie: await cookieOf('administrator') } });
    expect(answer.statusCode).toBe(200);
    const { paths } = answer.json<{ paths: Record<string, Record<string, unknown>> }>();
    const missing = app.routes.filter((route) => !paths[route.path.replace(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()]);
    expect(missing.map((route) => `${route.method} ${route.path}`)).toEqual([]);
  });
});
