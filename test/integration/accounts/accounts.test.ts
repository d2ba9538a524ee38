import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADDITIONS_LOCK, insertUser } from '../../../controller/accounts/user-store.ts';
import { TestClock } from '../../../controller/clock.ts';
import type { AppError } from '../../../controller/errors.ts';
import { BACKGROUND_HEADER, BACKGROUND_HEADER_VALUE } from '../../../controller/protocol/accounts.ts';
import { cookieFrom, logIn, newCaller, OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { until } from '../../support/until.ts';

const MINUTE_MS = 60_000;
const GOOD = 'con trâu đi cày buổi sớm';

describe('accounts over HTTP', () => {
  const clock = new TestClock();
  let http: TestHttpApp;
  let first: { username: string; password: string; file: string };
  let firstFile: { mode: number; lines: string[] };
  let admin: string;

  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, cookie: string, payload?: object) =>
    http.app.inject({ method, url, headers: { ...OUR_HEADER, cookie }, remoteAddress: newCaller(), ...(payload ? { payload } : {}) });
  const makeUser = async (username: string, role = 'announcer') => {
    const made = await call('POST', '/api/users', admin, { username, displayName: username, role });
    expect(made.statusCode).toBe(201);
    const { user, temporaryPassword } = made.json();
    return { userId: user.userId as string, temporaryPassword: temporaryPassword as string };
  };
  /** The status of a log-in from this place; without HTTP, whose limits go by the real clock. */
  const from = (ip: string, username: string, password: string, deviceToken?: string): Promise<number> =>
    http.accounts.logIn({ username, password, ip, userAgent: undefined, deviceToken }).then(
      () => 200,
      (error: AppError) => error.status,
    );
  /** Makes the person and changes the temporary password to GOOD. */
  const makeReady = async (username: string, role = 'announcer') => {
    const { userId, temporaryPassword } = await makeUser(username, role);
    const { cookie } = await logIn(http.app, username, temporaryPassword);
    const changed = await call('POST', '/api/account/password', cookie, { currentPassword: temporaryPassword, newPassword: GOOD });
    expect(changed.statusCode).toBe(204);
    return { userId, cookie };
  };

  beforeAll(async () => {
    http = await startTestHttpApp({ clock, policy: { passwordMaxAgeDays: 0 } });
    const made = await http.accounts.ensureFirstAdministrator({ dataDir: http.dataDir });
    if (!made) throw new Error('no first administrator');
    first = made;
    firstFile = { mode: statSync(made.file).mode & 0o777, lines: readFileSync(made.file, 'utf8').split('\n') };
    const changed = await logIn(http.app, first.username, first.password);
    await call('POST', '/api/account/password', changed.cookie, { currentPassword: first.password, newPassword: GOOD });
    admin = changed.cookie;
  });
  beforeEach(async () => {
    admin = (await logIn(http.app, first.username, GOOD)).cookie;
  });
  afterAll(() => http.close());

  it('starts with one administrator whose random password only the server’s owner can read, once', async () => {
    expect(firstFile.mode).toBe(0o600);
    expect(firstFile.lines.slice(0, 2)).toEqual([first.username, first.password]);
    expect(await http.accounts.ensureFirstAdministrator({ dataDir: http.dataDir })).toBeUndefined();
  });

  it('forgets the first password’s file when that password is changed, and one that a crash has left', async () => {
    expect(existsSync(first.file)).toBe(false);
    writeFileSync(first.file, firstFile.lines.join('\n'));
    await makeReady('somebody.else');
    expect(existsSync(first.file)).toBe(true);
    await http.accounts.ensureFirstAdministrator({ dataDir: http.dataDir });
    expect(existsSync(first.file)).toBe(false);
  });

  it('counts no attempt against an account that was only turned away because too many came at once', async () => {
    const { userId } = await makeReady('storm.announcer');
    const logInAs = (username: string): Promise<number> =>
      http.accounts.logIn({ username, password: 'wrong', ip: '::1', userAgent: undefined }).then(
        () => 200,
        (error: AppError) => error.status,
      );
    const flood = Array.from({ length: 150 }, () => logInAs('nobody.here'));
    const statuses = await Promise.all(Array.from({ length: 4 }, () => logInAs('storm.announcer')));
    await Promise.all(flood);
    expect(statuses).toContain(429);
    const { rows } = await http.database.store.pool.query('select failed_logins from users where id = $1', [userId]);
    expect(rows[0].failed_logins).toBe(statuses.filter((status) => status === 401).length);
  });

  it('says in the audit trail who was made what, and no secret', async () => {
    const { userId, temporaryPassword } = await makeUser('audited.person', 'viewer');
    await call('PATCH', `/api/users/${userId}`, admin, { role: 'technician', displayName: 'Chị Sáu' });
    const reset = (await call('POST', `/api/users/${userId}/password`, admin)).json();
    await call('DELETE', `/api/users/${userId}/sessions`, admin);
    expect((await call('DELETE', `/api/users/${userId}`, admin)).body).toBe('');
    const { entries } = await http.auditTrail.find({ limit: 10 });
    const about = entries.filter(({ detail }) => (detail as { username?: string }).username === 'audited.person');
    expect(about.map(({ action }) => action).sort()).toEqual([
      ...['user.created', 'user.logged_out', 'user.password_reset', 'user.removed', 'user.updated'],
    ]);
    expect(about.find(({ action }) => action === 'user.updated')?.detail).toEqual({
      ...{ status: 200, userId, username: 'audited.person', displayName: 'Chị Sáu', role: 'technician' },
      changed: { role: 'technician', displayName: 'Chị Sáu' },
    });
    const written = JSON.stringify(entries);
    for (const secret of [temporaryPassword, reset.temporaryPassword, GOOD]) expect(written).not.toContain(secret);
  });

  it('lets nobody with a temporary password do anything but change it', async () => {
    const { temporaryPassword } = await makeUser('new.person', 'administrator');
    const { cookie, info } = await logIn(http.app, 'new.person', temporaryPassword);
    expect(info.mustChangePassword).toBe(true);
    expect((await call('GET', '/api/session', cookie)).statusCode).toBe(200);
    const refused = await call('GET', '/api/users', cookie);
    expect(refused.statusCode).toBe(403);
    expect(refused.json().error.code).toBe('accounts.must_change_password');
    const change = (newPassword: string) =>
      call('POST', '/api/account/password', cookie, { currentPassword: temporaryPassword, newPassword });
    expect((await change('password12345')).json().error.code).toBe('accounts.password_common');
    expect((await change(temporaryPassword)).json().error.code).toBe('accounts.password_same');
    expect((await change(GOOD)).statusCode).toBe(204);
    expect((await call('GET', '/api/users', cookie)).statusCode).toBe(200);
  });

  it('gives a cookie that scripts, other hosts and plain HTTP never see', async () => {
    await makeReady('cookie.person');
    const response = await http.app.inject({
      method: 'POST',
      url: '/api/session',
      headers: OUR_HEADER,
      remoteAddress: newCaller(),
      payload: { username: 'cookie.person', password: GOOD },
    });
    const [session, device] = response.headers['set-cookie'] as string[];
    expect(session).toMatch(/^__Host-loaxa=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(device).toMatch(/^__Host-loaxa-device=[\w-]{43}; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(JSON.stringify(response.json())).not.toContain(cookieFrom(response).slice(-43));
  });

  it('takes the same password from a keyboard that sends letters and marks apart', async () => {
    await makeReady('mac.person');
    expect((await logIn(http.app, 'MAC.Person ', GOOD.normalize('NFD'))).status).toBe(200);
  });

  it('refuses a wrong name, a wrong password, a disabled and a locked account in the same words', async () => {
    const { userId } = await makeReady('disabled.person');
    await call('PATCH', `/api/users/${userId}`, admin, { disabled: true });
    await makeReady('locked.person');
    for (let i = 0; i < 5; i++) await from('10.9.9.9', 'locked.person', 'wrong wrong wrong');
    const answers = await Promise.all(
      [
        ['nobody.here', GOOD],
        ['disabled.person', GOOD],
        ['locked.person', GOOD],
        ['quantri', 'wrong wrong wrong'],
      ].map(([username, password]) =>
        http.app.inject({
          method: 'POST',
          url: '/api/session',
          headers: OUR_HEADER,
          remoteAddress: username === 'locked.person' ? '10.9.9.9' : newCaller(),
          payload: { username, password },
        }),
      ),
    );
    expect(new Set(answers.map((answer) => `${answer.statusCode} ${answer.body}`)).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(401);
    expect(answers[0]?.headers['set-cookie']).toBeUndefined();
  });

  it('locks for 15 minutes after five failures from one place, longer after more, and an administrator can unlock', async () => {
    const { userId } = await makeReady('forgetful');
    const fail = () => from('10.9.9.8', 'forgetful', 'wrong wrong wrong');
    const succeed = () => from('10.9.9.8', 'forgetful', GOOD);
    for (let i = 0; i < 4; i++) await fail();
    expect(await succeed()).toBe(200);
    for (let i = 0; i < 5; i++) await fail();
    expect(await succeed()).toBe(401);
    await clock.advance(15 * MINUTE_MS + 1);
    await fail();
    await clock.advance(16 * MINUTE_MS);
    expect(await succeed()).toBe(401);
    await clock.advance(15 * MINUTE_MS);
    expect(await succeed()).toBe(200);
    for (let i = 0; i < 5; i++) await fail();
    admin = (await logIn(http.app, first.username, GOOD)).cookie;
    expect((await call('PATCH', `/api/users/${userId}`, admin, { unlock: true })).json().lockedUntilMs).toBeNull();
    expect(await succeed()).toBe(200);
  });

  it('counts a hundred guesses at once as a hundred', async () => {
    await makeReady('target');
    const guesses = Array.from({ length: 20 }, (_, i) => from('10.9.9.7', 'target', `guess number ${i} of many`));
    const right = from('10.9.9.7', 'target', GOOD);
    expect((await Promise.all(guesses)).every((status) => status === 401 || status === 429)).toBe(true);
    await right;
    expect(await from('10.9.9.7', 'target', GOOD)).toBe(401);
  });

  it('locks an account for the place of the guesser only, until too many places guess; a known device is locked by nobody else', async () => {
    const { userId } = await makeReady('popular');
    const { deviceToken } = await http.accounts.logIn({ username: 'popular', password: GOOD, ip: '10.9.1.1', userAgent: undefined });
    for (let i = 0; i < 12; i++) await from('2001:db8:5:5::1', 'popular', 'wrong wrong wrong');
    expect(await from('2001:db8:5:5::9', 'popular', GOOD)).toBe(401);
    expect(await from('2001:db8:5:6::9', 'popular', GOOD)).toBe(200);
    for (let i = 0; i < 100; i++) await from(`10.8.0.${i}`, 'popular', 'wrong wrong wrong');
    expect(await from('10.9.1.1', 'popular', GOOD)).toBe(401);
    expect(await from('2001:db8:5:5::9', 'popular', GOOD, deviceToken)).toBe(200);
    expect(await http.accounts.unlock('popular')).toBe('unlocked');
    expect(await http.accounts.unlock('nobody.here')).toBe('no_such_account');
    expect(await from('10.9.1.1', 'popular', GOOD)).toBe(200);
    expect((await http.accounts.user(userId)).lockedUntilMs).toBeNull();
    const { entries } = await http.auditTrail.find({ limit: 5 });
    expect(entries.filter(({ action }) => action === 'user.unlocked').map(({ target }) => target)).toEqual(['popular']);
  });

  it('gives a known device ten guesses, for its own accounts only, and forgets it when the password changes', async () => {
    const { userId } = await makeReady('homebody');
    await makeReady('neighbour');
    const known = await http.accounts.logIn({ username: 'homebody', password: GOOD, ip: '10.9.2.1', userAgent: undefined });
    const lockPlace = async (username: string) => {
      for (let i = 0; i < 5; i++) await from('10.9.2.2', username, 'wrong wrong wrong');
    };
    await lockPlace('homebody');
    await lockPlace('neighbour');
    expect(await from('10.9.2.2', 'neighbour', GOOD, known.deviceToken)).toBe(401);
    for (let i = 0; i < 9; i++) await from('10.9.2.2', 'homebody', 'wrong wrong wrong', known.deviceToken);
    expect(await from('10.9.2.2', 'homebody', GOOD, known.deviceToken)).toBe(200);
    await lockPlace('homebody');
    for (let i = 0; i < 10; i++) await from('10.9.2.2', 'homebody', 'wrong wrong wrong', known.deviceToken);
    expect(await from('10.9.2.2', 'homebody', GOOD, known.deviceToken)).toBe(401);
    await http.accounts.unlock('homebody');
    expect(await from('10.9.2.2', 'homebody', GOOD, known.deviceToken)).toBe(200);
    const { temporaryPassword } = await http.accounts.resetPassword(userId);
    await lockPlace('homebody');
    expect(await from('10.9.2.2', 'homebody', temporaryPassword, known.deviceToken)).toBe(401);
    expect(await from('10.9.2.3', 'homebody', temporaryPassword)).toBe(200);
  });

  it('remembers the twenty devices of an account that were used last', async () => {
    const { userId } = await makeReady('many.devices');
    const logIn = async (ip: string) => {
      await clock.advance(1);
      return (await http.accounts.logIn({ username: 'many.devices', password: GOOD, ip, userAgent: undefined })).deviceToken;
    };
    const tokens: string[] = [];
    for (let n = 0; n < 21; n++) tokens.push(await logIn(`10.9.3.${n}`));
    const { rows } = await http.database.store.pool.query('select count(*)::int as count from known_devices where user_id = $1', [userId]);
    expect(rows).toEqual([{ count: 20 }]);
    for (let i = 0; i < 5; i++) await from('10.9.3.100', 'many.devices', 'wrong wrong wrong');
    expect(await from('10.9.3.100', 'many.devices', GOOD, tokens[0])).toBe(401);
    expect(await from('10.9.3.100', 'many.devices', GOOD, tokens[20])).toBe(200);
  });

  it('ends a session after half an hour without a call, and after twelve hours with calls', async () => {
    const { cookie } = await makeReady('idler');
    const alive = async () => (await call('GET', '/api/session', cookie)).statusCode === 200;
    for (let i = 0; i < 23; i++) {
      await clock.advance(29 * MINUTE_MS);
      expect(await alive()).toBe(true);
    }
    await clock.advance(54 * MINUTE_MS);
    expect(await alive()).toBe(false);
    const again = (await logIn(http.app, 'idler', GOOD)).cookie;
    let ended = 0;
    for (let minutes = 0; minutes < 13 * 60 && ended === 0; minutes += 20) {
      await clock.advance(20 * MINUTE_MS);
      if ((await call('GET', '/api/session', again)).statusCode === 401) ended = minutes + 20;
    }
    expect(ended).toBeGreaterThanOrEqual(12 * 60);
    expect(ended).toBeLessThanOrEqual(12 * 60 + 20);
  });

  it('a page that asks by itself does not keep a session alive; a call by hand in between does', async () => {
    const { cookie } = await makeReady('lonely.page');
    const poll = async () => {
      const headers = { ...OUR_HEADER, [BACKGROUND_HEADER]: BACKGROUND_HEADER_VALUE, cookie };
      return (await http.app.inject({ method: 'GET', url: '/api/session', headers, remoteAddress: newCaller() })).statusCode;
    };
    await call('GET', '/api/session', cookie);
    let minutes = 0;
    for (; minutes < 60 && (await poll()) === 200; minutes++) await clock.advance(MINUTE_MS);
    expect(minutes).toBeGreaterThanOrEqual(30);
    expect(minutes).toBeLessThanOrEqual(32);
    const again = (await logIn(http.app, 'lonely.page', GOOD)).cookie;
    for (let i = 0; i < 3; i++) {
      await clock.advance(20 * MINUTE_MS);
      expect((await call('GET', '/api/session', again)).statusCode).toBe(200);
    }
  });

  it('never ends the session of a person who is on air', async () => {
    const { cookie, userId } = await makeReady('speaker.person');
    let speaking = true;
    http.accounts.extendWhile((person) => person.userId === userId && speaking);
    await call('GET', '/api/session', cookie);
    await clock.advance(13 * 60 * MINUTE_MS);
    expect((await call('GET', '/api/session', cookie)).statusCode).toBe(200);
    speaking = false;
    expect((await call('GET', '/api/session', cookie)).statusCode).toBe(401);
  });

  it('ends sessions by log-out, one by one, everywhere, and by a password change', async () => {
    await makeReady('many.places');
    const open = async () => (await logIn(http.app, 'many.places', GOOD)).cookie;
    const alive = async (cookie: string) => (await call('GET', '/api/session', cookie)).statusCode === 200;
    const [phone, laptop, desk] = [await open(), await open(), await open()];
    const sessions = (await call('GET', '/api/account/sessions', laptop)).json() as { sessionId: string; current: boolean }[];
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    expect((await call('DELETE', '/api/session', phone)).statusCode).toBe(204);
    expect(await alive(phone)).toBe(false);
    const changed = await call('POST', '/api/account/password', laptop, { currentPassword: GOOD, newPassword: `${GOOD} nữa` });
    expect(changed.statusCode).toBe(204);
    expect([await alive(laptop), await alive(desk)]).toEqual([true, false]);
    const other = (await logIn(http.app, 'many.places', `${GOOD} nữa`)).cookie;
    const [mine] = ((await call('GET', '/api/account/sessions', other)).json() as { sessionId: string; current: boolean }[]).filter(
      (s) => s.current,
    );
    expect((await call('DELETE', `/api/account/sessions/${mine?.sessionId}`, laptop)).statusCode).toBe(204);
    expect(await alive(other)).toBe(false);
    expect((await call('DELETE', '/api/account/sessions', laptop)).statusCode).toBe(204);
    expect(await alive(laptop)).toBe(false);
  });

  it('keeps no token and no password in the store', async () => {
    const { cookie } = await makeReady('secretive');
    const dump = await http.database.store.db.execute(
      sql`select row_to_json(s)::text as s from sessions s union all select row_to_json(u)::text from users u`,
    );
    const text = JSON.stringify(dump.rows);
    expect(text).not.toContain(cookie.slice(-43));
    expect(text).not.toContain(GOOD);
    expect(text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  });

  it('tells who listens when a session ends', async () => {
    const { userId, cookie } = await makeReady('watched');
    await call('GET', '/api/session', cookie);
    const reasons: string[] = [];
    const stop = http.accounts.onSessionEnded((_hash, reason) => reasons.push(reason));
    expect((await call('DELETE', `/api/users/${userId}`, admin)).statusCode).toBe(204);
    stop();
    expect(reasons).toEqual(['revoked']);
    expect((await call('GET', '/api/session', cookie)).statusCode).toBe(401);
  });

  it('lets nobody in with a password that was replaced while it was looked at', async () => {
    const { userId } = await makeReady('replaced.meanwhile');
    const trail = await http.database.store.pool.connect();
    await trail.query('begin');
    // The log-in has found its password right, and waits to be written down.
    await trail.query('lock table audit_entries in exclusive mode');
    const coming = http.accounts.logIn({ username: 'replaced.meanwhile', password: GOOD, ip: newCaller(), userAgent: undefined }).then(
      () => 'came in',
      (error: AppError) => error.code,
    );
    try {
      await until('it waits', async () => {
        const { rows } = await http.database.store.pool.query(
          `select 1 from pg_locks where not granted and relation = 'audit_entries'::regclass`,
        );
        return rows.length > 0;
      });
      await clock.advance(1);
      await http.accounts.resetPassword(userId);
    } finally {
      await trail.query('rollback');
      trail.release();
    }
    expect(await coming).toBe('accounts.log_in_refused');
    const { rows } = await http.database.store.pool.query(
      'select 1 from sessions where user_id = $1 union all select 1 from known_devices where user_id = $1',
      [userId],
    );
    expect(rows).toEqual([]);
  });

  it('keeps fifty sessions of one person, the newest, and nobody else’s is put aside', async () => {
    const { userId } = await makeReady('program');
    const open = async () => {
      await clock.advance(1);
      const entered = await http.accounts.logIn({ username: 'program', password: GOOD, ip: newCaller(), userAgent: undefined });
      return entered.token;
    };
    const tokens: string[] = [];
    for (let count = 0; count < 51; count++) tokens.push(await open());
    expect(await http.accounts.authenticate(tokens[0])).toBeUndefined();
    expect(await http.accounts.authenticate(tokens[50])).toMatchObject({ actor: { userId } });
    const { rows } = await http.database.store.pool.query('select count(*)::int as count from sessions where user_id = $1', [userId]);
    expect(rows).toEqual([{ count: 50 }]);
  });

  it('holds five hundred accounts, and says so', async () => {
    const { pool } = http.database.store;
    await pool.query(
      `insert into users (id, username, display_name, role, password_hash, password_changed_at) select gen_random_uuid(), 'them-' || n, 'x', 'viewer', 'x', now() from generate_series(1, 499 - (select count(*) from users)) n`,
    );
    const make = (username: string) => call('POST', '/api/users', admin, { username, displayName: username, role: 'viewer' });
    const made = await Promise.all([make('cuoi.1'), make('cuoi.2'), make('cuoi.3')]);
    expect(made.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409]);
    expect(made.find(({ statusCode }) => statusCode === 409)?.json().error).toMatchObject({
      code: 'accounts.too_many',
      vi: expect.stringContaining('500'),
    });
    // Hashing lets one after the other in; the bound does not rest on that.
    await pool.query(`delete from users where username like 'cuoi.%'`);
    const first = await pool.connect();
    await first.query('begin');
    await first.query('select pg_advisory_xact_lock($1)', [ADDITIONS_LOCK]);
    await first.query(
      `insert into users (username, display_name, role, password_hash, password_changed_at) values ('cuoi.4', 'x', 'viewer', 'x', now())`,
    );
    const row = { username: 'cuoi.5', displayName: 'x', role: 'viewer', passwordHash: 'x', passwordChangedAt: new Date(0) };
    let isThrough = false;
    const second = insertUser(http.database.store.db, row).finally(() => {
      isThrough = true;
    });
    await until('the second one waits', async () => {
      const { rows } = await pool.query(`select 1 from pg_locks where locktype = 'advisory' and not granted`);
      return isThrough || rows.length > 0;
    });
    await first.query('commit');
    first.release();
    expect(await second).toBe('too_many');
    await pool.query(`delete from users where username like 'them-%' or username like 'cuoi.%'`);
  });

  it('keeps at least one active administrator, also when two leave at once', async () => {
    const users = (await call('GET', '/api/users', admin)).json() as { userId: string; username: string; role: string }[];
    const me = users.find(({ username }) => username === first.username);
    for (const other of users.filter(({ role, username }) => role === 'administrator' && username !== first.username)) {
      expect((await call('DELETE', `/api/users/${other.userId}`, admin)).statusCode).toBe(204);
    }
    for (const attempt of [
      call('DELETE', `/api/users/${me?.userId}`, admin),
      call('PATCH', `/api/users/${me?.userId}`, admin, { role: 'viewer' }),
      call('PATCH', `/api/users/${me?.userId}`, admin, { disabled: true }),
    ]) {
      expect((await attempt).json().error.code).toBe('accounts.last_administrator');
    }
    expect((await call('GET', '/api/session', admin)).statusCode).toBe(200);
    const second = await makeReady('second.admin', 'administrator');
    const both = await Promise.all([
      http.accounts.updateUser(me?.userId ?? '', { role: 'viewer' }).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
      http.accounts.updateUser(second.userId, { role: 'viewer' }).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    ]);
    expect(both.sort()).toEqual(['accounts.last_administrator', 'done']);
  });
});
