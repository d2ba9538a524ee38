import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Actor } from '../http/route.ts';
import { type LocalJournal, patiently, type Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AccountPolicy } from './policy.ts';
import * as sessionStore from './session-store.ts';
import { mustChangePassword, roleOf, type UserRow } from './user-store.ts';

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** What is held is read again after this: another process may have changed it (role, revocation). */
const TRUST_MS = 2000;
const SWEEP_PERIOD_MS = 30_000;
/** About 10 MB. */
const MOST_HELD = 5000;
/** A program that logs in for every call must not put other people's sessions aside; the one of its own that was used least lately gives way. */
const MOST_OF_PERSON = 50;
/** Of ended sessions in the local journal. */
const LOCAL_KIND = 'session-over';
/** Who logs out waits no longer than this for the store. */
const STORE_PATIENCE_MS = 150;

/** A person with a valid session. */
export interface SignedIn {
  actor: Actor;
  /** Names the session without being its token. */
  tokenHash: string;
  mustChangePassword: boolean;
  expiresAtMs: number;
}

/** `background`: the call is no use of the session and does not extend it. */
export interface SessionUse {
  background?: boolean;
}

export type SessionEndReason = 'logged_out' | 'expired' | 'revoked';
export type SessionEndListener = (tokenHash: string, reason: SessionEndReason) => void;
/** Whether this person is on air now: their session must not end under them. */
export type OnAirPredicate = (actor: Pick<Actor, 'userId' | 'username'>) => boolean;

/** Never changed but for `lastSeenMs`: whoever knows another person's state puts another one in its place. */
interface HeldSession {
  readonly user: UserRow;
  readonly session: sessionStore.SessionRow;
  lastSeenMs: number;
  /** The same and its end by the clock that nobody sets: a machine whose clock was wrong since it started must not log everybody out when it is put right. */
  lastSeenSteadyMs: number;
  readonly endsSteadyMs: number;
  /** Steady. */
  readonly readAtMs: number;
}

export interface Sessions {
  /** Reads the open sessions into memory. */
  start(): Promise<void>;
  close(): Promise<void>;
  open(
    user: UserRow,
    from: { ip: string; userAgent: string | undefined },
  ): Promise<{ token: string; startedAtMs: number; expiresAtMs: number }>;
  /** undefined: no such session, or its time is over. Answered from memory: a store that hangs keeps nobody from an emergency or a stop. */
  authenticate(token: string | undefined, call?: SessionUse): Promise<SignedIn | undefined>;
  /** Over at once, also while the store is away; then the store hears of it later. */
  end(tokenHash: string, reason: SessionEndReason): Promise<void>;
  endWithToken(token: string, reason: SessionEndReason): Promise<void>;
  endAllOf(userId: string, exceptTokenHash?: string): Promise<number>;
  listOf(userId: string): Promise<sessionStore.SessionRow[]>;
  /** The id of a token's person, as far as memory knows. */
  holderOf(token: string | undefined): string | undefined;
  /** The person of an open session, as held in memory. */
  userOf(tokenHash: string): UserRow | undefined;
  /** A person's account was changed: their sessions know it at once. */
  userChanged(user: UserRow): void;
  extendWhile(predicate: OnAirPredicate): void;
  onEnded(listener: SessionEndListener): () => void;
  sweep(): Promise<void>;
}

interface SessionsDeps {
  store: Store;
  local: LocalJournal;
  clock: Clock;
  logger: Logger;
  policy: AccountPolicy;
}

