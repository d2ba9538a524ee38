import { bigserial, boolean, doublePrecision, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { Attention } from '../../protocol/attention.ts';
import { instant, milliseconds } from './columns.ts';

export const schedules = pgTable('schedules', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** file: from schedules/*.yaml and read-only in the console; api: made by a person. */
  source: text('source', { enum: ['file', 'api'] }).notNull(),
  fileName: text('file_name'),
  enabled: boolean('enabled').notNull().default(true),
  /** The whole validated definition (protocol/schedules.ts). */
  definition: jsonb('definition').notNull(),
  definitionHash: text('definition_hash').notNull(),
  createdBy: uuid('created_by'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  deletedAt: instant('deleted_at'),
});

/** One planned playing of a schedule; unique by instant, so that planning twice changes nothing. */
export const occurrences = pgTable(
  'occurrences',
  {
    id: uuid('id').primaryKey(),
    scheduleId: text('schedule_id')
      .notNull()
      .references(() => schedules.id),
    startsAt: instant('starts_at').notNull(),
    status: text('status', { enum: ['planned', 'skipped', 'broadcast', 'missed', 'withdrawn'] }).notNull(),
    broadcastId: uuid('broadcast_id'),
    reason: text('reason'),
  },
  (table) => [unique('occurrence_once').on(table.scheduleId, table.startsAt), index('occurrences_starts').on(table.startsAt)],
);

export const broadcasts = pgTable(
  'broadcasts',
  {
    id: uuid('id').primaryKey(),
    title: text('title').notNull(),
    class: text('class').notNull(),
    content: jsonb('content').notNull(),
    targets: jsonb('targets').notNull(),
    clusterIds: jsonb('cluster_ids').$type<string[]>().notNull(),
    status: text('status').notNull(),
    startsAt: instant('starts_at').notNull(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    durationMs: milliseconds('duration_ms'),
    /** Checkpoint of the position on air; a restart resumes from here. */
    positionMs: milliseconds('position_ms').notNull().default(0),
    onPreempted: text('on_preempted', { enum: ['resume', 'end'] }).notNull(),
    preemptedBy: uuid('preempted_by'),
    gainDb: doublePrecision('gain_db').notNull().default(0),
    chime: boolean('chime').notNull().default(false),
    /** null: no emergency. */
    emergencyKind: text('emergency_kind', { enum: ['warning', 'correction', 'all_clear'] }),
    /** The attention signal that it begins with; positions count from its beginning. */
    attention: jsonb('attention').$type<Attention>(),
    /** Of the bulletin, said once. */
    messageMs: milliseconds('message_ms'),
    /** How late it may still start; after that it is missed. */
    latestStartMs: milliseconds('latest_start_ms').notNull().default(600_000),
    origin: text('origin', { enum: ['console', 'schedule', 'api', 'demo', 'make_up'] }).notNull(),
    requestedBy: uuid('requested_by'),
    requestedByName: text('requested_by_name').notNull(),
    /** Why it ended, for a person: {code, vi, en}. */
    endReason: jsonb('end_reason').$type<{ code: string; vi: string; en: string }>(),
    /** Each complete giving of the message, by the instants of its capture: {fromMs, untilMs}[]. */
    passes: jsonb('passes').$type<{ fromMs: number; untilMs: number }[]>().notNull().default([]),
    /** The emergency whose missed hearings it makes up. */
    makesUpFor: uuid('makes_up_for'),
    /** Of an emergency: how long after its end poles that missed it still get it. */
    validForMs: milliseconds('valid_for_ms'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('broadcasts_status').on(table.status),
    index('broadcasts_starts').on(table.startsAt),
    index('broadcasts_makes_up_for').on(table.makesUpFor),
  ],
);

/** The broadcast log: everything that happened to a broadcast, in order. */
export const broadcastEvents = pgTable(
  'broadcast_events',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    broadcastId: uuid('broadcast_id')
      .notNull()
      .references(() => broadcasts.id),
    at: instant('at').notNull(),
    kind: text('kind').notNull(),
    detail: jsonb('detail').notNull(),
    /** The line's own, so that it can be written again when nobody knows whether it is there; null in lines of older versions. */
    entryId: uuid('entry_id'),
  },
  (table) => [index('broadcast_events_broadcast').on(table.broadcastId), unique('broadcast_events_entry').on(table.entryId)],
);

export const receipts = pgTable(
  'receipts',
  {
    id: uuid('id').primaryKey(),
    broadcastId: uuid('broadcast_id').notNull(),
    speakerId: text('speaker_id').notNull(),
    clusterId: text('cluster_id').notNull(),
    channelId: text('channel_id').notNull(),
    receivedAt: instant('received_at').notNull(),
    firstSoundAt: instant('first_sound_at').notNull(),
    lastSoundAt: instant('last_sound_at').notNull(),
    playedMs: milliseconds('played_ms').notNull(),
    concealedMs: milliseconds('concealed_ms').notNull(),
    mutedMs: milliseconds('muted_ms').notNull(),
    final: boolean('final').notNull(),
    /** The receipt as it came (protocol/speaker-control.ts). */
    receipt: jsonb('receipt').notNull(),
  },
  (table) => [
    index('receipts_broadcast').on(table.broadcastId),
    // One for each play: a speaker that was cut off and came back has several.
    unique('receipt_once').on(table.speakerId, table.broadcastId, table.channelId, table.firstSoundAt),
  ],
);

/** Copies of what was aired, kept as Ogg Opus below the data directory. */
export const airedCopies = pgTable(
  'aired_copies',
  {
    id: uuid('id').primaryKey(),
    broadcastId: uuid('broadcast_id').notNull(),
    path: text('path').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at'),
    sizeBytes: integer('size_bytes'),
    sha256: text('sha256'),
  },
  (table) => [index('aired_copies_broadcast').on(table.broadcastId)],
);
