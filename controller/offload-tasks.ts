import { clashOf } from './broadcasts/clash.ts';
import { readOut } from './media/speech/read-out.ts';
import type { TaskMap } from './offload/index.ts';
import { faultOfRecurrence, occurrencesOf } from './schedules/recurrence.ts';
import { loadScheduleFiles } from './schedules/schedule-files.ts';
import { type UpcomingPlaying, withOverlaps } from './schedules/upcoming.ts';

/**
 * All that is computed off the event loop, by name: pure functions of the slices. What a person sends can make each of them work hard.
 * From their own files, not by the slices' indexes: a thread that loaded the whole controller would take 250 MB.
 */
export const TASKS = {
  'read-out': readOut,
  'recurrence-fault': faultOfRecurrence,
  occurrences: occurrencesOf,
  'schedule-files': loadScheduleFiles,
  overlaps: (playings: readonly UpcomingPlaying[]) => withOverlaps(playings, clashOf),
} satisfies TaskMap;

export type OffloadTasks = typeof TASKS;
