import { boolean, doublePrecision, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { EnrolResponse } from '../../protocol/enrolment.ts';
import { instant, milliseconds } from './columns.ts';

export const hamlets = pgTable('hamlets', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  position: integer('position').notNull(),
  population: integer('population'),
  latitude: doublePrecision('latitude'),
  longitude: doublePrecision('longitude'),
});

export const clusters = pgTable(
  'clusters',
  {
    id: text('id').primaryKey(),
    hamletId: text('hamlet_id')
      .notNull()
      .references(() => hamlets.id),
    name: text('name').notNull(),
    /** ip: has an IP speaker; fm: a kept FM cluster, without a return channel. */
    kind: text('kind', { enum: ['ip', 'fm'] }).notNull(),
    horns: integer('horns').notNull().default(2),
    volumeDb: doublePrecision('volume_db').notNull().default(-6),
    /** Lets nothing out but emergencies. */
    muted: boolean('muted').notNull().default(false),
    emergencyVolumeDb: doublePrecision('emergency_volume_db').notNull().default(0),
    alignDelayMs: milliseconds('align_delay_ms').notNull().default(0),
    latitude: doublePrecision('latitude'),
    longitude: doublePrecision('longitude'),
    note: text('note').notNull().default(''),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [index('clusters_hamlet').on(table.hamletId)],
);

export const speakers = pgTable(
  'speakers',
  {
    /** Serial number. */
    id: text('id').primaryKey(),
    clusterId: text('cluster_id')
      .notNull()
      .unique()
      .references(() => clusters.id),
    /** SHA-256 of the one-time claim; null once used. */
    claimHash: text('claim_hash'),
    claimExpiresAt: instant('claim_expires_at'),
    certificateSha256: text('certificate_sha256'),
    certificateNotAfter: instant('certificate_not_after'),
    enrolledAt: instant('enrolled_at'),
    /** The enrolment that made the certificate, and its answer (protocol/enrolment.ts, no secret in it): a device whose answer got lost asks again. */
    enrolRequestSha256: text('enrol_request_sha256'),
    enrolResponse: jsonb('enrol_response').$type<EnrolResponse>(),
    revokedAt: instant('revoked_at'),
    model: text('model'),
    firmware: text('firmware'),
    lastSeenAt: instant('last_seen_at'),
    /** It has shown current of its amplifier at least once; before that a 0 means nothing. */
    showsCurrent: boolean('shows_current').notNull().default(false),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [index('speakers_certificate').on(table.certificateSha256)],
);
