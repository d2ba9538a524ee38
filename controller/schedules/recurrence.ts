import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Words } from '../errors.ts';
import { type ScheduleDefinition, WEEKDAYS } from '../protocol/schedules.ts';

/** The parts of a definition that say when. */
export type Recurrence = Pick<
  ScheduleDefinition,
  'rrule' | 'dailyTimes' | 'weekdays' | 'timeZone' | 'startsOn' | 'startTime' | 'until' | 'exceptions'
>;

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
/** A window that held so many is not followed by a longer one: the library expands all of a window, and gives up at 10 000. */
const FULL_WINDOW = 500;
/** Clocks and zones are known for these years; no programme is planned for others. */
const FIRST_YEAR = 2000;
const LAST_YEAR = 2099;
/** A rule that plays less often than this never plays. */
const RAREST_MS = 40 * 366 * DAY_MS;

/** What is wrong with the rule, or undefined. Expands it: that may take long, so a person's rule is judged off the event loop. */
export function faultOfRecurrence(recurrence: Recurrence): Words | undefined {
  const { rrule } = recurrence;
  if (rrule !== undefined) {
    const seen = new Set<string>();
    for (const part of rrule.split(';')) {
      const [key = '', value, ...rest] = part.split('=');
      const isValid = value !== undefined && rest.length === 0 && Object.hasOwn(PARTS, key) && PARTS[key]?.(value);
      if (!isValid || seen.has(key)) {
        return { vi: `Quy tắc lặp không hợp lệ ở “${part}” (RFC 5545).`, en: `The recurrence rule is not valid at “${part}” (RFC 5545).` };
      }
      seen.add(key);
    }
    if (!seen.has('FREQ')) return { vi: 'Quy tắc lặp thiếu FREQ.', en: 'The recurrence rule has no FREQ.' };
    const numbered = rrule.split(';').find((part) => /^BYDAY=.*\d/.test(part));
    if (numbered !== undefined && !/(?:^|;)FREQ=(?:MONTHLY|YEARLY)(?:;|$)/.test(rrule)) {
      return {
        vi: `“${numbered}”: số thứ tự trước ngày trong tuần chỉ dùng được với FREQ=MONTHLY hoặc YEARLY (RFC 5545).`,
        en: `“${numbered}”: a number before a weekday goes only with FREQ=MONTHLY or YEARLY (RFC 5545).`,
      };
    }
    if (seen.has('COUNT') && seen.has('UNTIL')) {
      return { vi: 'Quy tắc lặp chỉ được có một trong hai: COUNT hoặc UNTIL.', en: 'A recurrence rule may have COUNT or UNTIL, not both.' };
    }
    if (timesInADay(rrule) > (seen.has('BYSETPOS') ? CHOICES_PER_DAY_MAX : PER_DAY_MAX)) return TOO_DENSE;
  }
  if (recurrence.until !== undefined && recurrence.until < recurrence.startsOn) {
    return { vi: 'Ngày cuối đứng trước ngày đầu.', en: 'The last day lies before the first.' };
  }
  const year = Number(recurrence.startsOn.slice(0, 4));
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    return {
      vi: `Ngày đầu phải nằm trong khoảng từ năm ${FIRST_YEAR} đến ${LAST_YEAR}.`,
      en: `The first day must lie between the years ${FIRST_YEAR} and ${LAST_YEAR}.`,
    };
  }
  try {
    const firstMs = Temporal.PlainDate.from(recurrence.startsOn).toZonedDateTime(recurrence.timeZone).epochMilliseconds;
    const [first] = occurrencesBetween({ ...recurrence, exceptions: [] }, firstMs, firstMs + RAREST_MS, 1);
    if (first === undefined) return NEVER;
    return occurrencesBetween(recurrence, first, first + DAY_MS - 1).length > PER_DAY_MAX ? TOO_DENSE : undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { vi: `Không tính được quy tắc lặp: ${reason}`, en: `The recurrence can’t be computed: ${reason}` };
  }
}

const NEVER: Words = {
  vi: 'Với quy tắc lặp và các ngày này, lịch không bao giờ phát.',
  en: 'With this recurrence and these days the schedule never plays.',
};
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

export interface OccurrencesRequest {
  recurrence: Recurrence;
  fromMs: number;
  toMs: number;
  /** At most so many, the earliest; absent: all. */
  limit?: number;
}

export function occurrencesOf({ recurrence, fromMs, toMs, limit }: OccurrencesRequest): number[] {
  return occurrencesBetween(recurrence, fromMs, toMs, limit);
}

function* daily(recurrence: Recurrence, fromMs: number, toMs: number): Generator<Temporal.ZonedDateTime> {
  const { timeZone } = recurrence;
  const last = zoned(toMs, timeZone).toPlainDate();
  const times = [...new Set((recurrence.dailyTimes ?? []).map((time) => Temporal.PlainTime.from(time).toString()))].sort();
  // 1 = Monday, as in ISO 8601.
  const days = recurrence.weekdays && new Set(recurrence.weekdays.map((weekday) => WEEKDAYS.indexOf(weekday) + 1));
  for (let day = zoned(fromMs, timeZone).toPlainDate(); Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    if (days && !days.has(day.dayOfWeek)) continue;
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
  const { count, uncounted } = countOf(rrule);
  const rule = new RRuleTemporal({ rruleString: uncounted, dtstart, temporal: Temporal });
  let left = count ?? Number.POSITIVE_INFINITY;
  let previousMs = Number.NEGATIVE_INFINITY;
  const beginMs = count === undefined ? fromMs : Math.min(fromMs, dtstart.epochMilliseconds);
  // The library expands all that it is asked for: who takes only the next three of a dense rule must not wait for a year of it.
  for (let startMs = beginMs, windowMs = FIRST_WINDOW_MS; startMs < toMs || startMs === beginMs; ) {
    const endMs = Math.min(toMs, startMs + windowMs);
    const found = rule.between(new Date(startMs), new Date(endMs), true);
    for (const time of found) {
      if (time.epochMilliseconds > toMs || time.epochMilliseconds <= previousMs) continue;
      previousMs = time.epochMilliseconds;
      if (left-- <= 0) return;
      if (previousMs >= fromMs) yield time;
    }
    if (endMs === startMs) return;
    startMs = endMs;
    if (found.length < FULL_WINDOW) windowMs *= 2;
  }
}

/**
 * A rule without its COUNT, and that. Counting is done here: the library works out how far a count reaches before it answers anything, and
 * every 9 999 days, 9 999 times, reach over 270 000 years of a time zone.
 */
function countOf(rrule: string): { count: number | undefined; uncounted: string } {
  const parts = rrule.split(';');
  const count = parts.find((part) => part.startsWith('COUNT='));
  return {
    count: count === undefined ? undefined : Number(count.slice('COUNT='.length)),
    uncounted: parts.filter((part) => part !== count).join(';'),
  };
}

function zoned(epochMs: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs)).toZonedDateTimeISO(timeZone);
}
