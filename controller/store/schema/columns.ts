import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { customType, doublePrecision, timestamp } from 'drizzle-orm/pg-core';

/** An instant, stored with its zone and microseconds, read as a Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: 'date' });
/** A duration or position in milliseconds. */
export const milliseconds = (name: string) => doublePrecision(name);
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/**
 * A text as people search for it: without marks, case or đ. Of built-in functions alone, for an embedded server has no `unaccent`; the marks
 * go before the case, so that the rest is ASCII and every locale lowers it alike. Immutable: it may stand in a generated column.
 */
export function folded(text: SQLWrapper): SQL {
  return sql`lower(translate(regexp_replace(normalize(${text}, NFD), '[\\u0300-\\u036f]', '', 'g'), 'đĐ', 'dd'))`;
}
