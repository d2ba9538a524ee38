import { z } from 'zod';
import { uuid } from './ids.ts';

/** The three classes of bulletin of Circular 39/2020/TT-BTTTT. */
export const bulletinClass = z.enum(['normal', 'priority', 'emergency']);
export type BulletinClass = z.infer<typeof bulletinClass>;

export const BULLETIN_STATUSES = ['draft', 'processing', 'ready', 'failed'] as const;
export const bulletinStatus = z.enum(BULLETIN_STATUSES);
export const bulletinOrigin = z.enum(['upload', 'text', 'recording']);

const title = z.string().trim().min(1).max(200);
const topic = z.string().trim().max(100);
const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
  .describe('BCP 47, for example vi');
const words = z.object({ code: z.string(), vi: z.string(), en: z.string() });

export const bulletin = z.object({
  bulletinId: uuid,
  title: z.string(),
  class: bulletinClass,
  topic: z.string(),
  language: z.string(),
  origin: bulletinOrigin,
  text: z.string().nullable(),
  voice: z.string().nullable(),
  originalName: z.string().nullable(),
  status: bulletinStatus,
  /** 0 to 1 while it is processed; null otherwise. */
  progress: z.number().nullable(),
  failure: words.nullable(),
  warnings: z.array(words),
  durationMs: z.number().nullable(),
  loudnessLufs: z.number().nullable(),
  truePeakDbtp: z.number().nullable(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  lastAiredAtMs: z.number().nullable(),
});
export type Bulletin = z.infer<typeof bulletin>;

export const bulletinParams = z.object({ bulletinId: uuid });

/** Instant and id of a page's last bulletin. Thirteen digits of milliseconds last until the year 2286. */
export const LIST_CURSOR = /^(\d{1,13})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export const bulletinListQuery = z.object({
  status: bulletinStatus.optional(),
  class: z
    .union([bulletinClass, z.array(bulletinClass).max(3)])
    .optional()
    .describe('One, or several (repeat the parameter)'),
  topic: z.string().trim().max(100).optional().describe('The whole topic; marks and case don’t count'),
  search: z
    .string()
    .trim()
    .max(200)
    .optional()
    .describe('Each word stands somewhere in title, topic or text; marks, case and đ/d don’t count'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().regex(LIST_CURSOR, 'the `nextBefore` of a page').optional().describe('`nextBefore` of the page before'),
});
export type BulletinListQuery = z.infer<typeof bulletinListQuery>;

/** `nextBefore`: where the next page begins; null: there is none. */
export const bulletinList = z.object({ bulletins: z.array(bulletin), nextBefore: z.string().nullable() });
export type BulletinList = z.infer<typeof bulletinList>;

/** Fields of the multipart upload beside the part `file`; they must come before it. */
export const uploadFields = z.object({
  title: title.optional(),
  class: bulletinClass.default('normal'),
  topic: topic.default(''),
  language: language.default('vi'),
  origin: z.enum(['upload', 'recording']).default('upload'),
});
export type UploadFields = z.infer<typeof uploadFields>;

/** Length is checked by the speech rules, which can explain themselves. */
const speechText = z.string().max(1_000_000);

export const createFromText = z.object({
  title,
  text: speechText,
  class: bulletinClass.default('normal'),
  topic: topic.default(''),
  language: language.default('vi'),
  voice: z.string().max(64).optional(),
  /** Keep it without speaking it yet. */
  draft: z.boolean().default(false),
});
export type CreateFromText = z.infer<typeof createFromText>;

export const updateBulletin = z
  .object({ title, class: bulletinClass, topic, language, text: speechText, voice: z.string().max(64) })
  .partial()
  .refine((value) => Object.keys(value).length > 0, { error: 'nothing to change', params: { vi: 'không có gì để sửa' } });
export type UpdateBulletin = z.infer<typeof updateBulletin>;

export const waveform = z.object({
  durationMs: z.number(),
  /** Pairs (minimum, maximum) from -128 to 127, evenly over the duration. */
  peaks: z.array(z.int().min(-128).max(127)),
});
export type Waveform = z.infer<typeof waveform>;

export const previewText = z.object({ text: speechText });
export const textPreview = z.object({
  /** As it will be read, paragraph by paragraph. */
  paragraphs: z.array(z.string()),
  characters: z.int(),
});
export type TextPreview = z.infer<typeof textPreview>;

export const voiceList = z.object({ voices: z.array(z.object({ id: z.string(), vi: z.string(), en: z.string() })) });

export const dictionaryEntry = z.object({
  written: z.string().trim().min(1).max(60).describe('As it stands in the text, for example UBND'),
  spoken: z.string().trim().min(1).max(300),
  caseSensitive: z.boolean().default(true),
});
export type DictionaryEntryBody = z.infer<typeof dictionaryEntry>;
export const dictionaryParams = z.object({ written: z.string().min(1).max(60) });
export const dictionaryList = z.object({
  /** The commune's own entries. */
  entries: z.array(dictionaryEntry),
  /** What ships with the controller and applies where the commune has no entry of its own. */
  defaults: z.array(dictionaryEntry),
});
export type DictionaryList = z.infer<typeof dictionaryList>;
