import { and, desc, eq, gt, gte, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { AuditPage, AuditQuery } from '../protocol/accounts.ts';
import { type Database, schema } from '../store/index.ts';
import { CHAIN_START, type ChainedEntry, canonicalJson, chainHash } from './audit-chain.ts';

const { auditEntries, settings } = schema;
/** One writer at a time over all processes: "auditlxa" as a number. */
const CHAIN_LOCK = 0x61756469;
const HEAD_KEY = 'audit.head';

export interface ChainHead {
  hash: string;
  entries: number;
}

export interface StoredEntry extends ChainedEntry {
  id: number;
  previousHash: string;
  hash: string;
}

/**
 * Adds the entries, in order, behind the newest one. The head stands beside the trail, so that a cut tail shows.
 * @param onHead told before the commit which entry they follow and what will be the head
 */
export async function appendEntries(
  db: Database,
  entries: readonly ChainedEntry[],
  nowMs: number,
  onHead?: (previousHash: string, head: ChainHead) => void,
): Promise<ChainHead> {
  return db.transaction(async (transaction) => {
    await transaction.execute(sql`select pg_advisory_xact_lock(${CHAIN_LOCK})`);
    const [newest] = await transaction.select({ hash: auditEntries.hash }).from(auditEntries).orderBy(desc(auditEntries.id)).limit(1);
    const followedHash = newest?.hash ?? CHAIN_START;
    let previousHash = followedHash;
    const rows = entries.map((entry) => {
      const hash = chainHash(previousHash, entry);
      const { atMs, ...rest } = entry;
      const row = { ...rest, at: new Date(atMs), previousHash, hash };
      previousHash = hash;
      return row;
    });
    await transaction.insert(auditEntries).values(rows);
    const head: ChainHead = { hash: previousHash, entries: rows.length };
    const updatedAt = new Date(nowMs);
    const [stored] = await transaction
      .insert(settings)
      .values({ key: HEAD_KEY, value: head, updatedAt })
      .onConflictDoUpdate({
        target: settings.key,
        set: {
          value: sql`jsonb_build_object('hash', ${head.hash}::text, 'entries', coalesce((${settings.value}->>'entries')::bigint, 0) + ${rows.length}::bigint)`,
          updatedAt,
        },
      })
      .returning({ value: settings.value });
    const whole = (stored?.value as ChainHead | undefined) ?? head;
    onHead?.(followedHash, whole);
    return whole;
  });
}

export async function findByHash(db: Database, hash: string): Promise<StoredEntry | undefined> {
  const [row] = await db.select().from(auditEntries).where(eq(auditEntries.hash, hash)).limit(1);
  return row && toStored(row);
}

/** Whether the trail has this very entry: one that was kept locally may have been written, too. */
export async function isStored(db: Database, { atMs, detail, ...rest }: ChainedEntry): Promise<boolean> {
  const rows = await db
    .select()
    .from(auditEntries)
    .where(and(eq(auditEntries.at, new Date(atMs)), eq(auditEntries.action, rest.action), eq(auditEntries.target, rest.target)));
  const wanted = canonicalJson({ atMs, detail, ...rest });
  return rows.map(toStored).some(({ id: _id, previousHash: _previousHash, hash: _hash, ...entry }) => canonicalJson(entry) === wanted);
}

export async function readHead(db: Database): Promise<ChainHead> {
  const [row] = await db.select().from(settings).where(eq(settings.key, HEAD_KEY));
  return (row?.value as ChainHead | undefined) ?? { hash: CHAIN_START, entries: 0 };
}

/** What its own hash has to be, after the entry that it claims to follow. */
export function hashOf({ id: _id, previousHash, hash: _hash, ...entry }: StoredEntry): string {
  return chainHash(previousHash, entry);
}

/** The trail in order, after `afterId`. */
export async function readEntriesAfter(db: Database, afterId: number, limit: number): Promise<StoredEntry[]> {
  const rows = await db.select().from(auditEntries).where(gt(auditEntries.id, afterId)).orderBy(auditEntries.id).limit(limit);
  return rows.map(toStored);
}

/** Newest first. */
export async function findEntries(db: Database, query: AuditQuery): Promise<AuditPage> {
  const conditions: SQL[] = [];
  if (query.beforeId !== undefined) conditions.push(lt(auditEntries.id, query.beforeId));
  if (query.actorName) conditions.push(eq(auditEntries.actorName, query.actorName));
  if (query.action) conditions.push(sql`starts_with(${auditEntries.action}, ${query.action})`);
  if (query.target) conditions.push(eq(auditEntries.target, query.target));
  if (query.fromMs !== undefined) conditions.push(gte(auditEntries.at, new Date(query.fromMs)));
  if (query.toMs !== undefined) conditions.push(lte(auditEntries.at, new Date(query.toMs)));
  const rows = await db
    .select()
    .from(auditEntries)
    .where(and(...conditions))
    .orderBy(desc(auditEntries.id))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit).map(toStored);
  return {
    entries: page.map(({ previousHash: _previousHash, ...entry }) => entry),
    nextBeforeId: rows.length > query.limit ? (page.at(-1)?.id ?? null) : null,
  };
}

function toStored(row: typeof auditEntries.$inferSelect): StoredEntry {
  const { at, detail, ...rest } = row;
  return { ...rest, atMs: at.getTime(), detail: detail as Record<string, unknown> };
}
