import { z } from 'zod';
import { type Actor, type AnyRoute, route } from '../http/route.ts';
import { contentWithoutSecrets } from '../protocol/relay-address.ts';
import { EVERYONE_SIGNED_IN, ON_AIR_ROLES } from '../protocol/roles.ts';
import {
  occurrenceParams,
  type ScheduleView,
  scheduleList,
  scheduleParams,
  schedulePreview,
  scheduleRequest,
  scheduleView,
  upcomingList,
  upcomingQuery,
} from '../protocol/schedules.ts';
import { invalidSchedule } from './schedule-errors.ts';
import type { Schedules } from './schedules.ts';

const TAG = 'schedules';
/** Each looks at a week of everything that is planned. */
const PREVIEWS_PER_MINUTE = 30;
const nothing = z.object({});

/** Who may not change a schedule has no use for the password of its station. */
function asSeenBy({ role }: Actor, view: ScheduleView): ScheduleView {
  if (ON_AIR_ROLES.includes(role)) return view;
  return { ...view, definition: { ...view.definition, content: contentWithoutSecrets(view.definition.content) } };
}

/** The audit lines are written by the schedules themselves, with what was changed. */
export function scheduleRoutes(schedules: Schedules): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/schedules',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'All schedules, and what is wrong with schedule files',
      response: scheduleList,
      handler: async ({ actor }) => {
        const views = await schedules.list();
        return { schedules: views.map((view) => asSeenBy(actor, view)), problems: schedules.problems() };
      },
    }),
    route({
      method: 'GET',
      path: '/api/schedules/upcoming',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'What will play, with overlaps and who gets the clusters',
      query: upcomingQuery,
      response: upcomingList,
      handler: ({ query }) => schedules.upcoming(query.hours),
    }),
    route({
      method: 'GET',
      path: '/api/schedules/:scheduleId',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'One schedule',
      params: scheduleParams,
      response: scheduleView,
      handler: async ({ actor, params }) => asSeenBy(actor, await schedules.get(params.scheduleId)),
    }),
    route({
      method: 'POST',
      path: '/api/schedules',
      audited: 'by-handler',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Make a schedule',
      body: scheduleRequest,
      response: scheduleView,
      status: 201,
      handler: ({ body, actor, ip }) => schedules.create(body, { ...actor, ip }),
    }),
    route({
      method: 'POST',
      path: '/api/schedules/preview',
      audit: 'schedule.previewed',
      audited: 'when-possible',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'What a schedule would do: its next times, and with whom it would meet. Nothing is stored',
      body: scheduleRequest,
      response: schedulePreview,
      rateLimitPerMinute: PREVIEWS_PER_MINUTE,
      handler: ({ body }) => schedules.preview(body),
    }),
    route({
      method: 'POST',
      path: '/api/schedules/reload',
      audited: 'by-handler',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Read the schedule files again',
      body: nothing,
      response: scheduleList,
      handler: async ({ actor, ip }) => {
        await schedules.reload({ ...actor, ip });
        return { schedules: await schedules.list(), problems: schedules.problems() };
      },
    }),
    route({
      method: 'PUT',
      path: '/api/schedules/:scheduleId',
      audited: 'by-handler',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Change a schedule that was made here',
      params: scheduleParams,
      body: scheduleRequest,
      response: scheduleView,
      handler: ({ params, body, actor, ip }) => {
        if (body.id !== params.scheduleId)
          throw invalidSchedule({ vi: 'Không đổi được mã lịch.', en: 'A schedule’s id can’t be changed.' });
        return schedules.replace(body, { ...actor, ip });
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/schedules/:scheduleId',
      audited: 'by-handler',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Remove a schedule that was made here; what it has planned is withdrawn',
      params: scheduleParams,
      response: nothing,
      handler: async ({ params, actor, ip }) => {
        await schedules.remove(params.scheduleId, { ...actor, ip });
        return {};
      },
    }),
    route({
      method: 'POST',
      path: '/api/occurrences/:occurrenceId/skip',
      audited: 'by-handler',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Leave this one playing out',
      params: occurrenceParams,
      body: nothing,
      response: nothing,
      handler: async ({ params, actor, ip }) => {
        await schedules.skip(params.occurrenceId, { ...actor, ip });
        return {};
      },
    }),
    route({
      method: 'POST',
      path: '/api/occurrences/:occurrenceId/unskip',
      audited: 'by-handler',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Take a skip back',
      params: occurrenceParams,
      body: nothing,
      response: nothing,
      handler: async ({ params, actor, ip }) => {
        await schedules.unskip(params.occurrenceId, { ...actor, ip });
        return {};
      },
    }),
  ];
}
