import { and, desc, eq, ilike, isNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Master } from '../media/index.ts';
import type { BulletinListQuery } from '../protocol/programmes.ts';
import { type Store, schema } from '../store/index.ts';

const { bulletins, masters } = schema;

export type BulletinRow = typeof bulletins.$inferSelect;
export type NewBulletin = typeof bulletins.$inferInsert;
/** Columns to change; undefined ones stay as they are. */
export type BulletinChange = { [Column in keyof NewBulletin]?: NewBulletin[Column] | undefined };
/** What lists and views need of a master; the waveform is asked for separately. */
export interface MasterFigures {
  durationMs: number;
  loudnessLufs: number;
  truePeakDbtp: number;
}
export interface BulletinRecord {
  bulletin: BulletinRow;
  master: MasterFigures | null;
}

const FIGURES = { durationMs: masters.durationMs, loudnessLufs: masters.loudnessLufs, truePeakDbtp: masters.truePeakDbtp };

/** Every query on bulletins and masters. Deleted bulletins are only marked, for the broadcast log names them. */
export function bulletinRecords({ db, retry }: Pick<Store, 'db' | 'retry'>) {
  const select = (where: SQL | undefined) =>
    db
      .select({ bulletin: bulletins, master: FIGURES })
      .from(bulletins)
      .leftJoin(masters, eq(bulletins.masterHash, masters.hash))
      .where(and(isNull(bulletins.deletedAt), where));

  return {
    async insert(row: NewBulletin): Promise<void> {
      await db.insert(bulletins).values(row);
    },
    async find(id: string): Promise<BulletinRecord | undefined> {
      const [record] = await select(eq(bulletins.id, id));
      return record;
    },
    list({ status, search, limit, beforeMs }: BulletinListQuery): Promise<BulletinRecord[]> {
      const conditions = [
        status === undefined ? undefined : eq(bulletins.status, status),
        search ? ilike(bulletins.title, `%${search.replace(/[\\%_]/g, '\\$&')}%`) : undefined,
        beforeMs === undefined ? undefined : lt(bulletins.createdAt, new Date(beforeMs)),
      ];
      return select(and(...conditions))
        .orderBy(desc(bulletins.createdAt), desc(bulletins.id))
        .limit(limit);
    },
    processing(): Promise<BulletinRow[]> {
      return db
        .select()
        .from(bulletins)
        .where(and(eq(bulletins.status, 'processing'), isNull(bulletins.deletedAt)));
    },
    /** @returns false when there was no such bulletin */
    async update(id: string, change: BulletinChange, now: Date): Promise<boolean> {
      const changed = await db
        .update(bulletins)
        .set({ ...change, updatedAt: now })
        .where(and(eq(bulletins.id, id), isNull(bulletins.deletedAt)))
        .returning({ id: bulletins.id });
      return changed.length > 0;
    },
    /** The end of processing, in one transaction. @returns false when the bulletin was deleted meanwhile */
    complete(id: string, master: Master, now: Date): Promise<boolean> {
      const { hash, durationMs, sizeBytes, loudnessLufs, truePeakDbtp, peaks, source, warnings } = master;
      return retry(() =>
        db.transaction(async (tx) => {
          await tx.insert(masters).values({ hash, durationMs, sizeBytes, loudnessLufs, truePeakDbtp, peaks, source }).onConflictDoNothing();
          const changed = await tx
            .update(bulletins)
            .set({ status: 'ready', masterHash: hash, warnings, failure: null, uploadPath: null, updatedAt: now })
            .where(and(eq(bulletins.id, id), eq(bulletins.status, 'processing'), isNull(bulletins.deletedAt)))
            .returning({ id: bulletins.id });
          return changed.length > 0;
        }),
      );
    },
    async fail(id: string, failure: { code: string; vi: string; en: string }, now: Date): Promise<void> {
      await retry(() =>
        db
          .update(bulletins)
          .set({ status: 'failed', failure, uploadPath: null, updatedAt: now })
          .where(and(eq(bulletins.id, id), eq(bulletins.status, 'processing'))),
      );
    },
    async peaks(hash: string): Promise<Buffer | undefined> {
      const [row] = await db.select({ peaks: masters.peaks }).from(masters).where(eq(masters.hash, hash));
      return row?.peaks;
    },
    /** Whether a bulletin other than this one needs the master's file. */
    async isMasterShared(hash: string, exceptId: string): Promise<boolean> {
      const [row] = await db
        .select({ count: sql<number>`count(*)::int` })
        .from(bulletins)
        .where(and(eq(bulletins.masterHash, hash), ne(bulletins.id, exceptId), isNull(bulletins.deletedAt)));
      return (row?.count ?? 0) > 0;
    },
  };
}

export type BulletinRecords = ReturnType<typeof bulletinRecords>;
