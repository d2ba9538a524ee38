import { createHash } from 'node:crypto';
import type { ScheduleDefinition } from '../protocol/schedules.ts';

/** Changes whenever the definition does, whatever the order of its fields. */
export function hashOf(definition: ScheduleDefinition): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(definition)))
    .digest('hex');
}

/**
 * The id of one playing of a schedule and of its broadcast: the same at every planning, so that planning twice changes nothing;
 * another when the definition changed, so that a withdrawn broadcast's id is not used again. A UUID of version 8 (RFC 9562).
 */
export function occurrenceId(scheduleId: string, startsAtMs: number, definitionHash: string): string {
  const hex = createHash('sha256').update(`${scheduleId} ${startsAtMs} ${definitionHash}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  );
}
