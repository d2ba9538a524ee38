import type { z } from 'zod';
import type { Targets } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import type { ScheduleDefinition, scheduleRequest, Weekday } from '../../../controller/protocol/schedules.ts';
import { EVERYTHING, type PlaceChoice, targetsOf } from '../../choose/place-choice.ts';
import { fold } from '../../formats/search.ts';

export type ScheduleRequestBody = Omit<z.input<typeof scheduleRequest>, 'targets'> & { targets: Targets };

/** `once`: on one day alone. */
export type DaysChoice = 'daily' | 'mondayToSaturday' | 'some' | 'once';

/** What the form holds. Times are "05:00", days "2026-11-30". */
export interface ScheduleDraft {
  name: string;
  bulletin: Bulletin | undefined;
  /** What a schedule plays that the form can't choose (a relay, a text from a file): it stays as it is. */
  otherContent: ScheduleDefinition['content'] | undefined;
  places: PlaceChoice;
  days: DaysChoice;
  weekdays: readonly Weekday[];
  times: readonly string[];
  /** With `once` that day. */
  from: string;
  until: string;
  /** A rule that somebody wrote by hand is not taken apart: it stays, or is replaced by the choices. */
  rrule: string | undefined;
}

export type DraftFault = 'no_name' | 'no_bulletin' | 'no_places' | 'no_days' | 'no_times' | 'bad_time' | 'no_day' | 'until_before_from';

export const MONDAY_TO_SATURDAY: readonly Weekday[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const WEEK: readonly Weekday[] = [...MONDAY_TO_SATURDAY, 'SU'];
const ALL_DAYS = 7;
const LONGEST_SLUG = 48;

export const EMPTY_DRAFT: ScheduleDraft = {
  name: '',
  bulletin: undefined,
  otherContent: undefined,
  places: EVERYTHING,
  days: 'daily',
  weekdays: [],
  times: ['05:00'],
  from: '',
  until: '',
  rrule: undefined,
};

/** "5:00", "05.00" and "5h00" are what people type; undefined: no time of day. */
export function timeOfDay(text: string): string | undefined {
  const match = /^([01]?\d|2[0-3])[:h.]([0-5]\d)$/.exec(text.trim());
  return match ? `${match[1]?.padStart(2, '0')}:${match[2]}` : undefined;
}

export function faultsOf(draft: ScheduleDraft): DraftFault[] {
  const faults: DraftFault[] = [];
  if (!draft.name.trim()) faults.push('no_name');
  if (!draft.bulletin && !draft.otherContent) faults.push('no_bulletin');
  if (!targetsOf(draft.places)) faults.push('no_places');
  if (draft.rrule === undefined) {
    const times = draft.times.filter((time) => time.trim());
    if (draft.days === 'some' && draft.weekdays.length === 0) faults.push('no_days');
    if (times.length === 0) faults.push('no_times');
    if (times.some((time) => timeOfDay(time) === undefined)) faults.push('bad_time');
    if (draft.days === 'once' && !draft.from) faults.push('no_day');
  }
  if (draft.days !== 'once' && draft.from && draft.until && draft.until < draft.from) faults.push('until_before_from');
  return faults;
}

/** What the API is asked for. Only for a draft without faults. */
export function requestOf(draft: ScheduleDraft, before: ScheduleDefinition | undefined): ScheduleRequestBody {
  const { bulletin, otherContent } = draft;
  const content = bulletin ? ({ kind: 'bulletin', bulletinId: bulletin.bulletinId } as const) : otherContent;
  const targets = targetsOf(draft.places);
  if (!content || !targets) throw new Error('a draft with faults was to be sent');
  const { rrule: _, dailyTimes: __, weekdays: ___, startsOn: ____, until: _____, ...kept } = before ?? { id: newId(draft.name) };
  return {
    ...kept,
    name: draft.name.trim().normalize('NFC'),
    ...recurrenceOf(draft),
    content: before && !bulletin ? before.content : content,
    targets,
    ...(bulletin ? { class: bulletin.class } : {}),
  };
}

function recurrenceOf(draft: ScheduleDraft): Pick<ScheduleRequestBody, 'rrule' | 'dailyTimes' | 'weekdays' | 'startsOn' | 'until'> {
  const from = draft.from ? { startsOn: draft.from } : {};
  const until = draft.days === 'once' ? { until: draft.from } : draft.until ? { until: draft.until } : {};
  if (draft.rrule !== undefined) return { rrule: draft.rrule, ...from, ...until };
  const times = draft.times.flatMap((time) => timeOfDay(time) ?? []);
  const dailyTimes = [...new Set(times)].sort();
  const chosen = WEEK.filter((day) => draft.weekdays.includes(day));
  const weekdays = draft.days === 'some' ? chosen : draft.days === 'mondayToSaturday' ? MONDAY_TO_SATURDAY : [];
  const isEveryDay = weekdays.length === 0 || weekdays.length === ALL_DAYS;
  return { dailyTimes, ...(isEveryDay ? {} : { weekdays: [...weekdays] }), ...from, ...until };
}

/** What the form shows of a schedule that is there. */
export function draftOf(definition: ScheduleDefinition, bulletin: Bulletin | undefined): ScheduleDraft {
  const { name, content, targets, rrule, dailyTimes = [], weekdays, startsOn, until = '' } = definition;
  const isOnce = rrule === undefined && startsOn === until;
  const isMondayToSaturday = weekdays?.length === MONDAY_TO_SATURDAY.length && !weekdays.includes('SU');
  const days = isOnce ? 'once' : weekdays === undefined ? 'daily' : isMondayToSaturday ? 'mondayToSaturday' : 'some';
  return {
    name,
    bulletin,
    otherContent: content.kind === 'bulletin' && bulletin ? undefined : content,
    places:
      'everything' in targets
        ? EVERYTHING
        : { everything: false, hamletIds: new Set(targets.hamletIds), clusterIds: new Set(targets.clusterIds) },
    days,
    weekdays: weekdays ?? [],
    times: dailyTimes.length > 0 ? dailyTimes.map((time) => time.slice(0, 5)) : EMPTY_DRAFT.times,
    from: startsOn,
    until,
    rrule,
  };
}

/** Readable, and free with near certainty: nobody should have to invent one. */
function newId(name: string): string {
  const slug = fold(name)
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_SLUG)
    .replace(/^-+|-+$/g, '');
  return `${slug || 'lich'}-${crypto.randomUUID().slice(0, 6)}`;
}
