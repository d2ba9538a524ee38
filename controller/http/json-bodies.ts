import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';

/** Five thousand clusters and a thousand exceptions are 6 000. A megabyte of nothing but structure would hold the event loop for 75 ms. */
const MOST_PARTS = 30_000;

/** Reads JSON bodies: an empty one is none (some clients declare JSON and send nothing, DELETE), and one that is all structure is refused unread. */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text === '') done(null, undefined);
    else if (hasMoreParts(text, MOST_PARTS)) done(tooComplex());
    else parse(request, text, done);
  });
}

/** Whether brackets, braces and commas together are more than this. A comma in a text counts, too: no text has so many. */
export function hasMoreParts(json: string, most: number): boolean {
  if (json.length <= most) return false;
  let parts = 0;
  for (let at = 0; at < json.length && parts <= most; at++) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === BRACE || code === BRACKET) parts++;
  }
  return parts > most;
}

const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

function tooComplex(): AppError {
  return new AppError({
    code: 'http.too_complex',
    status: 413,
    words: {
      vi: `Nội dung gửi lên có quá nhiều phần (hơn ${MOST_PARTS}). Hãy chia nhỏ rồi gửi lại.`,
      en: `What was sent has too many parts (more than ${MOST_PARTS}). Divide it and send it again.`,
    },
    details: { most: MOST_PARTS },
  });
}
