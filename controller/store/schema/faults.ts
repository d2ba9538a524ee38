import { bigserial, index, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

export const faults = pgTable(
  'faults',
  {
    id: uuid('id').primaryKey(),
    speakerId: text('speaker_id').notNull(),
    clusterId: text('cluster_id').notNull(),
    code: text('code').notNull(),
    severity: text('severity').notNull(),
    raisedAt: instant('raised_at').notNull(),
    clearedAt: instant('cleared_at'),
    evidence: jsonb('evidence').notNull(),
  },
  (table) => [index('faults_speaker').on(table.speakerId), index('faults_open').on(table.clearedAt)],
);

/** Changes of a speaker's rung (connected, receiving, ...); live state itself stays in memory. */
export const speakerTransitions = pgTable(
  'speaker_transitions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    speakerId: text('speaker_id').notNull(),
    at: instant('at').notNull(),
    fromRung: text('from_rung').notNull(),
    toRung: text('to_rung').notNull(),
    detail: jsonb('detail').notNull(),
    /** Its own, so that it can be written again when nobody knows whether it is there; null in those of older versions. */
    entryId: uuid('entry_id'),
  },
  (table) => [index('speaker_transitions_speaker').on(table.speakerId, table.at), unique('speaker_transitions_entry').on(table.entryId)],
);
