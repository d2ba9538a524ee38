import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import {
  type ScheduleDefinition,
  type ScheduleView,
  scheduleDefinition,
  type UpcomingOccurrence,
} from '../../controller/protocol/schedules.ts';
import { occurrencesBetween } from '../../controller/schedules/recurrence.ts';
import type { FakeApi } from './fake-api.ts';

export interface FakeSchedules {
  views: ScheduleView[];
  occurrences: UpcomingOccurrence[];
}

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 86_400_000;

export function fakeSchedules(nowMs: number): FakeSchedules {
  const occurrences = [17, 29, 41].map(
    (hours, index): UpcomingOccurrence => ({
      occurrenceId: randomUUID(),
      scheduleId: 'tin-sang',
      name: index % 2 ? 'Tin sáng' : 'Tin chiều',
      class: 'normal',
      startsAtMs: nowMs + hours * HOUR_MS,
      durationMs: 900_000,
      clusterCount: 59,
      status: 'planned',
      broadcastId: null,
      overlaps: [],
    }),
  );
  const fromFile = scheduleDefinition.parse({
    id: 'tin-sang',
    name: 'Tin sáng',
    rrule: 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=5',
    content: { kind: 'bulletinFile', file: 'tin-sang.txt' },
  });
  return { occurrences, views: [{ ...viewOf(fromFile, nowMs), source: 'file', fileName: 'tin-sang.yaml' }] };
}

const viewOf = (definition: ScheduleDefinition, nowMs: number): ScheduleView => ({
  definition,
  source: 'api',
  fileName: null,
  updatedAtMs: nowMs,
  nextAtMs: definition.enabled ? occurrencesBetween(definition, nowMs, nowMs + YEAR_MS, 3) : [],
});

export function fakeScheduleRoutes(app: FastifyInstance, api: FakeApi): void {
  const { schedules } = api;
  app.get('/api/schedules', () => ({
    schedules: schedules.views,
    problems: [{ file: 'tin-chieu.yaml', line: 7, vi: 'Giờ phát cần có dạng HH:MM.', en: 'The time must look like HH:MM.' }],
  }));
  app.get('/api/schedules/upcoming', () => ({ occurrences: schedules.occurrences }));
  app.post('/api/schedules/preview', (request) => {
    const definition = scheduleDefinition.parse(request.body);
    const nextAtMs = occurrencesBetween(definition, api.nowMs(), api.nowMs() + YEAR_MS, 5);
    const startsAtMs = nextAtMs[0] ?? 0;
    const meets = { name: 'Tin sáng', otherStartsAtMs: startsAtMs, winner: 'other', loserThen: 'waits' };
    return { nextAtMs, clusterCount: 59, clashes: nextAtMs.length > 0 ? [{ startsAtMs, ...meets }] : [] };
  });
  app.post('/api/schedules', (request, reply) => {
    const made = viewOf(scheduleDefinition.parse(request.body), api.nowMs());
    schedules.views.push(made);
    return reply.code(201).send(made);
  });
  type OfSchedule = { Params: { scheduleId: string } };
  const indexOf = (scheduleId: string): number => schedules.views.findIndex((view) => view.definition.id === scheduleId);
  app.put<OfSchedule>('/api/schedules/:scheduleId', (request) => {
    const changed = viewOf(scheduleDefinition.parse(request.body), api.nowMs());
    schedules.views[indexOf(request.params.scheduleId)] = changed;
    return changed;
  });
  app.delete<OfSchedule>('/api/schedules/:scheduleId', (request) => {
    schedules.views.splice(indexOf(request.params.scheduleId), 1);
    return {};
  });
  for (const [action, status] of [
    ['skip', 'skipped'],
    ['unskip', 'planned'],
  ] as const) {
    app.post<{ Params: { occurrenceId: string } }>(`/api/occurrences/:occurrenceId/${action}`, (request) => {
      const found = schedules.occurrences.find((occurrence) => occurrence.occurrenceId === request.params.occurrenceId);
      if (found) found.status = status;
      return {};
    });
  }
}
