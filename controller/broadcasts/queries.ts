import { and, asc, desc, eq, gt, inArray, lt, ne, or, sql } from 'drizzle-orm';
import type { BroadcastLogEntry, ClusterOutcome } from '../protocol/broadcasts.ts';
import type { SentStretch } from '../protocol/sent-sound.ts';
import type { LevelChunk } from '../protocol/speaker-control.ts';
import { type Store, schema } from '../store/index.ts';
import type { ReceiptFigures } from './heard.ts';
import type { CaptureInterval } from './hearing.ts';
import { SENT_SOUND } from './programme.ts';
import { type BroadcastRecord, recordOf, UNFINISHED } from './record.ts';

const { broadcasts, broadcastEvents, receipts, airedCopies } = schema;
const RECEIPTS_AT_ONCE = 300;
/** Receipts from before speakers told it have none. */
const mutedByConfig = sql<number | null>`(${receipts.receipt}->>'mutedByConfigMs')::double precision`;
const amplifierOk = sql<boolean | null>`(${receipts.receipt}->>'amplifierOk')::boolean`;
/** Mean, of the devices that measure it. */
const currentMa = sql<number | null>`(${receipts.receipt}->>'amplifierCurrentMa')::double precision`;
/** Of the devices that measure it. */
const levels = sql<LevelChunk[] | null>`${receipts.receipt}->'levels'`;
/** Receipts of before speakers told of pieces have none. */
const heardPieces = sql<CaptureInterval[] | null>`${receipts.receipt}->'heard'`;
/** The log's line that names the poles that missed an emergency. */
export const NOT_HEARD = 'not_heard';
/** The log's line of a request that was answered with this broadcast, which ran already. */
export const JOINED = 'joined';

export async function readRecord(store: Store, broadcastId: string): Promise<BroadcastRecord | undefined> {
  const [row] = await store.db.select().from(broadcasts).where(eq(broadcasts.id, broadcastId));
  return row && recordOf(row);
}

/** The broadcasts that make up for these emergencies, oldest first. */
export async function readMakeUps(store: Store, originalIds: readonly string[]): Promise<BroadcastRecord[]> {
  if (originalIds.length === 0) return [];
  const rows = await store.db
    .select()
    .from(broadcasts)
    .where(inArray(broadcasts.makesUpFor, [...originalIds]))
    .orderBy(asc(broadcasts.createdAt), asc(broadcasts.id));
  return rows.map(recordOf);
}

/** Why clusters could not sound an emergency, as it was found last; in the log since then. */
export async function readCauses(store: Store, broadcastId: string): Promise<Map<string, NonNullable<ClusterOutcome['cause']>>> {
  const [row] = await store.db
    .select({ detail: broadcastEvents.detail })
    .from(broadcastEvents)
    .where(and(eq(broadcastEvents.broadcastId, broadcastId), eq(broadcastEvents.kind, NOT_HEARD)))
    .orderBy(desc(broadcastEvents.id))
    .limit(1);
  const { unable = [] } = (row?.detail ?? {}) as { unable?: ({ clusterId: string } & NonNullable<ClusterOutcome['cause']>)[] };
  return new Map(unable.map(({ clusterId, code, vi, en }) => [clusterId, { code, vi, en }]));
}

/** When the poles were named last that missed an emergency, epoch ms; undefined: not yet. */
export async function readJudgedAtMs(store: Store, broadcastId: string): Promise<number | undefined> {
  const [row] = await store.db
    .select({ at: broadcastEvents.at })
    .from(broadcastEvents)
    .where(and(eq(broadcastEvents.broadcastId, broadcastId), eq(broadcastEvents.kind, NOT_HEARD)))
    .orderBy(desc(broadcastEvents.id))
    .limit(1);
  return row?.at.getTime();
}

/** Everything that is not over, in order of its instant. */
export async function readUnfinished(store: Store): Promise<BroadcastRecord[]> {
  const rows = await store.db
    .select()
    .from(broadcasts)
    .where(inArray(broadcasts.status, [...UNFINISHED]))
    .orderBy(asc(broadcasts.startsAt), asc(broadcasts.createdAt), asc(broadcasts.id));
  return rows.map(recordOf);
}

