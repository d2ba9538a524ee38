import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SystemClock } from '../../../controller/clock.ts';
import { route } from '../../../controller/http/route.ts';
import { ON_AIR_ROLES } from '../../../controller/protocol/roles.ts';
import { createStore } from '../../../controller/store/index.ts';
import { newCaller, OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { type SeverableLine, startSeverableLine } from '../../support/severable-line.ts';
import { createTestJournal } from '../../support/test-journal.ts';

const clock = new SystemClock();
const common = { method: 'POST', roles: ON_AIR_ROLES, tag: 't', summary: 's', response: 'raw' } as const;

describe('while the database is away', () => {
  let line: SeverableLine;
  let http: TestHttpApp;
  let cookie: string;
  let changes = 0;
  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, more: object = {}) =>
    http.app.inject({ method, url, headers: { ...OUR_HEADER, cookie }, remoteAddress: newCaller(), ...more });

  beforeAll(async () => {
    http = await startTestHttpApp({
      storeOver: async ({ databaseUrl }) => {
        line = await startSeverableLine(databaseUrl);
        return createStore({ databaseUrl: line.databaseUrl, clock, logger: pino({ level: 'silent' }) });
      },
      moreRoutes: [
        route({ ...common, path: '/api/change', handler: ({ reply }) => reply.send(`changed ${++changes}`) }),
        route({
          ...common,
          path: '/api/stop',
          audit: 'broadcast.stopped',
          audited: 'when-possible',
          handler: ({ reply }) => reply.send('stopped'),
        }),
        route({
          ...common,
          path: '/api/start',
          body: z.object({ class: z.enum(['normal', 'emergency']) }),
          audited: ({ body }) => (body.class === 'emergency' ? 'when-possible' : 'always'),
          handler: ({ reply }) => reply.send('started'),
        }),
        route({
          ...common,
          path: '/api/cut-in-the-middle',
          audit: 'cut.in_the_middle',
          async handler({ reply }) {
            await line.cut();
            return reply.send('done');
          },
        }),
      ],
    });
    cookie = await http.cookieOf('announcer');
    expect((await call('POST', '/api/change')).body).toBe('changed 1');
  });
  afterAll(async () => {
    await http.close();
    await line.close();
  });

  it('stopping works for whoever was signed in, other changes are refused in words, and the trail catches up', async () => {
    await line.cut();
    expect((await call('POST', '/api/stop')).body).toBe('stopped');
    const refused = await call('POST', '/api/change');
    expect([refused.statusCode, refused.json().error.code]).toEqual([503, 'audit.unavailable']);
    expect(changes).toBe(1);
    expect((await call('POST', '/api/start', { payload: { class: 'emergency' } })).body).toBe('started');
    expect((await call('POST', '/api/start', { payload: { class: 'normal' } })).statusCode).toBe(503);
    const health = await call('GET', '/health');
    expect([health.statusCode, health.json()]).toMatchObject([200, { live: true, ready: false, status: 'down' }]);
    expect((await call('GET', '/health/ready')).statusCode).toBe(503);
    const stranger = await call('GET', '/api/session', { headers: { ...OUR_HEADER, cookie: `__Host-loaxa=${'A'.repeat(43)}` } });
    expect([stranger.statusCode, stranger.json().error.code]).toEqual([503, 'store.unavailable']);
    // Whether it is being restarted or hangs nobody knows.
    expect(stranger.json().error.vi).toBe('Cơ sở dữ liệu không trả lời. Hãy thử lại sau ít giây.');
    const logIn = await call('POST', '/api/session', { payload: { username: 'test.announcer', password: 'whatever it is' } });
    expect([logIn.statusCode, logIn.json().error.code]).toEqual([503, 'store.unavailable']);

    await line.mend();
    await expect.poll(() => http.auditTrail.waiting(), { timeout: 15_000 }).toBe(0);
    expect((await http.auditTrail.find({ limit: 1, action: 'broadcast.stopped' })).entries).toMatchObject([
      { actorName: 'test.announcer' },
    ]);
    expect((await call('POST', '/api/change')).body).toBe('changed 2');
    expect((await http.auditTrail.verify()).intact).toBe(true);
  });

  it('a change that was made is not answered as failed, and its entry is not forgotten', async () => {
    expect((await call('POST', '/api/cut-in-the-middle')).body).toBe('done');
    await line.mend();
    await expect.poll(() => http.auditTrail.waiting(), { timeout: 15_000 }).toBe(0);
    await expect.poll(async () => (await http.auditTrail.find({ limit: 5, action: 'cut.in_the_middle' })).entries.length).toBe(1);
  });

  it('a database that only hangs is as good as one that is away, and who is signed in is still known', async () => {
    const colleague = await http.cookieOf('administrator');
    expect((await call('GET', '/api/session', { headers: { ...OUR_HEADER, cookie: colleague } })).statusCode).toBe(200);
    line.hang();
    const startMs = clock.monotonicMs();
    expect((await call('POST', '/api/stop')).body).toBe('stopped');
    expect((await call('POST', '/api/start', { payload: { class: 'emergency' } })).body).toBe('started');
    expect((await call('GET', '/api/session')).json()).toMatchObject({ user: { username: 'test.announcer' } });
    // Long before the watch calls the database away: nobody has waited for it.
    expect(clock.monotonicMs() - startMs).toBeLessThan(2500);
    const loggedOut = await call('DELETE', '/api/session', { headers: { ...OUR_HEADER, cookie: colleague } });
    expect(loggedOut.statusCode).toBe(204);
    // The next run would know it, too.
    const nextJournal = createTestJournal(http.journalFolder);
    await nextJournal.start();
    expect(nextJournal.left('session-over')).toHaveLength(1);
    expect(nextJournal.left('audit').map(({ value }) => (value as { action: string }).action)).toContain('broadcast.stopped');
    await nextJournal.close();
    expect((await call('GET', '/api/session', { headers: { ...OUR_HEADER, cookie: colleague } })).statusCode).toBe(401);
    const refused = await call('POST', '/api/change');
    expect([refused.statusCode, refused.json().error.code]).toEqual([503, 'audit.unavailable']);
    const health = await call('GET', '/health');
    expect([health.statusCode, health.json()]).toMatchObject([200, { live: true, ready: false }]);
    const logIn = await call('POST', '/api/session', { payload: { username: 'test.announcer', password: 'whatever it is' } });
    expect([logIn.statusCode, logIn.json().error.code]).toEqual([503, 'store.unavailable']);

    await line.mend();
    await expect.poll(() => http.auditTrail.waiting(), { timeout: 15_000 }).toBe(0);
    expect((await call('POST', '/api/change')).statusCode).toBe(200);
    expect((await call('GET', '/api/session', { headers: { ...OUR_HEADER, cookie: colleague } })).statusCode).toBe(401);
    expect((await http.auditTrail.verify()).intact).toBe(true);
  }, 60_000);

  it('a slow database makes nobody wait who stops something', async () => {
    line.slow(2000);
    const startMs = clock.monotonicMs();
    expect((await call('POST', '/api/stop')).body).toBe('stopped');
    expect(clock.monotonicMs() - startMs).toBeLessThan(1900);
    expect((await call('POST', '/api/change')).statusCode).toBe(200);
    await line.mend();
  }, 60_000);
});
