import { z } from 'zod';
import { broadcastClass } from './broadcast-class.ts';
import { broadcastContent, onPreempted, targets } from './broadcasts.ts';
import { uuid } from './ids.ts';

export const scheduleId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/)
  .describe('Short and readable, chosen by people, for example ban-tin-sang');

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'HH:MM or HH:MM:SS, 24 hours')
  .describe('Wall-clock time in the schedule’s zone, for example 05:00');
const date = z.iso.date().describe('YYYY-MM-DD');
const dateOrTime = z.union([date, z.iso.datetime({ local: true })]);

const NO_SUCH_ZONE = {
  error: 'no such time zone; use an IANA name such as Asia/Ho_Chi_Minh',
  params: { vi: 'không có múi giờ này; hãy dùng tên IANA, ví dụ Asia/Ho_Chi_Minh' },
};
const timeZone = z
  .string()
  .refine((value) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: value });
      return true;
    } catch {
      return false;
    }
  }, NO_SUCH_ZONE)
  .describe('IANA time zone');

const [anyBulletin, relayContent] = broadcastContent.options;
/** What is planned has an end: "until somebody stops it" is for an emergency that a person watches. */
const times = z.int().min(1).max(100).default(1);
const bulletinContent = anyBulletin.extend({ repeat: times });

/** A bulletin made from a file beside the schedule: text (.txt) is spoken, sound is taken in like an upload. */
const bulletinFileContent = z.object({
  kind: z.literal('bulletinFile'),
  file: z
    .string()
    .min(1)
    .max(200)
    .regex(/^(?!\/)(?!.*\.\.)[^\\]+$/, 'a path inside the schedules folder')
    .describe('Path inside the schedules folder, for example demo/ban-tin/chao-mung.txt'),
  repeat: times,
  pauseMs: z.int().min(0).max(600_000).default(3000),
});

/** A microphone can't be scheduled: somebody has to be there. */
export const scheduleContent = z.discriminatedUnion('kind', [bulletinContent, relayContent, bulletinFileContent]);
export type ScheduleContent = z.infer<typeof scheduleContent>;

export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export const weekday = z.enum(WEEKDAYS);
export type Weekday = z.infer<typeof weekday>;

const scheduleFields = z.strictObject({
  id: scheduleId,
  name: z.string().trim().min(1).max(200),
  /** Either this or `dailyTimes`. */
  rrule: z
    .string()
    .max(500)
    .optional()
    .describe('Recurrence rule of RFC 5545 without the prefix RRULE:, for example FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=17;BYMINUTE=15'),
  dailyTimes: z.array(timeOfDay).min(1).max(48).optional().describe('Every day at these times, or on `weekdays`'),
  weekdays: z.array(weekday).min(1).max(7).optional().describe('Only on these days of the week; goes with dailyTimes'),
  timeZone: timeZone.default('Asia/Ho_Chi_Minh'),
  startsOn: date.default('2026-01-01').describe('First day; INTERVAL counts from it'),
  startTime: timeOfDay.default('00:00').describe('Time of day for an rrule without BYHOUR'),
  until: date.optional().describe('Last day'),
  exceptions: z.array(dateOrTime).max(1000).default([]).describe('Days (YYYY-MM-DD) or instants (YYYY-MM-DDTHH:MM:SS) left out'),
  class: broadcastClass.exclude(['live']).default('normal'),
  content: scheduleContent,
  targets: targets.default({ everything: true }),
  onPreempted: onPreempted.default('resume'),
  gainDb: z.number().min(-40).max(6).default(0),
  chime: z.boolean().default(true).describe('Chime before the content'),
  latestStartMs: z.int().min(0).max(86_400_000).optional().describe('How late it may still start; its class’s usual tolerance when absent'),
  enabled: z.boolean().default(true),
});
const hasOneRecurrence = (value: { rrule?: unknown; dailyTimes?: unknown }): boolean =>
  (value.rrule === undefined) !== (value.dailyTimes === undefined);
const ONE_RECURRENCE = { error: 'exactly one of rrule and dailyTimes', params: { vi: 'cần đúng một trong hai: rrule hoặc dailyTimes' } };

