import { customType, doublePrecision, timestamp } from 'drizzle-orm/pg-core';

/** An instant, stored with its zone and microseconds, read as a Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: 'date' });
/** A duration or position in milliseconds. */
export const milliseconds = (name: string) => doublePrecision(name);
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
