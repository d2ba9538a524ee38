import { addressBlock } from '../address-block.ts';
import type { Clock } from '../clock.ts';
import type { Actor } from '../http/route.ts';
import type { CreateUserRequest, OpenSession, SessionInfo, UserAccount, UserWithPassword } from '../protocol/accounts.ts';
import { permissionsOf } from '../protocol/accounts.ts';
import type { LocalJournal, Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import * as errors from './account-errors.ts';
import type { Audit } from './audit.ts';
import { type FirstLogIn, firstLogInFile, forgetFirstLogIn, makeFirstAdministrator } from './first-administrator.ts';
import { KnownDevices } from './known-devices.ts';
import { createPasswordHashing } from './password-hashing.ts';
import { requireGoodPassword } from './password-rules.ts';
import { PlaceLocks } from './place-locks.ts';
import { type AccountPolicy, DEFAULT_POLICY } from './policy.ts';
import { createSessions, type OnAirPredicate, type SessionEndListener, type SessionUse, type SignedIn } from './sessions.ts';
import { makeTemporaryPassword } from './temporary-password.ts';
import type { UnlockOutcome } from './unlock-requests.ts';
import * as userStore from './user-store.ts';

export interface LogIn {
  token: string;
  /** What the browser is to keep: it is known for this account from now on. */
  deviceToken: string;
  startedAtMs: number;
  info: SessionInfo;
}

export interface LogInAttempt {
  username: string;
  password: string;
  ip: string;
  userAgent: string | undefined;
  /** What the browser kept of an earlier log-in. */
  deviceToken?: string | undefined;
}

export interface UserChange {
  displayName?: string | undefined;
  role?: Actor['role'] | undefined;
  language?: 'vi' | 'en' | undefined;
  disabled?: boolean | undefined;
  unlock?: true | undefined;
}

export interface Accounts {
  /** Reads the open sessions into memory. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** When there is nobody yet: makes the first administrator and writes the password to `<dataDir>/first-login.txt`. Returned only this once; the file is there until that password is changed. */
  ensureFirstAdministrator(options: { dataDir: string; username?: string }): Promise<FirstLogIn | undefined>;
  /** @throws AppError `accounts.log_in_refused` (401), one answer for every reason. */
  logIn(attempt: LogInAttempt): Promise<LogIn>;
  authenticate(token: string | undefined, call?: SessionUse): Promise<SignedIn | undefined>;
  /** The id of a token's person, as far as memory knows: for counting, not for letting in. */
  holderOf(token: string | undefined): string | undefined;
  /** Names a device from which somebody has logged in before: for counting, not for letting in. */
  knownDevice(deviceToken: string | undefined): string | undefined;
  describe(signedIn: SignedIn): Promise<SessionInfo>;
  logOut(tokenHash: string): Promise<void>;
  listSessions(signedIn: SignedIn): Promise<OpenSession[]>;
  revokeSession(userId: string, sessionId: string): Promise<void>;
  /** Returns how many sessions ended. */
  logOutEverywhere(userId: string, exceptTokenHash?: string): Promise<number>;
  /** Every known device of the account but this one becomes a stranger. @returns the token that this one is to keep */
  changePassword(signedIn: SignedIn, passwords: { currentPassword: string; newPassword: string }, deviceToken?: string): Promise<string>;
  /** Ends every lock, as an administrator can; for the command on the server, when no administrator can log in. */
  unlock(username: string): Promise<UnlockOutcome>;
  listUsers(): Promise<UserAccount[]>;
  user(userId: string): Promise<UserAccount>;
  createUser(request: CreateUserRequest): Promise<UserWithPassword>;
  updateUser(userId: string, change: UserChange): Promise<UserAccount>;
  resetPassword(userId: string): Promise<UserWithPassword>;
  /** Returns what it was. */
  removeUser(userId: string): Promise<UserAccount>;
  /** While the predicate is true of a person, their sessions don't end: nobody is logged out while speaking. */
  extendWhile(predicate: OnAirPredicate): void;
  /** Called when a session ends, however; returns the function that ends it. */
  onSessionEnded(listener: SessionEndListener): () => void;
}

export interface AccountsOptions {
  store: Store;
  /** Takes what is over while the store does not answer. */
  local: LocalJournal;
  audit: Audit;
  clock: Clock;
  logger: Logger;
  policy?: Partial<AccountPolicy>;
}

/** `place`: where it counts (address-block.ts), or the session that asks. */
interface Guess {
  username: string;
  password: string;
  place: string;
  deviceToken?: string | undefined;
  isSignedIn?: boolean;
}

/** Who may come in, as whom, and for how long. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { store, audit, clock, logger } = options;
  const policy: AccountPolicy = { ...DEFAULT_POLICY, ...options.policy };
  const hashing = createPasswordHashing();
  const sessions = createSessions({ store, local: options.local, clock, logger, policy });
  const { db } = store;
  let firstFile: string | undefined;
  const locks = new PlaceLocks(policy);
  const devices = new KnownDevices(db, clock);
  function toAccount(row: userStore.UserRow): UserAccount {
    const account = userStore.toAccount(row, clock.nowMs(), policy);
    const lockedForMs = locks.lockedForMs(row.username, clock.monotonicMs());
    return { ...account, lockedUntilMs: Math.max(account.lockedUntilMs ?? 0, lockedForMs > 0 ? clock.nowMs() + lockedForMs : 0) || null };
  }

  function describe(
    user: userStore.UserRow,
    { expiresAtMs, mustChangePassword }: Pick<SignedIn, 'expiresAtMs' | 'mustChangePassword'>,
  ): SessionInfo {
    const account = toAccount(user);
    const { idleTimeoutMs } = policy;
    return {
      user: account,
      permissions: permissionsOf(account.role),
      mustChangePassword,
      expiresAtMs,
      idleTimeoutMs,
    };
  }

  async function requireUser(userId: string): Promise<userStore.UserRow> {
    const user = await userStore.findUser(db, userId);
    if (!user) throw errors.noSuchUser();
    return user;
  }

  /**
   * Counts the attempt, also of who is signed in, so that a stolen session can't guess the password. A known device has guesses of its own;
   * everybody else has a few from their place, and all of them together have some more.
   */
  async function isRightPassword(user: userStore.UserRow | undefined, { username, password, place, ...from }: Guess): Promise<boolean> {
    const isKnown = devices.isKnown(from.deviceToken, user?.id);
    let isCounted = false;
    async function count(): Promise<void> {
      if (user && isKnown && (await devices.takeGuess(from.deviceToken, user.id))) isCounted = true;
      else {
        // Every way costs one committed write, so that the time tells nothing.
        const userId = locks.take(username, place, clock.monotonicMs()) ? user?.id : undefined;
        isCounted = (await userStore.takeAttempt(db, userId, clock.nowMs(), policy)) !== undefined;
      }
    }
    const isInHurry = isKnown || from.isSignedIn === true;
    const matches = await hashing.verify(user?.passwordHash, password, { place: isInHurry ? undefined : place, before: count });
    if (!user || !isCounted || !matches) return false;
    locks.forget(username, place);
    await userStore.forgetFailures(db, user.id);
    return true;
  }

  /**
   * Looking at a password takes a while: whoever was disabled, or got another password or role meanwhile, must not come in as who they were. What is changed
   * after this finds the session and ends it. @returns the account as it is now
   */
  async function stillMayLogIn({ id, passwordChangedAt }: userStore.UserRow): Promise<userStore.UserRow | undefined> {
    const now = await userStore.findUser(db, id);
    if (!now || now.disabledAt !== null || now.passwordChangedAt.getTime() !== passwordChangedAt.getTime()) return undefined;
    sessions.userChanged(now);
    return now;
  }

  async function setPassword(user: userStore.UserRow, password: string, mustChange: boolean): Promise<userStore.UserRow> {
    const passwordHash = await hashing.hash(password);
    const passwordChangedAt = new Date(clock.nowMs());
    const change = { passwordHash, passwordChangedAt, mustChangePassword: mustChange, failedLogins: 0, lockedUntil: null };
    const changed = await userStore.updateUser(db, user.id, change);
    if (!changed) throw errors.noSuchUser();
    sessions.userChanged(changed);
    await devices.forgetAllOf(user.id);
    locks.forgetAll(user.username);
    if (firstFile) await forgetFirstLogIn(firstFile, user.username, logger);
    return changed;
  }

  async function unlockAccount(user: userStore.UserRow): Promise<void> {
    locks.forgetAll(user.username);
    await userStore.forgetFailures(db, user.id);
    await devices.forgive(user.id);
  }

  async function safely<Result>(userId: string, takesAway: boolean, change: (db: typeof store.db) => Promise<Result>): Promise<Result> {
    if (!takesAway) return change(db);
    const outcome = await userStore.keepingAnAdministrator(db, userId, change);
    if (outcome === 'last') throw errors.lastAdministrator();
    return outcome;
  }

  return {
    async start() {
      hashing.warmUp();
      await Promise.all([sessions.start(), devices.start()]);
    },
    close: () => sessions.close(),
    ensureFirstAdministrator({ dataDir, username = 'quantri' }) {
      firstFile = firstLogInFile(dataDir);
      return makeFirstAdministrator({ db, audit, hashing, clock, logger, dataDir, username });
    },

    async logIn({ username, password, ip, userAgent, deviceToken }) {
      const user = await userStore.findUserByName(db, username);
      const entry = { actorId: null, actorName: username, target: username, ip };
      const isRight = await isRightPassword(user, { username, password, place: addressBlock(ip), deviceToken });
      if (!user || !isRight || user.disabledAt !== null) {
        await audit.record({ ...entry, action: 'session.refused' }, { whenPossible: true });
        throw errors.logInRefused(policy);
      }
      if (hashing.isOutdated(user.passwordHash)) {
        // Not where somebody has changed the password meanwhile.
        await userStore.replaceHash(db, user.id, { outdatedHash: user.passwordHash, passwordHash: await hashing.hash(password) });
      }
      await audit.record({ ...entry, actorId: user.id, action: 'session.opened' });
      const { token, startedAtMs, expiresAtMs } = await sessions.open(user, { ip, userAgent });
      const known = await devices.remember(deviceToken, user.id);
      const still = await stillMayLogIn(user);
      if (!still) {
        await sessions.endWithToken(token, 'revoked');
        await devices.forget(known, user.id);
        await audit.record({ ...entry, action: 'session.refused' }, { whenPossible: true });
        throw errors.logInRefused(policy);
      }
      return {
        token,
        deviceToken: known,
        startedAtMs,
        info: describe(still, { expiresAtMs, mustChangePassword: userStore.mustChangePassword(still, startedAtMs, policy) }),
      };
    },
    authenticate: (token, call) => sessions.authenticate(token, call),
    holderOf: (token) => sessions.holderOf(token),
    knownDevice: (deviceToken) => devices.nameOf(deviceToken),
    describe: async (signedIn) => describe(sessions.userOf(signedIn.tokenHash) ?? (await requireUser(signedIn.actor.userId)), signedIn),
    logOut: (tokenHash) => sessions.end(tokenHash, 'logged_out'),
    async listSessions({ actor, tokenHash }) {
      const rows = await sessions.listOf(actor.userId);
      return rows.map((row) => ({
        sessionId: sessionIdOf(row.tokenHash),
        current: row.tokenHash === tokenHash,
        createdAtMs: row.createdAt.getTime(),
        lastSeenAtMs: row.lastSeenAt.getTime(),
        expiresAtMs: row.expiresAt.getTime(),
        ip: row.ip,
        userAgent: row.userAgent,
      }));
    },
    async revokeSession(userId, sessionId) {
      const rows = await sessions.listOf(userId);
      const row = rows.find(({ tokenHash }) => sessionIdOf(tokenHash) === sessionId);
      if (!row) throw errors.noSuchSession();
      await sessions.end(row.tokenHash, 'revoked');
    },
    logOutEverywhere: (userId, exceptTokenHash) => sessions.endAllOf(userId, exceptTokenHash),
    async changePassword({ actor, tokenHash }, { currentPassword, newPassword }, deviceToken) {
      const user = await requireUser(actor.userId);
      const guess = { username: user.username, password: currentPassword, place: `session ${tokenHash}`, isSignedIn: true };
      if (!(await isRightPassword(user, guess))) throw errors.wrongCurrentPassword();
      requireGoodPassword(newPassword, user, policy);
      if (await hashing.verify(user.passwordHash, newPassword)) throw errors.samePassword();
      await setPassword(user, newPassword, false);
      // Whoever knew the old password is out.
      await sessions.endAllOf(user.id, tokenHash);
      return devices.remember(deviceToken, user.id);
    },
    async unlock(username) {
      const user = await userStore.findUserByName(db, username);
      if (!user) return 'no_such_account';
      await unlockAccount(user);
      await audit.record(
        { actorId: null, actorName: 'server', action: 'user.unlocked', target: username, ip: null },
        { whenPossible: true },
      );
      return 'unlocked';
    },

    user: async (userId) => toAccount(await requireUser(userId)),
    listUsers: async () => (await userStore.listUsers(db)).map(toAccount),
    async createUser(request) {
      const temporaryPassword = makeTemporaryPassword();
      const passwordHash = await hashing.hash(temporaryPassword);
      const passwordChangedAt = new Date(clock.nowMs());
      const row = await userStore.insertUser(db, {
        ...request,
        passwordHash,
        passwordChangedAt,
        createdAt: passwordChangedAt,
        mustChangePassword: true,
      });
      if (row === 'too_many') throw errors.tooManyUsers(userStore.MOST_USERS);
      if (!row) throw errors.usernameTaken(request.username);
      return { user: toAccount(row), temporaryPassword };
    },
    async updateUser(userId, { unlock, disabled, ...rest }) {
      const change = definedOf({
        ...rest,
        ...(disabled === undefined ? {} : { disabledAt: disabled ? new Date(clock.nowMs()) : null }),
        ...(unlock ? { failedLogins: 0, lockedUntil: null } : {}),
      });
      const roleBefore = rest.role === undefined ? undefined : toAccount(await requireUser(userId)).role;
      const takesAway = disabled === true || (rest.role !== undefined && rest.role !== 'administrator');
      const row =
        Object.keys(change).length === 0
          ? await requireUser(userId)
          : await safely(userId, takesAway, (transaction) => userStore.updateUser(transaction, userId, change));
      if (!row) throw errors.noSuchUser();
      sessions.userChanged(row);
      if (unlock) await unlockAccount(row);
      // Also what somebody holds open already was given to the role that they had.
      if (disabled || losesSomething(roleBefore, rest.role)) await sessions.endAllOf(userId);
      return toAccount(row);
    },
    async resetPassword(userId) {
      const temporaryPassword = makeTemporaryPassword();
      const user = await setPassword(await requireUser(userId), temporaryPassword, true);
      await sessions.endAllOf(userId);
      return { user: toAccount(user), temporaryPassword };
    },
    async removeUser(userId) {
      const user = await requireUser(userId);
      const open = await sessions.listOf(userId);
      if (!(await safely(userId, true, (transaction) => userStore.deleteUser(transaction, userId)))) throw errors.noSuchUser();
      // The rows went with the account; who listens on those sessions has to hear it too.
      for (const { tokenHash } of open) await sessions.end(tokenHash, 'revoked');
      await devices.forgetAllOf(userId);
      locks.forgetAll(user.username);
      return toAccount(user);
    },
    extendWhile: (predicate) => sessions.extendWhile(predicate),
    onSessionEnded: (listener) => sessions.onEnded(listener),
  };
}

function losesSomething(before: Actor['role'] | undefined, after: Actor['role'] | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const kept = permissionsOf(after);
  return permissionsOf(before).some((permission) => !kept.includes(permission));
}

function sessionIdOf(tokenHash: string): string {
  return tokenHash.slice(0, 24);
}

/** Without the keys that were not sent. */
function definedOf<Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Key in keyof Value]?: Exclude<Value[Key], undefined>;
  };
}
