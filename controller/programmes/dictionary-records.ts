import { asc, eq } from 'drizzle-orm';
import type { DictionaryEntry } from '../media/index.ts';
import { type Store, schema } from '../store/index.ts';

const { dictionaryEntries } = schema;

/** The commune's own readings of abbreviations and names. */
export function dictionaryRecords({ db }: Pick<Store, 'db'>) {
  return {
    list(): Promise<DictionaryEntry[]> {
      return db
        .select({ written: dictionaryEntries.written, spoken: dictionaryEntries.spoken, caseSensitive: dictionaryEntries.caseSensitive })
        .from(dictionaryEntries)
        .orderBy(asc(dictionaryEntries.written));
    },
    async put(entry: DictionaryEntry, now: Date): Promise<void> {
      const values = { ...entry, written: entry.written.normalize('NFC'), updatedAt: now };
      await db.insert(dictionaryEntries).values(values).onConflictDoUpdate({ target: dictionaryEntries.written, set: values });
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
