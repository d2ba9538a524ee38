import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import type { UserAccount } from '../protocol/accounts.ts';
import { type Role, role } from '../protocol/roles.ts';
import { type Database, schema } from '../store/index.ts';
import { type AccountPolicy, lockMs } from './policy.ts';

const { settings, users } = schema;
const NOBODY = '00000000-0000-0000-0000-000000000000';
/** Serialises what could remove the last administrator. */
const ADMINISTRATORS_LOCK = 0x61646d69;
/** Serialises additions, so that many at once don't pass the bound together. */
export const ADDITIONS_LOCK = 0x75736572;
/** A commune has a few dozen. */
export const MOST_USERS = 500;

export type UserRow = typeof users.$inferSelect;
type UserChange = Partial<typeof users.$inferInsert>;

export async function findUserByName(db: Database, username: string): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users).where(eq(users.username, username));
  return row;
}

export async function findUser(db: Database, userId: string): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users).where(eq(users.id, userId));
  return row;
}

export function listUsers(db: Database): Promise<UserRow[]> {
  return db.select().from(users).orderBy(users.username);
}

/** undefined when the name is taken. */
export function insertUser(db: Database, values: typeof users.$inferInsert): Promise<UserRow | 'too_many' | undefined> {
  return db.transaction(async (transaction) => {
    await transaction.execute(sql`select pg_advisory_xact_lock(${ADDITIONS_LOCK})`);
    if ((await transaction.$count(users)) >= MOST_USERS) return 'too_many';
    const [row] = await transaction.insert(users).values(values).onConflictDoNothing({ target: users.username }).returning();
    return row;
  });
}

export async function updateUser(db: Database, userId: string, change: UserChange): Promise<UserRow | undefined> {
  const [row] = await db.update(users).set(change).where(eq(users.id, userId)).returning();
  return row;
}

/** Of the same password, unless it is another one by now. */
export async function replaceHash(
  db: Database,
  userId: string,
  { outdatedHash, passwordHash }: { outdatedHash: string; passwordHash: string },
): Promise<void> {
  await db
    .update(users)
    .set({ passwordHash })
    .where(and(eq(users.id, userId), eq(users.passwordHash, outdatedHash)));
}

/**
 * Runs a change that may take an administrator away, unless no other active one would be left.
 * @returns 'last' when it was not run.
 */
export function keepingAnAdministrator<Result>(
  db: Database,
  userId: string,
  change: (transaction: Database) => Promise<Result>,
): Promise<Result | 'last'> {
  return db.transaction(async (transaction) => {
    await transaction.execute(sql`select pg_advisory_xact_lock(${ADMINISTRATORS_LOCK})`);
    const current = await findUser(transaction, userId);
    if (current?.role === 'administrator' && current.disabledAt === null) {
      const others = await transaction
        .select({ id: users.id })
        .from(users)
        .where(and(eq(users.role, 'administrator'), isNull(users.disabledAt), ne(users.id, userId)))
        .limit(1);
      if (others.length === 0) return 'last';
    }
    return change(transaction);
  });
}

export async function deleteUser(db: Database, userId: string): Promise<boolean> {
  const deleted = await db.delete(users).where(eq(users.id, userId)).returning({ id: users.id });
  return deleted.length > 0;
}

/**
 * Counts the attempt before the password is looked at, so that a hundred guesses at once are a hundred counted guesses.
 * An attempt on a missing or locked account costs one committed write too, so that its time tells nothing.
 * @returns the failures so far, or undefined when there is no such account or it is locked.
 */
export function takeAttempt(db: Database, userId: string | undefined, nowMs: number, policy: AccountPolicy): Promise<number | undefined> {
  const now = new Date(nowMs);
  const longest = new Date(nowMs + policy.longestLockMs);
  return db.transaction(async (transaction) => {
    const [counted] = await transaction
      .update(users)
      .set({ failedLogins: sql`${users.failedLogins} + 1` })
      .where(
        and(
          eq(users.id, userId ?? NOBODY),
          // A lock that lasts longer than any was made by a clock that has been put right since.
          sql`(${users.lockedUntil} is null or ${users.lockedUntil} <= ${now.toISOString()}::timestamptz or ${users.lockedUntil} > ${longest.toISOString()}::timestamptz)`,
        ),
      )
      .returning({ failures: users.failedLogins });
    if (!counted) {
      const decoy = { value: nowMs, updatedAt: now };
      await transaction
        .insert(settings)
        .values({ key: 'accounts.last_refusal', ...decoy })
        .onConflictDoUpdate({ target: settings.key, set: decoy });
      return undefined;
    }
    const lockedForMs = lockMs(counted.failures, policy, policy.lockEverywhereAfterFailures);
    await transaction
      .update(users)
      .set({ lockedUntil: lockedForMs > 0 ? new Date(nowMs + lockedForMs) : null })
      .where(eq(users.id, userId ?? NOBODY));
    return counted.failures;
  });
}

export function forgetFailures(db: Database, userId: string): Promise<UserRow | undefined> {
  return updateUser(db, userId, { failedLogins: 0, lockedUntil: null });
}

/** Whether the person must choose another password before anything else. Pure. */
export function mustChangePassword(row: UserRow, nowMs: number, policy: AccountPolicy): boolean {
  if (row.mustChangePassword) return true;
  return policy.passwordMaxAgeDays > 0 && nowMs - row.passwordChangedAt.getTime() > policy.passwordMaxAgeDays * 86_400_000;
}

export function toAccount(row: UserRow, nowMs: number, policy: AccountPolicy): UserAccount {
  const lockedUntilMs = row.lockedUntil?.getTime() ?? 0;
  return {
    userId: row.id,
    username: row.username,
    displayName: row.displayName,
    role: roleOf(row),
    language: row.language === 'en' ? 'en' : 'vi',
    mustChangePassword: mustChangePassword(row, nowMs, policy),
    passwordChangedAtMs: row.passwordChangedAt.getTime(),
    lockedUntilMs: lockedUntilMs > nowMs && lockedUntilMs <= nowMs + policy.longestLockMs ? lockedUntilMs : null,
    disabled: row.disabledAt !== null,
    createdAtMs: row.createdAt.getTime(),
  };
}

/** A role that this version doesn't know gives the least. */
export function roleOf(row: UserRow): Role {
  return role.catch('viewer').parse(row.role);
}