const hasDaysOfItsOwn = (value: { rrule?: unknown; weekdays?: unknown }): boolean =>
  value.rrule === undefined || value.weekdays === undefined;
const DAYS_IN_RULE = {
  error: 'weekdays go with dailyTimes; an rrule names its days itself (BYDAY)',
  params: { vi: 'weekdays chỉ dùng với dailyTimes; rrule tự nêu ngày trong tuần (BYDAY)' },
};

export const scheduleDefinition = scheduleFields.refine(hasOneRecurrence, ONE_RECURRENCE).refine(hasDaysOfItsOwn, DAYS_IN_RULE);
/** As people send it: without a zone it is the commune's. */
export const scheduleRequest = scheduleFields
  .extend({ timeZone: timeZone.optional().describe('IANA time zone; the commune’s when absent') })
  .refine(hasOneRecurrence, ONE_RECURRENCE)
  .refine(hasDaysOfItsOwn, DAYS_IN_RULE);
export type ScheduleRequest = z.infer<typeof scheduleRequest>;
export type ScheduleDefinition = z.infer<typeof scheduleDefinition>;

/** A file in schedules/: one or more schedules. */
export const scheduleFile = z.strictObject({ schedules: z.array(scheduleDefinition).min(1).max(500) });

export const occurrenceStatus = z.enum(['planned', 'skipped', 'broadcast', 'missed', 'withdrawn']);

export const scheduleView = z.object({
  definition: scheduleDefinition,
  /** file: from schedules/*.yaml, changed there; api: made by a person. */
  source: z.enum(['file', 'api']),
  fileName: z.string().nullable(),
  updatedAtMs: z.number(),
  nextAtMs: z.array(z.number()).describe('the next three instants'),
});
export type ScheduleView = z.infer<typeof scheduleView>;

/** A schedule file that can't be used, where and why. The others are. */
export const scheduleProblem = z.object({ file: z.string(), line: z.int().nullable(), vi: z.string(), en: z.string() });
export type ScheduleProblem = z.infer<typeof scheduleProblem>;

export const scheduleList = z.object({ schedules: z.array(scheduleView), problems: z.array(scheduleProblem) });

export const upcomingQuery = z.object({ hours: z.coerce.number().min(1).max(168).default(48) });

export const upcomingOccurrence = z.object({
  occurrenceId: uuid,
  scheduleId,
  name: z.string(),
  class: broadcastClass,
  startsAtMs: z.number(),
  durationMs: z.number().nullable(),
  clusterCount: z.int(),
  status: occurrenceStatus,
  broadcastId: uuid.nullable(),
  /** Others that want some of its clusters at the same time, and who gets them; at most 20. */
  overlaps: z.array(
    z.object({
      occurrenceId: uuid,
      name: z.string(),
      startsAtMs: z.number(),
      winner: z.enum(['this', 'other']),
      loserThen: z.enum(['waits', 'resumes', 'ends', 'missed']),
    }),
  ),
});
export type UpcomingOccurrence = z.infer<typeof upcomingOccurrence>;
export const upcomingList = z.object({
  occurrences: z.array(upcomingOccurrence),
  completeUntilMs: z.number().optional().describe('Nothing is left out up to here; of a very full plan only the beginning is given'),
});

/** A playing of a schedule that wants clusters while another wants them, too. */
export const scheduleClash = z.object({
  startsAtMs: z.number(),
  name: z.string().describe('the other schedule’s'),
  otherStartsAtMs: z.number(),
  winner: z.enum(['this', 'other']),
  loserThen: z.enum(['waits', 'resumes', 'ends', 'missed']),
});
export type ScheduleClash = z.infer<typeof scheduleClash>;

/** What a schedule would do, before it is stored. */
export const schedulePreview = z.object({
  nextAtMs: z.array(z.number()).describe('the next five instants'),
  clusterCount: z.int(),
  /** In the next seven days, at most 20. */
  clashes: z.array(scheduleClash),
});
export type SchedulePreview = z.infer<typeof schedulePreview>;

export const scheduleParams = z.object({ scheduleId });
export const occurrenceParams = z.object({ occurrenceId: uuid });
