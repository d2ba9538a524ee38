import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Words } from '../errors.ts';
import type { ScheduleDefinition } from '../protocol/schedules.ts';

/** The parts of a definition that say when. */
export type Recurrence = Pick<ScheduleDefinition, 'rrule' | 'dailyTimes' | 'timeZone' | 'startsOn' | 'startTime' | 'until' | 'exceptions'>;

const number =
  (from: number, to: number, signed = false) =>
  (text: string): boolean => {
    const pattern = signed ? /^[+-]?\d{1,3}$/ : /^\d{1,4}$/;
    const value = Math.abs(Number(text));
    return pattern.test(text) && value >= from && value <= to;
  };
const listOf =
  (isItem: (text: string) => boolean) =>
  (text: string): boolean =>
    text.split(',').every(isItem);

/** RFC 5545 section 3.3.10: which parts a rule may have, and what they may be. The library overlooks what it doesn't know. */
const PARTS: Record<string, (value: string) => boolean> = {
  FREQ: (value) => ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'].includes(value),
  UNTIL: (value) => /^\d{8}(T\d{6}Z)?$/.test(value),
  COUNT: number(1, 9999),
  INTERVAL: number(1, 9999),
  BYSECOND: listOf(number(0, 59)),
  BYMINUTE: listOf(number(0, 59)),
  BYHOUR: listOf(number(0, 23)),
  BYDAY: listOf((item) => /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.test(item)),
  BYMONTHDAY: listOf(number(1, 31, true)),
  BYYEARDAY: listOf(number(1, 366, true)),
  BYWEEKNO: listOf(number(1, 53, true)),
  BYMONTH: listOf(number(1, 12)),
  BYSETPOS: listOf(number(1, 366, true)),
  WKST: (value) => /^(MO|TU|WE|TH|FR|SA|SU)$/.test(value),
};
/** More than this in a day is a mistake, not a programme. */
const PER_DAY_MAX = 96;
/** BYSETPOS picks from this many at most in a day. */
const CHOICES_PER_DAY_MAX = 1440;
const DAY_MS = 86_400_000;
const FIRST_WINDOW_MS = 2 * DAY_MS;

/** What is wrong with the rule, or undefined. */
export function faultOfRecurrence(recurrence: Recurrence): Words | undefined {
  const { rrule } = recurrence;
  if (rrule !== undefined) {
    const seen = new Set<string>();
    for (const part of rrule.split(';')) {
      const [key = '', value, ...rest] = part.split('=');
      const isValid = value !== undefined && rest.length === 0 && PARTS[key]?.(value);
      if (!isValid || seen.has(key)) {
        return { vi: `Quy tắc lặp không hợp lệ ở “${part}” (RFC 5545).`, en: `The recurrence rule is not valid at “${part}” (RFC 5545).` };
      }
      seen.add(key);
    }
    if (!seen.has('FREQ')) return { vi: 'Quy tắc lặp thiếu FREQ.', en: 'The recurrence rule has no FREQ.' };
    if (timesInADay(rrule) > (seen.has('BYSETPOS') ? CHOICES_PER_DAY_MAX : PER_DAY_MAX)) return TOO_DENSE;
  }
  if (recurrence.until !== undefined && recurrence.until < recurrence.startsOn) {
    return { vi: 'Ngày cuối đứng trước ngày đầu.', en: 'The last day lies before the first.' };
  }
  try {
    const firstMs = Temporal.PlainDate.from(recurrence.startsOn).toZonedDateTime(recurrence.timeZone).epochMilliseconds;
    const [first] = occurrencesBetween(recurrence, firstMs, firstMs + 400 * DAY_MS, 1);
    return first !== undefined && occurrencesBetween(recurrence, first, first + DAY_MS - 1).length > PER_DAY_MAX ? TOO_DENSE : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { vi: `Không tính được quy tắc lặp: ${reason}`, en: `The recurrence can’t be computed: ${reason}` };
  }
}

const TOO_DENSE: Words = {
  vi: `Quy tắc lặp quá dày: hơn ${PER_DAY_MAX} lần một ngày.`,
  en: `The recurrence is too dense: more than ${PER_DAY_MAX} times a day.`,
};

