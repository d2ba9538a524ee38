import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createHttpApp, type HttpApp } from '../../../controller/http/index.ts';
import { type AnyRoute, route } from '../../../controller/http/route.ts';
import { ROLES } from '../../../controller/protocol/roles.ts';
import { createMetrics } from '../../../controller/telemetry/metrics.ts';
import { newCaller, OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { findAccessViolations, hollow } from '../../support/route-access.ts';

const plain = (path: string, roles: AnyRoute['roles'], method: AnyRoute['method'] = 'GET'): AnyRoute =>
  route({ method, path, roles, tag: 't', summary: 's', response: 'raw', handler: ({ reply }) => reply.send('reached') });
const EACH_ROLE = ROLES.map((role) => plain(`/api/only/${role}`, [role], 'POST'));

describe('who may', () => {
  let http: TestHttpApp;
  let hollowApp: HttpApp;
  let routes: AnyRoute[];
  beforeAll(async () => {
    http = await startTestHttpApp({ moreRoutes: [...EACH_ROLE, plain('/api/everybody', 'public')] });
    routes = hollow(http.routes);
    const { auditTrail: audit, accounts, authority: tls } = http;
    const parts = {
      tls,
      accounts,
      audit,
      clock: new SystemClock(),
      logger: pino({ level: 'silent' }),
      metrics: createMetrics({ defaults: false }),
    };
    hollowApp = createHttpApp({ ...parts, routes, staticDir: '/nowhere', version: '0' });
  });
  afterAll(async () => {
    await hollowApp.close();
    await http.close();
  });

  it('is decided as declared, for every route and everybody', async () => {
    expect(await findAccessViolations({ inject: hollowApp.inject, routes, cookieOf: http.cookieOf, enter: true })).toEqual([]);
    expect(await findAccessViolations({ inject: http.app.inject, routes: http.routes, cookieOf: http.cookieOf, enter: false })).toEqual([]);
  });

  it('would be noticed if a route were open that should be closed', async () => {
    const claimed = routes.map((declared) =>
      declared.path === '/api/everybody' ? { ...declared, roles: ['administrator'] as const } : declared,
    );
    const found = await findAccessViolations({ inject: hollowApp.inject, routes: claimed, cookieOf: http.cookieOf, enter: true });
    expect(found).toHaveLength(ROLES.length);
  });

  it('leaves only these to the public', () => {
    const open = http.routes.filter(({ roles, path }) => roles === 'public' && path !== '/api/everybody');
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /ca.crt',
      'GET /health',
      'GET /health/ready',
      'GET /metrics',
      'POST /api/session',
    ]);
  });

  it('puts refused people into the audit trail', async () => {
    const cookie = await http.cookieOf('viewer');
    await http.app.inject({
      method: 'DELETE',
      url: '/api/users/6f1f1ac2-5a2c-4d1e-9d5a-0123456789ab?q=private',
      headers: { ...OUR_HEADER, cookie },
    });
    const newest = async () => (await http.auditTrail.find({ limit: 1, action: 'access.refused' })).entries[0];
    await expect.poll(newest).toMatchObject({ actorName: 'test.viewer', target: '/api/users/6f1f1ac2-5a2c-4d1e-9d5a-0123456789ab' });
  });

  it.each([
    ['without our header', {}],
    ['from another site', { ...OUR_HEADER, origin: 'https://evil.example' }],
    ['from another port of the same machine', { ...OUR_HEADER, origin: 'https://localhost:9' }],
    ['from a page without TLS', { ...OUR_HEADER, origin: 'http://localhost' }],
    ['from an opaque origin', { ...OUR_HEADER, origin: 'null' }],
    ['by a form that the browser marks as foreign', { ...OUR_HEADER, 'sec-fetch-site': 'cross-site' }],
  ])('refuses changes %s', async (_what, headers) => {
    const cookie = await http.cookieOf('administrator');
    const call = (more: object) =>
      http.app.inject({
        method: 'POST',
        url: '/api/only/administrator',
        headers: { cookie, host: 'localhost', ...more },
        remoteAddress: newCaller(),
      });
    const refused = await call(headers);
    expect([refused.statusCode, refused.json().error.code]).toEqual([403, 'http.cross_site']);
    expect((await call({ ...OUR_HEADER, origin: 'https://localhost' })).body).toBe('reached');
  });

  it('shows figures and details to the server itself, to the bearer of the token and to an administrator, and nobody else', async () => {
    const withToken = await startTestHttpApp({ metricsToken: 'a-long-token' });
    const get = async (url: string, headers: object, remoteAddress = '203.0.113.5') =>
      (await withToken.app.inject({ method: 'GET', url, headers: { ...headers }, remoteAddress })) as { statusCode: number; body: string };
    expect((await get('/metrics', {})).statusCode).toBe(401);
    expect((await get('/metrics', { authorization: 'Bearer wrong' })).statusCode).toBe(401);
    expect((await get('/metrics', { cookie: await withToken.cookieOf('viewer') })).statusCode).toBe(401);
    for (const response of [
      await get('/metrics', { authorization: 'Bearer a-long-token' }),
      await get('/metrics', { cookie: await withToken.cookieOf('administrator') }),
      await get('/metrics', {}, '127.0.0.1'),
      await get('/metrics', {}, '::1'),
    ]) {
      expect(response.statusCode).toBe(200);
      expect(response.body).toContain('loaxa_http_request_duration_seconds_bucket');
    }
    expect(JSON.parse((await get('/health', {})).body)).toEqual({
      live: true,
      ready: true,
      status: 'ok',
      checks: { postgres: { state: 'ok' } },
    });
    expect(JSON.parse((await get('/health', {}, '::1')).body).checks.postgres.tookMs).toBeGreaterThanOrEqual(0);
    await withToken.close();
  });
});
