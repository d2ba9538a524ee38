import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type {
  SchedulePreview,
  ScheduleProblem,
  ScheduleView,
  scheduleRequest,
  UpcomingOccurrence,
} from '../../controller/protocol/schedules.ts';
import { useConsole, useLive } from '../app/console-context.ts';
import { isStale, planned } from '../live/live-state.ts';
import { call } from './client.ts';

const NEAR_HOURS = 72;
/** As far as the server looks. */
export const WEEK_HOURS = 168;
const OCCURRENCES_KEY = ['occurrences'];

export function useOccurrences(hours = NEAR_HOURS) {
  return useQuery({
    queryKey: [...OCCURRENCES_KEY, hours],
    queryFn: async () => (await call<{ occurrences: UpcomingOccurrence[] }>('GET', `/api/schedules/upcoming?hours=${hours}`)).occurrences,
    refetchInterval: 60_000,
  });
}

const SCHEDULES_KEY = ['schedules'];

/** All schedules, and the schedule files that can't be used, where and why. */
export function useSchedules() {
  return useQuery({
    queryKey: SCHEDULES_KEY,
    queryFn: () => call<{ schedules: ScheduleView[]; problems: ScheduleProblem[] }>('GET', '/api/schedules'),
  });
}

/** To be called after a change: what is planned is read again. */
export function useScheduleRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([queries.invalidateQueries({ queryKey: OCCURRENCES_KEY }), queries.invalidateQueries({ queryKey: SCHEDULES_KEY })]);
  };
}

type ScheduleBody = z.input<typeof scheduleRequest>;
const path = (scheduleId: string): string => `/api/schedules/${encodeURIComponent(scheduleId)}`;

export const previewSchedule = (schedule: ScheduleBody): Promise<SchedulePreview> => call('POST', '/api/schedules/preview', schedule);
export const addSchedule = (schedule: ScheduleBody): Promise<ScheduleView> => call('POST', '/api/schedules', schedule);
export const changeSchedule = (schedule: ScheduleBody): Promise<ScheduleView> => call('PUT', path(schedule.id), schedule);
export const removeSchedule = (scheduleId: string): Promise<void> => call('DELETE', path(scheduleId));

export interface Next {
  startsAtMs: number;
  title: string;
}

/** What is planned, soonest first. In a state that is only a memory a time that has passed says nothing of what comes. */
export function usePlanned(): BroadcastSummary[] {
  const { feed } = useConsole();
  const live = useLive();
  const stale = isStale(live);
  return planned(live).filter((broadcast) => !stale || broadcast.startsAtMs > feed.controllerNowMs());
}

/** What sounds next: what is planned already, or else the first time of a schedule. */
export function useNext(): Next | undefined {
  const { data } = useOccurrences();
  const broadcast = usePlanned()[0];
  const occurrence = data?.find((candidate) => candidate.status === 'planned');
  const candidates: Next[] = [
    ...(broadcast ? [broadcast] : []),
    ...(occurrence ? [{ startsAtMs: occurrence.startsAtMs, title: occurrence.name }] : []),
  ];
  return candidates.sort((a, b) => a.startsAtMs - b.startsAtMs)[0];
}

export const unskipOccurrence = (occurrenceId: string): Promise<void> => call('POST', `/api/occurrences/${occurrenceId}/unskip`, {});
/** This once only; the schedule goes on. */
export const skipOccurrence = (occurrenceId: string): Promise<void> => call('POST', `/api/occurrences/${occurrenceId}/skip`, {});
