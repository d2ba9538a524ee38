import type { ScheduleDefinition, Weekday } from '../../../controller/protocol/schedules.ts';
import type { ScheduleFormWords } from '../../i18n/schedule-form-words.ts';

const WEEK: readonly Weekday[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
/** Fewer in a row are named one by one. */
const SHORTEST_RANGE = 3;

type When = Pick<ScheduleDefinition, 'rrule' | 'dailyTimes' | 'weekdays'> & { startsOn?: string | undefined; until?: string | undefined };

/** When a schedule plays, as people say it: "thứ Hai đến thứ Bảy lúc 05:00 và 17:00, đến hết ngày 31/12/2026". Pure. */
export function whenInWords(when: When, say: ScheduleFormWords, todayIso: string): string {
  const { rrule, dailyTimes = [], startsOn, until } = when;
  const times = listed(
    dailyTimes.map((time) => time.replace(/:00$/, (end) => (time.length > 5 ? '' : end))),
    say,
  );
  if (rrule === undefined && startsOn !== undefined && startsOn === until) return say.at(say.on(dayInWords(startsOn)), times);
  const since = startsOn !== undefined && startsOn > todayIso ? say.since(dayInWords(startsOn)) : '';
  const till = until === undefined ? '' : say.till(dayInWords(until));
  if (rrule !== undefined) return `${say.byRule(rrule)}${since}${till}`;
  return `${say.at(daysInWords(when.weekdays, say), times)}${since}${till}`;
}

function daysInWords(weekdays: readonly Weekday[] | undefined, say: ScheduleFormWords): string {
  const chosen = WEEK.filter((day) => weekdays?.includes(day));
  if (chosen.length === 0 || chosen.length === WEEK.length) return say.everyDay;
  const [first, last] = [chosen[0], chosen.at(-1)];
  const isRange = first && last && WEEK.indexOf(last) - WEEK.indexOf(first) === chosen.length - 1;
  if (isRange && chosen.length >= SHORTEST_RANGE) return say.range(say.dayNames[first], say.dayNames[last]);
  return listed(
    chosen.map((day) => say.dayNames[day]),
    say,
  );
}

function listed(items: readonly string[], say: ScheduleFormWords): string {
  const [last = '', ...before] = items.toReversed();
  return before.length === 0 ? last : say.and(before.toReversed().join(', '), last);
}

/** 2026-12-31 → 31/12/2026. */
function dayInWords(isoDay: string): string {
  return isoDay.split('-').toReversed().join('/');
}
