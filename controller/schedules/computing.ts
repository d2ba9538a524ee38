import { clashOf } from '../broadcasts/index.ts';
import type { Words } from '../errors.ts';
import type { UpcomingOccurrence } from '../protocol/schedules.ts';
import { faultOfRecurrence, type OccurrencesRequest, occurrencesOf, type Recurrence } from './recurrence.ts';
import { type LoadedSchedules, loadScheduleFiles, type ScheduleFolders } from './schedule-files.ts';
import { type UpcomingPlaying, withOverlaps } from './upcoming.ts';

/** What schedules compute of what people wrote. A legal rule can take a tenth of a second and a legal file a whole one: never on the event loop. */
export interface ScheduleComputing {
  faultOfRecurrence(recurrence: Recurrence): Promise<Words | undefined>;
  occurrences(request: OccurrencesRequest): Promise<number[]>;
  readFiles(folders: ScheduleFolders): Promise<LoadedSchedules>;
  withOverlaps(playings: readonly UpcomingPlaying[]): Promise<UpcomingOccurrence[]>;
}

/** Only the parts that say when: the rest of a definition can be large. */
export function recurrenceOf({ rrule, dailyTimes, weekdays, timeZone, startsOn, startTime, until, exceptions }: Recurrence): Recurrence {
  return { rrule, dailyTimes, weekdays, timeZone, startsOn, startTime, until, exceptions };
}

/** On the calling thread, for tests. */
export const computingOnTheSpot: ScheduleComputing = {
  faultOfRecurrence: async (recurrence) => faultOfRecurrence(recurrence),
  occurrences: async (request) => occurrencesOf(request),
  readFiles: (folders) => loadScheduleFiles(folders),
  withOverlaps: async (playings) => withOverlaps(playings, clashOf),
};
