import { useQuery } from '@tanstack/react-query';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import type { ScheduleProblem, UpcomingOccurrence } from '../../controller/protocol/schedules.ts';
import { useConsole, useLive } from '../app/console-context.ts';
import { isStale, planned } from '../live/live-state.ts';
import { call } from './client.ts';

const AHEAD_HOURS = 72;

export function useOccurrences() {
  return useQuery({
    queryKey: ['occurrences'],
    queryFn: async () =>
      (await call<{ occurrences: UpcomingOccurrence[] }>('GET', `/api/schedules/upcoming?hours=${AHEAD_HOURS}`)).occurrences,
    refetchInterval: 60_000,
  });
}

/** Schedule files that can't be used, where and why. */
export function useScheduleProblems() {
  return useQuery({
    queryKey: ['schedule-problems'],
    queryFn: async () => (await call<{ problems: ScheduleProblem[] }>('GET', '/api/schedules')).problems,
  });
}

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

/** This once only; the schedule goes on. */
export const skipOccurrence = (occurrenceId: string): Promise<void> => call('POST', `/api/occurrences/${occurrenceId}/skip`, {});
