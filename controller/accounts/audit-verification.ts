import { eq } from 'drizzle-orm';
import type { AuditVerification } from '../protocol/accounts.ts';
import { type Store, schema } from '../store/index.ts';
import { CHAIN_START } from './audit-chain.ts';
import type { AuditSeal } from './audit-seal.ts';
import { hashOf, readEntriesAfter, readHead } from './audit-store.ts';

/** The entry by which somebody says that they know of a gap; it names the gap, and hides nothing of it. */
export const ACKNOWLEDGED = 'audit.acknowledged';
/** Read and hashed in one turn of the event loop, with what an entry may hold. */
const PAGE = 100;
/** More than these don't fit into an entry; then it takes several. */
const BREAKS_IN_ENTRY = 100;
const NO_HEAD_LOST = '';

/** One place where the trail is not what was written. */
export interface Break {
  /** Of the first entry behind it; null: its end. */
  id: number | null;
  reason: NonNullable<AuditVerification['firstBroken']>['reason'];
  expectedHash: string;
  foundHash: string;
  /** So many entries are missing in all. */
  missing?: number;
}

interface Acknowledgement {
  breaks: Break[];
  why: string;
}

export interface Walk {
  verification: AuditVerification;
  /** What nobody has acknowledged. */
  open: Break[];
}

/** Walks the whole chain, on over what is broken: what was acknowledged once must not hide what is broken later. */
export async function walkChain(store: Store, seal: AuditSeal | undefined, unkept: number): Promise<Walk> {
  await seal?.check();
  // Read first: entries that come during the walk lie behind it.
  const sealed = seal?.head && { ...seal.head };
  const head = await readHead(store.db);
  const acknowledged = await readAcknowledged(store);
  const known = acknowledged.flatMap(({ breaks }) => breaks);
  const wanted = new Set([head.hash, sealed?.hash ?? head.hash]);
  wanted.delete(CHAIN_START);
  const breaks: Break[] = [];
  let previousHash = CHAIN_START;
  let checkedEntries = 0;
  let lastId = 0;
  for (;;) {
    const page = await readEntriesAfter(store.db, lastId, PAGE);
    for (const entry of page) {
      const { id, hash } = entry;
      const ownHash = hashOf(entry);
      if (hash !== ownHash) breaks.push({ id, reason: 'altered', expectedHash: hash, foundHash: ownHash });
      else if (entry.previousHash !== previousHash)
        breaks.push({ id, reason: 'removed', expectedHash: previousHash, foundHash: entry.previousHash });
      previousHash = hash;
      wanted.delete(hash);
      checkedEntries += 1;
      lastId = id;
    }
    if (page.length < PAGE) break;
  }
  const end = { id: null, foundHash: previousHash };
  const missing = head.entries - checkedEntries;
  const lostHead = wanted.has(head.hash) ? head.hash : NO_HEAD_LOST;
  if (lostHead !== NO_HEAD_LOST || missing > 0)
    breaks.push({ ...end, reason: 'truncated', expectedHash: lostHead, missing: Math.max(0, missing) });
  if (sealed && wanted.has(sealed.hash)) seal?.break('head_missing', sealed);
  if (seal?.breach) breaks.push({ ...end, reason: 'unsealed', expectedHash: seal.breach.hash });
  const lostEntries = (seal?.lost ?? 0) + unkept;
  if (lostEntries > 0) breaks.push({ ...end, reason: 'lost', expectedHash: head.hash, missing: lostEntries });
  const open = breaks.filter((one) => !known.some((other) => covers(other, one)));
  const [first] = open;
  return {
    open,
    verification: {
      ...{ intact: first === undefined, checkedEntries, lostEntries, headHash: first?.reason === 'truncated' ? head.hash : previousHash },
      firstBroken: first ? { id: first.id, reason: first.reason } : null,
      acknowledged: acknowledged.map(({ atMs, by, why, breaks: itsBreaks }) => ({
        ...{ atMs, by, why },
        breaks: itsBreaks.map(({ id, reason }) => ({ id, reason })),
      })),
    },
  };
}

/** What an entry says of this gap; as much of it as goes into one. */
export function acknowledgement(open: readonly Break[], why: string): Record<string, unknown> {
  return { why, breaks: open.slice(0, BREAKS_IN_ENTRY) } satisfies Acknowledgement;
}

function covers(known: Break, found: Break): boolean {
  if (known.reason !== found.reason) return false;
  switch (found.reason) {
    case 'altered':
    case 'removed':
      return known.id === found.id && known.expectedHash === found.expectedHash && known.foundHash === found.foundHash;
    case 'truncated':
      // A head that is not there is another gap than entries that were missing before.
      if (found.expectedHash !== NO_HEAD_LOST && found.expectedHash !== known.expectedHash) return false;
      return (known.missing ?? 0) >= (found.missing ?? 0);
    case 'lost':
      return (known.missing ?? 0) >= (found.missing ?? 0);
    case 'unsealed':
      // The seal itself knows that it was acknowledged; whoever has only the database can't say so.
      return false;
  }
}

async function readAcknowledged(store: Store): Promise<(Acknowledgement & { atMs: number; by: string })[]> {
  const { auditEntries } = schema;
  const rows = await store.db.select().from(auditEntries).where(eq(auditEntries.action, ACKNOWLEDGED)).orderBy(auditEntries.id);
  return rows.map(({ at, actorName, detail }) => ({ ...(detail as Acknowledgement), atMs: at.getTime(), by: actorName }));
}
