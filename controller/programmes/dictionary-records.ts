import { asc, eq, sql } from 'drizzle-orm';
import type { DictionaryEntry } from '../media/index.ts';
import { type Store, schema } from '../store/index.ts';

const { dictionaryEntries } = schema;

/** A commune's names and abbreviations are a few hundred; every text that is read out takes all of them along. */
export const MOST_ENTRIES = 2000;
/** Serialises additions, so that many at once don't pass the bound together. */
const ADDITIONS_LOCK = 0x64696374;

/** The commune's own readings of abbreviations and names. */
export function dictionaryRecords({ db }: Pick<Store, 'db'>) {
  return {
    list(): Promise<DictionaryEntry[]> {
      return db
        .select({ written: dictionaryEntries.written, spoken: dictionaryEntries.spoken, caseSensitive: dictionaryEntries.caseSensitive })
        .from(dictionaryEntries)
        .orderBy(asc(dictionaryEntries.written));
    },
    /** @returns false when it would be one too many; what is there can be changed all the same */
    put(entry: DictionaryEntry, now: Date): Promise<boolean> {
      const values = { ...entry, written: entry.written.normalize('NFC'), updatedAt: now };
      return db.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${ADDITIONS_LOCK})`);
        const changed = await tx
          .update(dictionaryEntries)
          .set(values)
          .where(eq(dictionaryEntries.written, values.written))
          .returning({ written: dictionaryEntries.written });
        if (changed.length > 0) return true;
        if ((await tx.$count(dictionaryEntries)) >= MOST_ENTRIES) return false;
        await tx.insert(dictionaryEntries).values(values);
        return true;
      });
    },
    /** @returns false when there was no such entry */
    async remove(written: string): Promise<boolean> {
      const removed = await db
        .delete(dictionaryEntries)
        .where(eq(dictionaryEntries.written, written.normalize('NFC')))
        .returning({ written: dictionaryEntries.written });
      return removed.length > 0;
    },
  };
}

export type DictionaryRecords = ReturnType<typeof dictionaryRecords>;
