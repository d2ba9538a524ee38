import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Actor } from '../http/route.ts';
import { isConnectionLoss, type Store } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AccountPolicy } from './policy.ts';
import * as sessionStore from './session-store.ts';
import { mustChangePassword, roleOf, type UserRow } from './user-store.ts';

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** How long another process's change (role, revocation) may go unseen here. */
const TRUST_CACHE_MS = 2000;
const SWEEP_PERIOD_MS = 30_000;
const MOST_CACHED = 5000;

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

interface Cached {
  user: UserRow;
  session: sessionStore.SessionRow;
  lastSeenMs: number;
  readAtMs: number;
}

export interface Sessions {
  start(): void;
  close(): Promise<void>;
  open(
    user: UserRow,
    from: { ip: string; userAgent: string | undefined },
  ): Promise<{ token: string; startedAtMs: number; expiresAtMs: number }>;
  /** undefined: no such session, or its time is over. While the store is away, sessions seen before remain valid (an emergency must be stoppable). */
  authenticate(token: string | undefined, call?: SessionUse): Promise<SignedIn | undefined>;
  end(tokenHash: string, reason: SessionEndReason): Promise<void>;
  endAllOf(userId: string, exceptTokenHash?: string): Promise<number>;
  listOf(userId: string): Promise<sessionStore.SessionRow[]>;
  /** What is remembered of a person's account is read again at the next call. */
  forgetUser(userId: string): void;
  extendWhile(predicate: OnAirPredicate): void;
  onEnded(listener: SessionEndListener): () => void;
  sweep(): Promise<void>;
}

export function createSessions(deps: { store: Store; clock: Clock; logger: Logger; policy: AccountPolicy }): Sessions {
  const { store, clock, logger, policy } = deps;
  const cache = new Map<string, Cached>();
  const seen = new Map<string, number>();
  const listeners = new Set<SessionEndListener>();
  const predicates: OnAirPredicate[] = [];
  let timer: Timer | undefined;

  const isOnAir = (user: { id: string; username: string }): boolean =>
    predicates.some((predicate) => predicate({ userId: user.id, username: user.username }));

  function isOver(entry: Cached, nowMs: number): boolean {
    const late = nowMs > entry.session.expiresAt.getTime() || nowMs - entry.lastSeenMs > policy.idleTimeoutMs;
    return (late && !isOnAir({ id: entry.user.id, username: entry.user.username })) || entry.user.disabledAt !== null;
  }

  function forget(tokenHash: string, reason: SessionEndReason): void {
    cache.delete(tokenHash);
    seen.delete(tokenHash);
    for (const listener of listeners) listener(tokenHash, reason);
  }

  async function load(tokenHash: string): Promise<Cached | undefined> {
    const nowMs = clock.nowMs();
    const cached = cache.get(tokenHash);
    if (cached && nowMs - cached.readAtMs < TRUST_CACHE_MS) return cached;
    try {
      const found = await sessionStore.findSession(store.db, tokenHash);
      if (!found) {
        if (cached) forget(tokenHash, 'revoked');
        return undefined;
      }
      const lastSeenMs = Math.max(found.session.lastSeenAt.getTime(), cached?.lastSeenMs ?? 0, seen.get(tokenHash) ?? 0);
      const fresh = { ...found, lastSeenMs, readAtMs: nowMs };
      if (cache.size >= MOST_CACHED) cache.clear();
      cache.set(tokenHash, fresh);
      return fresh;
    } catch (error) {
      if (!cached || !isConnectionLoss(error)) throw error;
      logger.warn('the store is away; a session seen before is trusted');
      return cached;
    }
  }

  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    for (const entry of cache.values()) {
      if (isOnAir(entry.user)) {
        entry.lastSeenMs = nowMs;
        seen.set(entry.session.tokenHash, nowMs);
      }
    }
    const written = new Map(seen);
    await sessionStore.writeLastSeen(store.db, written);
    for (const [tokenHash, seenMs] of written) if (seen.get(tokenHash) === seenMs) seen.delete(tokenHash);
    const ended = await sessionStore.findEnded(store.db, nowMs, nowMs - policy.idleTimeoutMs);
    const over = ended.filter((session) => !isOnAir(session)).map(({ tokenHash }) => tokenHash);
    await sessionStore.deleteSessions(store.db, over);
    for (const tokenHash of over) forget(tokenHash, 'expired');
  }

  return {
    start() {
      timer ??= clock.every('session sweep', SWEEP_PERIOD_MS, () => {
        sweep().catch((error: unknown) => logger.warn({ error: errorText(error) }, 'sessions were not swept'));
      });
    },
    async close() {
      timer?.cancel();
      timer = undefined;
      listeners.clear();
      if (seen.size === 0) return;
      await sessionStore
        .writeLastSeen(store.db, seen)
        .catch((error: unknown) => logger.warn({ error: errorText(error) }, 'the last calls of sessions were not stored'));
      seen.clear();
    },
    async open(user, from) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const tokenHash = hashToken(token);
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + policy.absoluteTimeoutMs;
      const at = new Date(nowMs);
      const row = { tokenHash, userId: user.id, createdAt: at, lastSeenAt: at, expiresAt: new Date(expiresAtMs), ip: from.ip };
      await sessionStore.insertSession(store.db, { ...row, userAgent: from.userAgent?.replaceAll('\0', '').slice(0, 300) ?? null });
      return { token, startedAtMs: nowMs, expiresAtMs };
    },
    async authenticate(token, { background = false } = {}) {
      if (token === undefined || !TOKEN.test(token)) return undefined;
      const tokenHash = hashToken(token);
      const entry = await load(tokenHash);
      if (!entry) return undefined;
      const nowMs = clock.nowMs();
      if (isOver(entry, nowMs)) {
        forget(tokenHash, 'expired');
        return undefined;
      }
      if (!background) {
        entry.lastSeenMs = nowMs;
        seen.set(tokenHash, nowMs);
      }
      const { user } = entry;
      return {
        actor: { userId: user.id, username: user.username, displayName: user.displayName, role: roleOf(user) },
        tokenHash,
        mustChangePassword: mustChangePassword(user, nowMs, policy),
        expiresAtMs: entry.session.expiresAt.getTime(),
      };
    },
    async end(tokenHash, reason) {
      await sessionStore.deleteSessions(store.db, [tokenHash]);
      forget(tokenHash, reason);
    },
    async endAllOf(userId, exceptTokenHash) {
      const ended = await sessionStore.deleteSessionsOf(store.db, userId, exceptTokenHash);
      for (const tokenHash of ended) forget(tokenHash, 'revoked');
      return ended.length;
    },
    listOf: (userId) => sessionStore.listSessions(store.db, userId),
    forgetUser(userId) {
      for (const entry of cache.values()) if (entry.user.id === userId) entry.readAtMs = Number.NEGATIVE_INFINITY;
    },
    extendWhile: (predicate) => void predicates.push(predicate),
    onEnded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    sweep,
  };
}

/** The store never holds a token: who reads a backup can't log in with it. 256 random bits need no slow hash. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
