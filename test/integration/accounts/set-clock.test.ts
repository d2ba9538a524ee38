import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import type { AppError } from '../../../controller/errors.ts';
import { schema } from '../../../controller/store/index.ts';
import { logIn, newCaller, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const GOOD = 'con trâu đi cày buổi sớm';

describe('accounts, and time that passes or is put right', () => {
  const clock = new TestClock();
  let http: TestHttpApp;

  beforeAll(async () => {
    http = await startTestHttpApp({ clock, policy: { passwordMaxAgeDays: 1 } });
  });
  afterAll(() => http.close());

  const from = (ip: string, username: string, password: string) =>
    http.accounts.logIn({ username, password, ip, userAgent: undefined }).then(
      () => 200,
      (error: AppError) => error.status,
    );
  /** A person whose password was changed this very moment; and who is signed in. */
  async function make(username: string): Promise<{ userId: string; cookie: string; token: string; deviceToken: string }> {
    const { user, temporaryPassword } = await http.accounts.createUser({
      username,
      displayName: username,
      role: 'announcer',
      language: 'vi',
    });
    const { token } = await http.accounts.logIn({ username, password: temporaryPassword, ip: newCaller(), userAgent: undefined });
    const signedIn = await http.accounts.authenticate(token);
    if (!signedIn) throw new Error('nobody is signed in');
    const deviceToken = await http.accounts.changePassword(signedIn, { currentPassword: temporaryPassword, newPassword: GOOD });
    return { userId: user.userId, cookie: `__Host-loaxa=${token}`, token, deviceToken };
  }
  const session = (cookie: string) =>
    http.app.inject({ method: 'GET', url: '/api/session', headers: { cookie }, remoteAddress: newCaller() });

  it('a password that grows too old is changed at the next log-in, and takes nothing from who is signed in', async () => {
    const { token: _, ...person } = await make('long.night');
    await clock.advance(DAY_MS - 20 * MINUTE_MS);
    const { cookie } = await logIn(http.app, 'long.night', GOOD);
    await clock.advance(25 * MINUTE_MS);
    const open = await session(cookie);
    expect([open.statusCode, open.json().mustChangePassword]).toEqual([200, false]);
    const sessions = await http.app.inject({
      method: 'GET',
      url: '/api/account/sessions',
      headers: { cookie },
      remoteAddress: newCaller(),
    });
    expect(sessions.statusCode).toBe(200);
    expect((await session((await logIn(http.app, 'long.night', GOOD)).cookie)).json().mustChangePassword).toBe(true);
    expect((await session(person.cookie)).statusCode).toBe(401);
  });

  it('nobody is logged out by a clock that is put right, and whoever is idle for long is, whatever the clock was', async () => {
    const { token } = await make('first.morning');
    for (const stepMs of [3 * 365 * DAY_MS, -40 * DAY_MS, 3_600_000]) {
      clock.step(stepMs);
      await clock.advance(2 * MINUTE_MS);
      expect(await http.accounts.authenticate(token), `${stepMs}`).toMatchObject({ mustChangePassword: false });
    }
    clock.step(-3_600_000);
    // A page that asks by itself has the session read again, which knows of a later use than now.
    for (let minutes = 0; minutes < 31; minutes++) {
      await clock.advance(MINUTE_MS);
      await http.accounts.authenticate(token, { background: true });
      await http.database.store.pool.query('select 1');
    }
    expect(await http.accounts.authenticate(token)).toBeUndefined();
  });

  it('a lock lasts no longer for a clock that was put back', async () => {
    const { userId } = await make('locked.by.clock');
    for (let i = 0; i < 5; i++) await from('10.9.9.9', 'locked.by.clock', 'wrong wrong wrong');
    expect(await from('10.9.9.9', 'locked.by.clock', GOOD)).toBe(401);
    clock.step(-3_600_000);
    await clock.advance(16 * MINUTE_MS);
    expect(await from('10.9.9.9', 'locked.by.clock', GOOD)).toBe(200);
    const { db } = http.database.store;
    const lockedUntil = new Date(clock.nowMs() + 10 * 365 * DAY_MS);
    await db.update(schema.users).set({ lockedUntil, failedLogins: 120 }).where(eq(schema.users.id, userId));
    expect((await http.accounts.user(userId)).lockedUntilMs).toBeNull();
    expect(await from('10.9.9.8', 'locked.by.clock', GOOD)).toBe(200);
  });

  it('the devices of an account that was removed are strangers', async () => {
    const { userId, deviceToken } = await make('gone.away');
    expect(http.accounts.knownDevice(deviceToken)).toBeDefined();
    await http.accounts.removeUser(userId);
    expect(http.accounts.knownDevice(deviceToken)).toBeUndefined();
  });
});
