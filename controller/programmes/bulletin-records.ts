import { and, desc, eq, getTableColumns, inArray, isNotNull, isNull, like, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Master } from '../media/index.ts';
import { type BulletinListQuery, LIST_CURSOR } from '../protocol/programmes.ts';
import { folded, type Store, schema } from '../store/index.ts';

const { bulletins, masters } = schema;

export type BulletinRow = Omit<typeof bulletins.$inferSelect, 'searchText'>;
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

/** The folded text is for the database alone; it would double what a list reads. */
const { searchText: _folded, ...COLUMNS } = getTableColumns(bulletins);
const FIGURES = { durationMs: masters.durationMs, loudnessLufs: masters.loudnessLufs, truePeakDbtp: masters.truePeakDbtp };

/** Still being processed, and still what was read when that began: a text that was changed meanwhile has not been spoken. */
const inProcess = ({ id, text, voice }: BulletinRow): SQL | undefined =>
  and(
    eq(bulletins.id, id),
    eq(bulletins.status, 'processing'),
    isNull(bulletins.deletedAt),
    sql`${bulletins.text} is not distinct from ${text}`,
    sql`${bulletins.voice} is not distinct from ${voice}`,
  );

/** Every query on bulletins and masters. Deleted bulletins are only marked, for the broadcast log names them. */
export function bulletinRecords({ db, retry }: Pick<Store, 'db' | 'retry'>) {
  const select = (where: SQL | undefined) =>
    db
      .select({ bulletin: COLUMNS, master: FIGURES })
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
    /** Newest first. `nextBefore` is the cursor of the next page; null: this was the last. */
    async list(query: BulletinListQuery): Promise<{ records: BulletinRecord[]; nextBefore: string | null }> {
      const found = await select(asked(query))
        .orderBy(desc(bulletins.createdAt), desc(bulletins.id))
        .limit(query.limit + 1);
      const records = found.slice(0, query.limit);
      const last = records.at(-1)?.bulletin;
      return { records, nextBefore: found.length > query.limit && last ? `${last.createdAt.getTime()}_${last.id}` : null };
    },
    processing(): Promise<BulletinRow[]> {
      return db
        .select(COLUMNS)
        .from(bulletins)
        .where(and(eq(bulletins.status, 'processing'), isNull(bulletins.deletedAt)));
    },
    /**
     * @param seenStatus changes only a bulletin that still has the status on which the change was decided
     * @returns false when there was no such bulletin
     */
    async update(id: string, change: BulletinChange, now: Date, seenStatus?: BulletinRow['status']): Promise<boolean> {
      const changed = await db
        .update(bulletins)
        .set({ ...change, updatedAt: now })
        .where(
          and(eq(bulletins.id, id), isNull(bulletins.deletedAt), seenStatus === undefined ? undefined : eq(bulletins.status, seenStatus)),
        )
        .returning({ id: bulletins.id });
      return changed.length > 0;
    },
    /**
     * The end of processing what was read as `made`, in one transaction.
     * @returns the master that is needed no longer: the former one, or this one when the bulletin was deleted or rewritten meanwhile
     */
    complete(made: BulletinRow, master: Master, now: Date): Promise<{ kept: boolean; obsoleteHash: string | null }> {
      const { hash, durationMs, sizeBytes, loudnessLufs, truePeakDbtp, peaks, source, warnings } = master;
      return retry(() =>
        db.transaction(async (tx) => {
          await tx.insert(masters).values({ hash, durationMs, sizeBytes, loudnessLufs, truePeakDbtp, peaks, source }).onConflictDoNothing();
          const [before] = await tx.select({ hash: bulletins.masterHash }).from(bulletins).where(eq(bulletins.id, made.id)).for('update');
          const changed = await tx
            .update(bulletins)
            .set({ status: 'ready', masterHash: hash, warnings, failure: null, uploadPath: null, updatedAt: now })
            .where(inProcess(made))
            .returning({ id: bulletins.id });
          const kept = changed.length > 0;
          const formerHash = before?.hash ?? null;
          return { kept, obsoleteHash: kept ? (formerHash === hash ? null : formerHash) : hash };
        }),
      );
    },
    async fail(made: BulletinRow, failure: { code: string; vi: string; en: string }, now: Date): Promise<void> {
      await retry(() => db.update(bulletins).set({ status: 'failed', failure, uploadPath: null, updatedAt: now }).where(inProcess(made)));
    },
    async peaks(hash: string): Promise<Buffer | undefined> {
      const [row] = await db.select({ peaks: masters.peaks }).from(masters).where(eq(masters.hash, hash));
      return row?.peaks;
    },
    /** Whether any bulletin needs the master's file. */
    async isMasterNeeded(hash: string): Promise<boolean> {
      const needing = await db
        .select({ id: bulletins.id })
        .from(bulletins)
        .where(and(eq(bulletins.masterHash, hash), isNull(bulletins.deletedAt)))
        .limit(1);
      return needing.length > 0;
    },
    /** The masters that bulletins need. */
    async neededMasters(): Promise<Set<string>> {
      const rows = await db
        .selectDistinct({ hash: bulletins.masterHash })
        .from(bulletins)
        .where(and(isNotNull(bulletins.masterHash), isNull(bulletins.deletedAt)));
      return new Set(rows.flatMap(({ hash }) => hash ?? []));
    },
  };
}

function asked({ status, class: classes, topic, search, before }: BulletinListQuery): SQL | undefined {
  return and(
    status === undefined ? undefined : eq(bulletins.status, status),
    classes === undefined ? undefined : inArray(bulletins.class, [classes].flat()),
    topic === undefined ? undefined : eq(folded(bulletins.topic), folded(sql`${topic}::text`)),
    ...wordsOf(search ?? '').map((word) => like(bulletins.searchText, folded(sql`${`%${word}%`}::text`))),
    before === undefined ? undefined : isFurther(before),
  );
}

/** The words of a search as LIKE takes them: its wildcards stand for themselves. */
function wordsOf(search: string): string[] {
  return search
    .replace(/[\\%_]/g, '\\$&')
    .split(/\s+/)
    .filter((word) => word !== '');
}

function isFurther(before: string): SQL | undefined {
  const [, createdAtMs, id = ''] = LIST_CURSOR.exec(before) ?? [];
  const createdAt = new Date(Number(createdAtMs));
  return or(lt(bulletins.createdAt, createdAt), and(eq(bulletins.createdAt, createdAt), lt(bulletins.id, id)));
}

export type BulletinRecords = ReturnType<typeof bulletinRecords>;
