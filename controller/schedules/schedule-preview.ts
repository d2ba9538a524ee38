import type { Clock } from '../clock.ts';
import type { ScheduleDefinition, SchedulePreview, UpcomingOccurrence } from '../protocol/schedules.ts';
import { recurrenceOf, type ScheduleComputing } from './computing.ts';
import type { StoredSchedule } from './schedule-rows.ts';

const NEXT_SHOWN = 5;
const NEXT_WITHIN_MS = 400 * 86_400_000;
const CLASHES_WITHIN_HOURS = 168;
const CLASHES_SHOWN = 20;

interface PreviewRequest {
  definition: ScheduleDefinition;
  /** All but the one that it replaces. */
  others: readonly StoredSchedule[];
  clock: Clock;
  computing: Pick<ScheduleComputing, 'occurrences'>;
  upcomingWith(schedules: () => Iterable<StoredSchedule>): (hours: number) => Promise<{ occurrences: UpcomingOccurrence[] }>;
}

/** When a schedule would play, and whom it would meet in the coming week, as if it were stored already. */
export async function previewSchedule(request: PreviewRequest): Promise<Omit<SchedulePreview, 'clusterCount'>> {
  const { definition, others, clock, computing, upcomingWith } = request;
  const nowMs = clock.nowMs();
  const toMs = nowMs + NEXT_WITHIN_MS;
  const nextAtMs = await computing.occurrences({ recurrence: recurrenceOf(definition), fromMs: nowMs, toMs, limit: NEXT_SHOWN });
  // Paused or not: people want to know what it will do once it goes on. Its hash is its text, so that nothing remembered of another version is taken for it.
  const candidate: StoredSchedule = {
    definition: { ...definition, enabled: true },
    definitionHash: `preview ${JSON.stringify(definition)}`,
    source: 'api',
    fileName: null,
    changedAtMs: nowMs,
  };
  const { occurrences } = await upcomingWith(() => [...others, candidate])(CLASHES_WITHIN_HOURS);
  const clashes = occurrences
    .filter((occurrence) => occurrence.scheduleId === definition.id)
    .flatMap(({ startsAtMs, overlaps }) =>
      overlaps.map(({ name, startsAtMs: otherStartsAtMs, winner, loserThen }) => ({
        startsAtMs,
        name,
        otherStartsAtMs,
        winner,
        loserThen,
      })),
    );
  return { nextAtMs, clashes: clashes.slice(0, CLASHES_SHOWN) };
}
