import { Writable } from 'node:stream';
import { DrizzleQueryError } from 'drizzle-orm';
import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { AppError, errorText } from '../../../controller/errors.ts';
import { replyWithError } from '../../../controller/http/error-replies.ts';
import { createLogger } from '../../../controller/telemetry/logger.ts';

const SECRET = '$argon2id$v=19$m=19456\n,quantri';
const failedQuery = (code: string, why: string) =>
  new DrizzleQueryError('insert into "users" values ($1)', [SECRET], Object.assign(new Error(why), { code }));

/** What a call that throws this leaves in the log. */
async function logged(error: unknown): Promise<{ text: string; line: Record<string, unknown> & { err: Record<string, unknown> } }> {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const app = fastify({ loggerInstance: createLogger({ level: 'warn', destination }) });
  app.setErrorHandler(replyWithError);
  app.get('/search', () => {
    throw error;
  });
  await app.inject('/search?q=Nguyen+Van+A');
  await app.close();
  return { text, line: JSON.parse(text) };
}

describe('a call that failed, in the log', () => {
  it('has the stack of a defect, of what became an answer in words, and of what caused it', async () => {
    const defect = await logged(new TypeError('x is not a function'));
    expect(defect.line).toMatchObject({ path: '/search', err: { type: 'TypeError', message: 'x is not a function' } });
    expect(defect.line.err.stack).toContain('error-log.test.ts');
    const cause = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const words = { vi: 'Không lưu được.', en: 'Not kept.' };
    const told = await logged(new AppError({ code: 'media.not_kept', status: 507, words, cause }));
    expect(told.line).toMatchObject({ code: 'media.not_kept', err: { type: 'AppError', cause: { code: 'ENOSPC', message: 'no room' } } });
    expect((told.line.err.cause as { stack: string }).stack).toContain('error-log.test.ts');
  });

  it.each([
    ['a defect', failedQuery('42703', 'no such column')],
    ['the store away', failedQuery('57P01', 'terminating connection')],
    ['a value that can’t be stored', failedQuery('22021', 'invalid byte sequence')],
  ])('never has the values of a query, nor what was searched for: %s', async (_, error) => {
    const { text, line } = await logged(error);
    expect(text).not.toMatch(/argon2id|quantri|Nguyen/);
    expect(line.err).toMatchObject({ cause: { code: (error.cause as { code?: string }).code } });
    expect(errorText(error)).not.toMatch(/argon2id|quantri/);
    expect(errorText(error)).toContain((error.cause as Error).message);
  });
});
