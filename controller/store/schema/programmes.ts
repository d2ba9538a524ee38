import { type SQL, sql } from 'drizzle-orm';
import { bigint, boolean, doublePrecision, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, folded, instant, milliseconds } from './columns.ts';

/** A content-addressed, loudness-normalised Ogg Opus file; the bytes are in the data directory under its hash. */
export const masters = pgTable('masters', {
  /** SHA-256 of the file, hex. */
  hash: text('hash').primaryKey(),
  durationMs: milliseconds('duration_ms').notNull(),
  sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
  loudnessLufs: doublePrecision('loudness_lufs').notNull(),
  truePeakDbtp: doublePrecision('true_peak_dbtp').notNull(),
  /** Pairs of signed bytes (minimum, maximum), evenly over the duration. */
  peaks: bytea('peaks').notNull(),
  /** What the source was: container, codec, sample rate, channels, loudness before. */
  source: jsonb('source').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});

export const bulletins = pgTable(
  'bulletins',
  {
    id: uuid('id').primaryKey(),
    title: text('title').notNull(),
    class: text('class').notNull().default('normal'),
    /** Column (chuyên mục). */
    topic: text('topic').notNull().default(''),
    language: text('language').notNull().default('vi'),
    origin: text('origin', { enum: ['upload', 'text', 'recording'] }).notNull(),
    text: text('text'),
    voice: text('voice'),
    status: text('status', { enum: ['draft', 'processing', 'ready', 'failed'] }).notNull(),
    /** AppError code and words of the failure, or warnings of a success. */
    failure: jsonb('failure'),
    warnings: jsonb('warnings').notNull().default([]),
    /** Path of the uploaded file below the data directory while it is not ingested. */
    uploadPath: text('upload_path'),
    originalName: text('original_name'),
    masterHash: text('master_hash').references(() => masters.hash),
    createdBy: uuid('created_by'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    approvedBy: uuid('approved_by'),
    approvedAt: instant('approved_at'),
    lastAiredAt: instant('last_aired_at'),
    deletedAt: instant('deleted_at'),
    /** What a search looks into; the database keeps it. */
    searchText: text('search_text').generatedAlwaysAs(
      (): SQL => folded(sql`${bulletins.title} || ' ' || ${bulletins.topic} || ' ' || coalesce(${bulletins.text}, '')`),
    ),
  },
  (table) => [index('bulletins_status').on(table.status), index('bulletins_created').on(table.createdAt)],
);

export const dictionaryEntries = pgTable('dictionary_entries', {
  written: text('written').primaryKey(),
  spoken: text('spoken').notNull(),
  caseSensitive: boolean('case_sensitive').notNull().default(true),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