export function createSessions({ store, local, clock, logger, policy }: SessionsDeps): Sessions {
  const held = new Map<string, HeldSession>();
  /** When sessions were last used, as far as the store does not know it yet. */
  const seen = new Map<string, number>();
  /** Over, and perhaps still in the store; with what the local journal knows of it. */
  const over = new Map<string, string | undefined>();
  const refreshing = new Set<string>();
  const listeners = new Set<SessionEndListener>();
  const predicates: OnAirPredicate[] = [];
  let timer: Timer | undefined;

  const isOnAir = (user: { id: string; username: string }): boolean =>
    predicates.some((predicate) => predicate({ userId: user.id, username: user.username }));

  function isOver({ user, lastSeenSteadyMs, endsSteadyMs }: HeldSession): boolean {
    const steadyMs = clock.monotonicMs();
    const late = steadyMs > endsSteadyMs || steadyMs - lastSeenSteadyMs > policy.idleTimeoutMs;
    return (late && !isOnAir(user)) || user.disabledAt !== null;
  }

  function hold(found: { session: sessionStore.SessionRow; user: UserRow }): HeldSession {
    const { tokenHash, lastSeenAt, expiresAt } = found.session;
    const before = held.get(tokenHash);
    const lastSeenMs = Math.max(lastSeenAt.getTime(), before?.lastSeenMs ?? 0, seen.get(tokenHash) ?? 0);
    const readAtMs = clock.monotonicMs();
    const toSteady = (epochMs: number): number => readAtMs + epochMs - clock.nowMs();
    const entry: HeldSession = {
      ...found,
      lastSeenMs,
      lastSeenSteadyMs: before?.lastSeenSteadyMs ?? Math.min(toSteady(lastSeenMs), readAtMs),
      endsSteadyMs: before?.endsSteadyMs ?? toSteady(expiresAt.getTime()),
      readAtMs,
    };
    // What is put aside is read from the store when it is used again.
    if (held.size >= MOST_HELD && !held.has(tokenHash)) held.delete(leastUsed(held));
    held.set(tokenHash, entry);
    return entry;
  }

  /** In memory first, so that it is over whatever the store does. */
  function finish(tokenHash: string, reason: SessionEndReason): void {
    over.set(tokenHash, over.get(tokenHash));
    held.delete(tokenHash);
    seen.delete(tokenHash);
    for (const listener of listeners) listener(tokenHash, reason);
  }

  function forgetOver(hashes: Iterable<string>): void {
    for (const tokenHash of hashes) {
      const localId = over.get(tokenHash);
      over.delete(tokenHash);
      if (localId !== undefined) local.settle([localId]);
    }
  }

  async function removeFromStore(): Promise<void> {
    const hashes = [...over.keys()];
    await sessionStore.deleteSessions(store.db, hashes);
    forgetOver(hashes);
  }

  async function load(tokenHash: string): Promise<HeldSession | undefined> {
    if (over.has(tokenHash)) return undefined;
    const found = await sessionStore.findSession(store.db, tokenHash);
    // It may have ended while the store was asked.
    return found && !over.has(tokenHash) ? hold(found) : undefined;
  }

  /** What another process changed shows a moment later; nobody waits for it. */
  async function refresh(entry: HeldSession): Promise<void> {
    const { tokenHash } = entry.session;
    if (clock.monotonicMs() - entry.readAtMs < TRUST_MS || refreshing.has(tokenHash) || store.isAway()) return;
    refreshing.add(tokenHash);
    try {
      const found = await sessionStore.findSession(store.db, tokenHash);
      // Changed here meanwhile: what was read may be older than that.
      if (held.get(tokenHash) !== entry) return;
      if (found) hold(found);
      else finish(tokenHash, 'revoked');
    } catch (error) {
      logger.debug({ error: errorText(error) }, 'a session could not be read again');
    } finally {
      refreshing.delete(tokenHash);
    }
  }

  /** Ends what is over by the memory, then tells the store, then ends what only the store knew. */
  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    for (const [tokenHash, entry] of [...held]) {
      if (isOver(entry)) finish(tokenHash, 'expired');
      else if (isOnAir(entry.user)) use(entry, nowMs);
    }
    const written = new Map(seen);
    await sessionStore.writeLastSeen(store.db, written);
    for (const [tokenHash, seenMs] of written) if (seen.get(tokenHash) === seenMs) seen.delete(tokenHash);
    for (const ended of await sessionStore.findEnded(store.db, nowMs, nowMs - policy.idleTimeoutMs)) {
      if (!held.has(ended.tokenHash) && !isOnAir(ended)) finish(ended.tokenHash, 'expired');
    }
    await removeFromStore();
  }

  /** Not of a person on the air: it may be the one that speaks. */
  async function endSurplus(user: UserRow): Promise<void> {
    if (isOnAir(user)) return;
    const own = [...held.values()].filter((entry) => entry.user.id === user.id).sort((one, other) => other.lastSeenMs - one.lastSeenMs);
    for (const { session } of own.slice(MOST_OF_PERSON)) await end(session.tokenHash, 'revoked');
  }

  async function end(tokenHash: string, reason: SessionEndReason): Promise<void> {
    finish(tokenHash, reason);
    try {
      await patiently(removeFromStore(), store.isPrompt() ? STORE_PATIENCE_MS : 0, clock);
    } catch (error) {
      logger.warn({ error: errorText(error) }, 'a session is over; the store hears of it later');
      // Also should this run end before: who logged out stays logged out.
      const localId = await local.append(LOCAL_KIND, { tokenHash }, { isVital: false });
      if (over.has(tokenHash)) over.set(tokenHash, localId);
      else if (localId !== undefined) local.settle([localId]);
    }
  }

  function use(entry: HeldSession, nowMs: number): void {
    entry.lastSeenMs = nowMs;
    entry.lastSeenSteadyMs = clock.monotonicMs();
    seen.set(entry.session.tokenHash, nowMs);
  }

  return {
    async start() {
      timer ??= clock.every('session sweep', SWEEP_PERIOD_MS, () => {
        sweep().catch((error: unknown) => logger.warn({ error: errorText(error) }, 'sessions were not swept'));
      });
      for (const { id, value } of local.left(LOCAL_KIND)) over.set((value as { tokenHash: string }).tokenHash, id);
      for (const found of await sessionStore.readNewest(store.db, MOST_HELD)) {
        const { tokenHash } = found.session;
        if (!held.has(tokenHash) && !over.has(tokenHash)) hold(found);
      }
    },
    async close() {
      timer?.cancel();
      timer = undefined;
      listeners.clear();
      if (seen.size + over.size === 0) return;
      await Promise.all([sessionStore.writeLastSeen(store.db, seen), removeFromStore()]).catch((error: unknown) =>
        logger.warn({ error: errorText(error) }, 'the last calls of sessions were not stored'),
      );
      seen.clear();
    },
    async open(user, from) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const tokenHash = hashToken(token);
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + policy.absoluteTimeoutMs;
      const at = new Date(nowMs);
      const userAgent = from.userAgent?.replaceAll('\0', '').slice(0, 300) ?? null;
      const session = {
        tokenHash,
        userId: user.id,
        createdAt: at,
        lastSeenAt: at,
        expiresAt: new Date(expiresAtMs),
        ip: from.ip,
        userAgent,
      };
      await sessionStore.insertSession(store.db, session);
      hold({ session, user });
      await endSurplus(user);
      return { token, startedAtMs: nowMs, expiresAtMs };
    },
    async authenticate(token, { background = false } = {}) {
      if (token === undefined || !TOKEN.test(token)) return undefined;
      const tokenHash = hashToken(token);
      const entry = held.get(tokenHash) ?? (await load(tokenHash));
      if (!entry) return undefined;
      const nowMs = clock.nowMs();
      if (isOver(entry)) {
        finish(tokenHash, 'expired');
        return undefined;
      }
      if (!background) use(entry, nowMs);
      void refresh(entry);
      const { user } = entry;
      return {
        actor: { userId: user.id, username: user.username, displayName: user.displayName, role: roleOf(user) },
        tokenHash,
        // A password that grows too old is changed at the next log-in; it takes the button from nobody who is signed in.
        mustChangePassword: mustChangePassword(user, entry.session.createdAt.getTime(), policy),
        expiresAtMs: entry.session.expiresAt.getTime(),
      };
    },
    end,
    endWithToken: (token, reason) => end(hashToken(token), reason),
    async endAllOf(userId, exceptTokenHash) {
      const known = [...held.values()].filter(({ user, session }) => user.id === userId && session.tokenHash !== exceptTokenHash);
      for (const { session } of known) finish(session.tokenHash, 'revoked');
      const told = new Set(known.map(({ session }) => session.tokenHash));
      const stored = await sessionStore.deleteSessionsOf(store.db, userId, exceptTokenHash);
      for (const tokenHash of stored) if (!told.has(tokenHash)) finish(tokenHash, 'revoked');
      forgetOver([...told, ...stored]);
      return new Set([...told, ...stored]).size;
    },
    listOf: (userId) => sessionStore.listSessions(store.db, userId),
    holderOf(token) {
      const entry = token !== undefined && TOKEN.test(token) ? held.get(hashToken(token)) : undefined;
      return entry && !isOver(entry) ? entry.user.id : undefined;
    },
    userOf: (tokenHash) => held.get(tokenHash)?.user,
    userChanged(user) {
      for (const [tokenHash, entry] of held) if (entry.user.id === user.id) held.set(tokenHash, { ...entry, user });
    },
    extendWhile: (predicate) => void predicates.push(predicate),
    onEnded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    sweep,
  };
}

function leastUsed(held: ReadonlyMap<string, HeldSession>): string {
  let least: HeldSession | undefined;
  for (const entry of held.values()) if (!least || entry.lastSeenMs < least.lastSeenMs) least = entry;
  return least?.session.tokenHash ?? '';
}

/** The store never holds a token: who reads a backup can't log in with it. 256 random bits need no slow hash. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
