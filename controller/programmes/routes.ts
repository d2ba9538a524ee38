import { stat } from 'node:fs/promises';
// The import brings request.parts() into fastify's types.
import type {} from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type AnyRoute, route } from '../http/route.ts';
import {
  type Bulletin,
  bulletin,
  bulletinList,
  bulletinListQuery,
  bulletinParams,
  createFromText,
  dictionaryEntry,
  dictionaryList,
  dictionaryParams,
  previewText,
  textPreview,
  type UploadFields,
  updateBulletin,
  uploadFields,
  voiceList,
  waveform,
} from '../protocol/programmes.ts';
import { EVERYONE_SIGNED_IN, ON_AIR_ROLES } from '../protocol/roles.ts';
import { peoplesFiles } from '../store/disk-lane.ts';
import { storable, storableValue } from '../store/storable.ts';
import { parseByteRange } from './byte-range.ts';
import { programmeErrors } from './programme-errors.ts';
import type { Programmes } from './programmes.ts';
import type { IncomingFile } from './uploads.ts';

const TAG = 'bulletins';
const SPEECH_TAG = 'speech';
/** Titles, topics and the like; the sound itself has its own limit. */
const MAX_FIELD_BYTES = 4096;

export function programmeRoutes(programmes: Programmes, options: { maxUploadBytes: number }): AnyRoute[] {
  return [...bulletinRoutes(programmes, options), ...soundRoutes(programmes), ...speechRoutes(programmes)];
}

function bulletinRoutes(programmes: Programmes, { maxUploadBytes }: { maxUploadBytes: number }): AnyRoute[] {
  return [
    route({
      method: 'POST',
      path: '/api/bulletins',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Upload a recording (multipart: fields title, class, topic, language, origin, then file)',
      body: uploadFields,
      response: bulletin,
      status: 202,
      multipart: true,
      bodyLimitBytes: maxUploadBytes + 1_000_000,
      audit: 'bulletin.upload',
      auditDetail: ({ result }) => factsOf(result),
      handler: ({ request, actor }) =>
        receiveUpload(request, maxUploadBytes, (fields, file) => programmes.createFromUpload(fields, file, actor.userId)),
    }),
    route({
      method: 'POST',
      path: '/api/bulletins/from-text',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Write a bulletin that a voice reads',
      body: createFromText,
      response: bulletin,
      status: 202,
      audit: 'bulletin.write',
      auditDetail: ({ result }) => factsOf(result),
      handler: ({ body, actor }) => programmes.createFromText(body, actor.userId),
    }),
    route({
      method: 'GET',
      path: '/api/bulletins',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'The library, newest first, page by page: all of it, or by status, class, topic and words',
      query: bulletinListQuery,
      response: bulletinList,
      handler: ({ query }) => programmes.list(query),
    }),
    route({
      method: 'GET',
      path: '/api/bulletins/:bulletinId',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'One bulletin, with its progress while it is processed',
      params: bulletinParams,
      response: bulletin,
      handler: ({ params }) => programmes.get(params.bulletinId),
    }),
    route({
      method: 'PATCH',
      path: '/api/bulletins/:bulletinId',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Rename or reclassify; a changed text is spoken anew',
      params: bulletinParams,
      body: updateBulletin,
      response: bulletin,
      audit: 'bulletin.change',
      auditDetail: ({ body, result }) => ({ ...factsOf(result), changed: shortened(body) }),
      handler: ({ params, body }) => programmes.update(params.bulletinId, body),
    }),
    route({
      method: 'POST',
      path: '/api/bulletins/:bulletinId/process',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Speak a draft, or a failed text again',
      params: bulletinParams,
      response: bulletin,
      status: 202,
      audit: 'bulletin.process',
      auditDetail: ({ result }) => factsOf(result),
      handler: ({ params }) => programmes.process(params.bulletinId),
    }),
    route({
      method: 'DELETE',
      path: '/api/bulletins/:bulletinId',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Delete, unless it is on air or scheduled',
      params: bulletinParams,
      response: z.null(),
      status: 204,
      audit: 'bulletin.delete',
      // The answer has no body; what the handler gives is for the audit trail alone.
      auditDetail: ({ result }) => factsOf(result as unknown as Bulletin),
      handler: ({ params }) => programmes.remove(params.bulletinId),
    }),
  ];
}

function soundRoutes(programmes: Programmes): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/bulletins/:bulletinId/audio',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'The master exactly as it airs (Ogg Opus; byte ranges)',
      params: bulletinParams,
      response: 'raw',
      handler: async ({ params, request, reply }) => {
        const { path, hash } = await programmes.sound(params.bulletinId);
        return sendSound(request, reply, path, hash);
      },
    }),
    route({
      method: 'GET',
      path: '/api/bulletins/:bulletinId/waveform',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'Peaks of the master for drawing',
      params: bulletinParams,
      response: waveform,
      handler: ({ params }) => programmes.waveform(params.bulletinId),
    }),
  ];
}