/** What is over, newest first. `before` is the cursor of the page before. */
export async function readHistory(
  store: Store,
  page: { limit: number; before: string | undefined },
): Promise<{ records: BroadcastRecord[]; nextBefore: string | null }> {
  const cursor = page.before === undefined ? undefined : /^(\d+)_([0-9a-f-]{36})$/.exec(page.before);
  const startsAt = new Date(Number(cursor?.[1] ?? 0));
  const isOver = sql`${broadcasts.status} not in ('planned', 'preparing', 'on_air', 'preempted')`;
  const isFurther = cursor
    ? or(lt(broadcasts.startsAt, startsAt), and(eq(broadcasts.startsAt, startsAt), lt(broadcasts.id, cursor[2] ?? '')))
    : undefined;
  const rows = await store.db
    .select()
    .from(broadcasts)
    .where(and(isOver, isFurther))
    .orderBy(desc(broadcasts.startsAt), desc(broadcasts.id))
    .limit(page.limit + 1);
  const records = rows.slice(0, page.limit).map(recordOf);
  const last = records.at(-1);
  return { records, nextBefore: rows.length > page.limit && last ? `${last.startsAtMs}_${last.broadcastId}` : null };
}

/** The requests that were answered with these broadcasts, in order. */
export async function readJoined(
  store: Store,
  broadcastIds: readonly string[],
): Promise<{ broadcastId: string; askedId: string; by: string }[]> {
  const rows = await store.db
    .select({ broadcastId: broadcastEvents.broadcastId, detail: broadcastEvents.detail })
    .from(broadcastEvents)
    .where(and(inArray(broadcastEvents.broadcastId, [...broadcastIds]), eq(broadcastEvents.kind, JOINED)))
    .orderBy(asc(broadcastEvents.id));
  return rows.map(({ broadcastId, detail }) => {
    const { broadcastId: askedId, by } = detail as { broadcastId: string; by: string };
    return { broadcastId, askedId, by };
  });
}

export async function readLog(store: Store, broadcastId: string): Promise<BroadcastLogEntry[]> {
  const rows = await store.db
    .select()
    .from(broadcastEvents)
    .where(and(eq(broadcastEvents.broadcastId, broadcastId), ne(broadcastEvents.kind, SENT_SOUND)))
    .orderBy(asc(broadcastEvents.id));
  return rows.map((row) => ({ atMs: row.at.getTime(), kind: row.kind, detail: row.detail as Record<string, unknown> }));
}

/** What was on air of it, as far as that was stored; nothing: it is from before that was noted. */
export async function readSentSound(store: Store, broadcastId: string): Promise<SentStretch[]> {
  const rows = await store.db
    .select({ detail: broadcastEvents.detail })
    .from(broadcastEvents)
    .where(and(eq(broadcastEvents.broadcastId, broadcastId), eq(broadcastEvents.kind, SENT_SOUND)))
    .orderBy(asc(broadcastEvents.id));
  return rows.map((row) => row.detail as SentStretch);
}

/** Page by page: each speaker may have handed in several, with hundreds of figures in each. */
export async function readReceipts(store: Store, broadcastId: string): Promise<ReceiptFigures[]> {
  const { id, clusterId, firstSoundAt, lastSoundAt, playedMs, concealedMs, final } = receipts;
  const found: ReceiptFigures[] = [];
  let last: string | undefined;
  for (;;) {
    const page = await store.db
      .select({
        id,
        clusterId,
        firstSoundAt,
        lastSoundAt,
        playedMs,
        concealedMs,
        final,
        heard: heardPieces,
        mutedByConfigMs: mutedByConfig,
        amplifierOk,
        currentMa,
        levels,
      })
      .from(receipts)
      .where(and(eq(receipts.broadcastId, broadcastId), last === undefined ? undefined : gt(id, last)))
      .orderBy(asc(id))
      .limit(RECEIPTS_AT_ONCE);
    for (const row of page) {
      found.push({
        clusterId: row.clusterId,
        firstSoundAtMs: row.firstSoundAt.getTime(),
        lastSoundAtMs: row.lastSoundAt.getTime(),
        playedMs: row.playedMs,
        concealedMs: row.concealedMs,
        mutedByConfigMs: row.mutedByConfigMs ?? 0,
        amplifierOk: row.amplifierOk ?? true,
        currentMa: row.currentMa ?? undefined,
        final: row.final,
        levels: row.levels ?? [],
        heard: row.heard ?? [],
      });
    }
    last = page.at(-1)?.id;
    if (page.length < RECEIPTS_AT_ONCE) return found;
  }
}

/** The copies of what was aired, one for each time it went on air, in order; their paths are relative to the data directory. */
export async function readAiredCopies(store: Store, broadcastId: string): Promise<{ path: string; sha256: string | null }[]> {
  return await store.db
    .select({ path: airedCopies.path, sha256: airedCopies.sha256 })
    .from(airedCopies)
    .where(eq(airedCopies.broadcastId, broadcastId))
    .orderBy(asc(airedCopies.startsAt), asc(airedCopies.path));
}
