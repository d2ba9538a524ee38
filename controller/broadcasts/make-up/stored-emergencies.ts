import { and, asc, eq, gte, isNotNull, isNull, sql } from 'drizzle-orm';
import type { SentStretch } from '../../protocol/sent-sound.ts';
import { type Store, schema } from '../../store/index.ts';
import type { ReceiptFigures } from '../heard.ts';
import { readJudgedAtMs, readMakeUps, readReceipts, readSentSound } from '../queries.ts';
import { type BroadcastRecord, isOver, recordOf } from '../record.ts';
import { REASONS } from '../words.ts';

/** What the store knows of emergencies that are over. */
export interface PastEmergencies {
  /** Those that ended by themselves and are still valid, and all that began since the oldest of them. */
  valid(nowMs: number): Promise<{ originals: BroadcastRecord[]; newer: BroadcastRecord[] }>;
  /** The passes that made up for it, oldest first, and what was sent and heard of it and of them. `wasJudged`: who missed the last of them was named before. */
  heardOf(original: BroadcastRecord): Promise<{
    makeUps: BroadcastRecord[];
    receipts: { broadcastId: string; figures: ReceiptFigures }[];
    sent: { broadcastId: string; stretch: SentStretch }[];
    wasJudged: boolean;
  }>;
}

const { broadcasts } = schema;

export function storedEmergencies(store: Store): PastEmergencies {
  return {
    async valid(nowMs) {
      const own = and(eq(broadcasts.class, 'emergency'), isNull(broadcasts.makesUpFor));
      const isValid = sql`${broadcasts.endedAt} + ${broadcasts.validForMs} * interval '1 ms' > ${new Date(nowMs)}`;
      const isBulletin = sql`${broadcasts.content}->>'kind' = 'bulletin'`;
      const originals = await store.db
        .select()
        .from(broadcasts)
        .where(and(own, eq(broadcasts.status, 'finished'), isBulletin, isValid))
        .orderBy(asc(broadcasts.startedAt));
      const [oldest] = originals;
      if (!oldest?.startedAt) return { originals: [], newer: [] };
      const newer = await store.db
        .select()
        .from(broadcasts)
        .where(and(own, isNotNull(broadcasts.startedAt), gte(broadcasts.startedAt, oldest.startedAt)));
      return { originals: originals.map(recordOf), newer: newer.map(recordOf) };
    },
    async heardOf(original) {
      const stored = await readMakeUps(store, [original.broadcastId]);
      // One that was on its way when the controller went down is not taken up again.
      const makeUps = stored.map(
        (record): BroadcastRecord =>
          isOver(record)
            ? record
            : {
                ...record,
                ...{ status: 'cut', endReason: REASONS.controllerWasDown() },
                endedAtMs: (record.startedAtMs ?? record.startsAtMs) + record.positionMs,
              },
      );
      const receipts: { broadcastId: string; figures: ReceiptFigures }[] = [];
      const sent: { broadcastId: string; stretch: SentStretch }[] = [];
      for (const { broadcastId } of [original, ...makeUps]) {
        for (const stretch of await readSentSound(store, broadcastId)) sent.push({ broadcastId, stretch });
        for (const figures of await readReceipts(store, broadcastId)) receipts.push({ broadcastId, figures });
      }
      const last = [original, ...makeUps].at(-1) ?? original;
      const judgedAtMs = await readJudgedAtMs(store, original.broadcastId);
      return { makeUps, receipts, sent, wasJudged: judgedAtMs !== undefined && judgedAtMs >= (last.endedAtMs ?? Number.POSITIVE_INFINITY) };
    },
  };
}