function speechRoutes(programmes: Programmes): AnyRoute[] {
  return [
    route({
      method: 'POST',
      path: '/api/speech/preview-text',
      roles: ON_AIR_ROLES,
      tag: SPEECH_TAG,
      summary: 'A text in words, as it will be read',
      body: previewText,
      response: textPreview,
      audit: 'speech.preview',
      handler: ({ body }) => programmes.previewText(body.text),
    }),
    route({
      method: 'GET',
      path: '/api/speech/voices',
      roles: EVERYONE_SIGNED_IN,
      tag: SPEECH_TAG,
      summary: 'The voices that can be chosen',
      response: voiceList,
      handler: () => ({ voices: [...programmes.voices()] }),
    }),
    route({
      method: 'GET',
      path: '/api/speech/dictionary',
      roles: EVERYONE_SIGNED_IN,
      tag: SPEECH_TAG,
      summary: 'How abbreviations are read',
      response: dictionaryList,
      handler: () => programmes.dictionary.list(),
    }),
    route({
      method: 'PUT',
      path: '/api/speech/dictionary',
      roles: ON_AIR_ROLES,
      tag: SPEECH_TAG,
      summary: 'Add or change an entry',
      body: dictionaryEntry,
      response: dictionaryEntry,
      audit: 'dictionary.change',
      auditDetail: ({ body }) => body,
      handler: async ({ body }) => {
        await programmes.dictionary.put(body);
        return body;
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/speech/dictionary/:written',
      roles: ON_AIR_ROLES,
      tag: SPEECH_TAG,
      summary: 'Remove an entry; a shipped reading applies again',
      params: dictionaryParams,
      response: z.null(),
      status: 204,
      audit: 'dictionary.delete',
      auditDetail: ({ params }) => ({ written: params.written }),
      handler: async ({ params }) => {
        await programmes.dictionary.remove(params.written);
        return null;
      },
    }),
  ];
}

/** What the audit trail says of a bulletin. */
function factsOf({ bulletinId, title, class: itsClass, origin, originalName }: Bulletin): Record<string, unknown> {
  return { bulletinId, title, class: itsClass, origin, ...(originalName === null ? {} : { originalName }) };
}

/** A change with long texts cut: the trail says what was done, and is no second library. */
function shortened(change: Record<string, unknown>): Record<string, unknown> {
  const cut = (value: unknown): unknown => (typeof value === 'string' && value.length > 200 ? `${value.slice(0, 200)}…` : value);
  return Object.fromEntries(Object.entries(change).map(([key, value]) => [key, cut(value)]));
}

type Receive = (fields: UploadFields, file: IncomingFile) => Promise<Bulletin>;

/** The sound goes straight to the disk as it arrives; fields behind it come too late to count. */
async function receiveUpload(request: FastifyRequest, maxUploadBytes: number, receive: Receive): Promise<Bulletin> {
  const fields: Record<string, unknown> = {};
  const limits = { fileSize: maxUploadBytes, files: 1, fields: 10, parts: 11, fieldSize: MAX_FIELD_BYTES };
  for await (const part of request.parts({ limits })) {
    if (part.type === 'field') {
      // A file's own title, or what a program wrote: taken as far as it can be held.
      fields[part.fieldname] = storableValue(part.value);
      continue;
    }
    const parsed = uploadFields.safeParse(fields);
    if (!parsed.success) {
      part.file.resume();
      throw programmeErrors.fieldsInvalid(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
    }
    const sizeBytes = Number(request.headers['content-length'] ?? 0);
    return receive(parsed.data, { stream: part.file, name: storable(part.filename), sizeBytes });
  }
  throw programmeErrors.noFile();
}

async function sendSound(request: FastifyRequest, reply: FastifyReply, path: string, hash: string): Promise<FastifyReply> {
  const etag = `"${hash}"`;
  // The address names the bulletin, and its sound changes with its text: a browser may keep it but must ask.
  reply.header('etag', etag).header('accept-ranges', 'bytes').header('cache-control', 'private, no-cache');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const size = await sizeOf(path);
  const range = parseByteRange(request.headers.range, size);
  if (range.kind === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send();
  reply.type('audio/ogg; codecs=opus');
  if (range.kind === 'whole') return reply.header('content-length', size).send(peoplesFiles.readFrom(path));
  const { start, end } = range;
  reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${size}`)
    .header('content-length', end - start + 1);
  return reply.send(peoplesFiles.readFrom(path, { start, end }));
}

async function sizeOf(path: string): Promise<number> {
  peoplesFiles.requireAnswer();
  try {
    return (await peoplesFiles.run(() => stat(path))).size;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? programmeErrors.soundLost(error) : error;
  }
}