/** How often the rule's times of day come on a day that it means, told from the rule alone: expanding a dense one would hold everything up. */
function timesInADay(rrule: string): number {
  const parts = new Map(rrule.split(';').map((part) => part.split('=') as [string, string]));
  const count = (key: string): number | undefined => (parts.has(key) ? new Set(parts.get(key)?.split(',').map(Number)).size : undefined);
  const everyHour = parts.get('FREQ') === 'HOURLY' ? Math.ceil(24 / Math.min(24, Number(parts.get('INTERVAL') ?? 1))) : 1;
  return Math.min(count('BYHOUR') ?? everyHour, everyHour === 1 ? 24 : everyHour) * (count('BYMINUTE') ?? 1) * (count('BYSECOND') ?? 1);
}

/**
 * The instants of a schedule in [fromMs, toMs], epoch ms, ascending, each once. Pure. A local time that doesn't exist on a day
 * (clocks put forward) has no instant on that day; one that exists twice counts once, the first (RFC 5545 section 3.3.5 and 3.3.10).
 */
export function occurrencesBetween(recurrence: Recurrence, fromMs: number, toMs: number, limit = Number.POSITIVE_INFINITY): number[] {
  if (toMs < fromMs) return [];
  const days = new Set(recurrence.exceptions.filter((exception) => !exception.includes('T')));
  const instants = new Set(
    recurrence.exceptions
      .filter((exception) => exception.includes('T'))
      .map((exception) => Temporal.PlainDateTime.from(exception).toString()),
  );
  const found: number[] = [];
  for (const time of recurrence.rrule === undefined ? daily(recurrence, fromMs, toMs) : ruled(recurrence, recurrence.rrule, fromMs, toMs)) {
    const day = time.toPlainDate().toString();
    if (day < recurrence.startsOn || (recurrence.until !== undefined && day > recurrence.until)) continue;
    if (days.has(day) || instants.has(time.toPlainDateTime().toString())) continue;
    found.push(time.epochMilliseconds);
    if (found.length >= limit) break;
  }
  return found;
}

function* daily(recurrence: Recurrence, fromMs: number, toMs: number): Generator<Temporal.ZonedDateTime> {
  const { timeZone } = recurrence;
  const last = zoned(toMs, timeZone).toPlainDate();
  const times = [...new Set((recurrence.dailyTimes ?? []).map((time) => Temporal.PlainTime.from(time).toString()))].sort();
  for (let day = zoned(fromMs, timeZone).toPlainDate(); Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    const onDay: Temporal.ZonedDateTime[] = [];
    for (const time of times) {
      const plain = day.toPlainDateTime(Temporal.PlainTime.from(time));
      const instant = plain.toZonedDateTime(timeZone);
      // A time in the gap comes back as another one.
      if (instant.toPlainDateTime().equals(plain) && instant.epochMilliseconds >= fromMs && instant.epochMilliseconds <= toMs)
        onDay.push(instant);
    }
    // Where clocks go back, wall time and real time are in different orders.
    yield* onDay.sort(Temporal.ZonedDateTime.compare);
  }
}

function* ruled(recurrence: Recurrence, rrule: string, fromMs: number, toMs: number): Generator<Temporal.ZonedDateTime> {
  const { timeZone, startsOn, startTime } = recurrence;
  const dtstart = Temporal.PlainDate.from(startsOn).toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(startTime) });
  const rule = new RRuleTemporal({ rruleString: rrule, dtstart, temporal: Temporal });
  let previousMs = Number.NEGATIVE_INFINITY;
  // The library expands all that it is asked for: who takes only the next three of a dense rule must not wait for a year of it.
  for (let startMs = fromMs, windowMs = FIRST_WINDOW_MS; startMs < toMs || startMs === fromMs; windowMs *= 2) {
    const endMs = Math.min(toMs, startMs + windowMs);
    for (const time of rule.between(new Date(startMs), new Date(endMs), true)) {
      if (time.epochMilliseconds < fromMs || time.epochMilliseconds > toMs || time.epochMilliseconds <= previousMs) continue;
      previousMs = time.epochMilliseconds;
      yield time;
    }
    if (endMs === startMs) return;
    startMs = endMs;
  }
}

function zoned(epochMs: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs)).toZonedDateTimeISO(timeZone);
}
