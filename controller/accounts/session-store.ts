import { and, desc, eq, inArray, lt, ne, or, sql } from 'drizzle-orm';
import { type Database, schema } from '../store/index.ts';
import type { UserRow } from './user-store.ts';

const { sessions, users } = schema;
export type SessionRow = typeof sessions.$inferSelect;

export async function insertSession(db: Database, row: SessionRow): Promise<void> {
  await db.insert(sessions).values(row);
}

export async function findSession(db: Database, tokenHash: string): Promise<{ session: SessionRow; user: UserRow } | undefined> {
  const [row] = await db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.tokenHash, tokenHash));
  return row;
}

/** Those used last, with their people. */
export function readNewest(db: Database, limit: number): Promise<{ session: SessionRow; user: UserRow }[]> {
  return db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .orderBy(desc(sessions.lastSeenAt))
    .limit(limit);
}

export function listSessions(db: Database, userId: string): Promise<SessionRow[]> {
  return db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(desc(sessions.lastSeenAt));
}

/** Writes when each session was last seen; never backwards. */
export async function writeLastSeen(db: Database, seen: ReadonlyMap<string, number>): Promise<void> {
  for (const [tokenHash, seenMs] of seen) {
    const at = new Date(seenMs).toISOString();
    await db
      .update(sessions)
      .set({ lastSeenAt: sql`greatest(${sessions.lastSeenAt}, ${at}::timestamptz)` })
      .where(eq(sessions.tokenHash, tokenHash));
  }
}

export async function deleteSessions(db: Database, tokenHashes: readonly string[]): Promise<void> {
  if (tokenHashes.length > 0) await db.delete(sessions).where(inArray(sessions.tokenHash, [...tokenHashes]));
}

/** Ends all sessions of a person but one. Returns the hashes of the ended ones. */
export async function deleteSessionsOf(db: Database, userId: string, exceptTokenHash?: string): Promise<string[]> {
  const ended = await db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), exceptTokenHash === undefined ? undefined : ne(sessions.tokenHash, exceptTokenHash)))
    .returning({ tokenHash: sessions.tokenHash });
  return ended.map(({ tokenHash }) => tokenHash);
}

/** Sessions whose time is over: idle since `idleSinceMs`, or past their absolute end. */
export function findEnded(
  db: Database,
  nowMs: number,
  idleSinceMs: number,
): Promise<{ tokenHash: string; id: string; username: string }[]> {
  return db
    .select({ tokenHash: sessions.tokenHash, id: users.id, username: users.username })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(or(lt(sessions.expiresAt, new Date(nowMs)), lt(sessions.lastSeenAt, new Date(idleSinceMs))));
}
