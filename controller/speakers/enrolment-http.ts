import type { IncomingMessage, ServerResponse } from 'node:http';
import { addressBlock } from '../address-block.ts';
import type { Clock } from '../clock.ts';
import { AppError, type Words } from '../errors.ts';
import type { ErrorBody } from '../protocol/accounts.ts';
import { enrolRequest } from '../protocol/enrolment.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Enrolment } from './enrolment.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import type { SpeakerMetrics } from './metrics.ts';

export const ENROL_PATH = '/speaker/v1/enrol';
const LONGEST_BODY_BYTES = 16_384;
/** Each costs a transaction and a signature; all speakers of a large commune may come at once, and from one place. */
const AT_ONCE = 512;
const AT_ONCE_FROM_PLACE = 256;

interface EnrolmentHttpOptions {
  enrolment: Pick<Enrolment, 'enrol'>;
  failures: FailureLimiter;
  clock: Clock;
  logger: Logger;
  metrics: SpeakerMetrics;
}

/** Serves POST /speaker/v1/enrol, the only HTTP request that the speaker port knows. */
export function createEnrolmentHandler(
  options: EnrolmentHttpOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { enrolment, failures, clock, logger, metrics } = options;
  /** By place. */
  const underWay = new Map<string, number>();
  let allUnderWay = 0;

  /** Also a place that has failed too often is listened to: a device with a good claim may share its address with whoever fails. */
  async function serve(request: IncomingMessage, ip: string): Promise<unknown> {
    const place = addressBlock(ip);
    const isPutOff = failures.isBlocked(place, clock.monotonicMs());
    if (request.url !== ENROL_PATH) throw refusal(404, 'speakers.no_such_path', NO_SUCH_PATH);
    if (request.method !== 'POST') throw refusal(400, 'speakers.not_post', NOT_POST);
    const parsed = enrolRequest.safeParse(parseJson(await readBody(request)));
    if (!parsed.success) {
      metrics.enrolment('malformed');
      if (isPutOff) throw refusal(429, 'speakers.too_many_failures', TOO_MANY_FAILURES);
      throw refusal(400, 'speakers.bad_enrolment', BAD_REQUEST, {
        fields: parsed.error.issues.map((issue) => issue.path.join('.')).slice(0, 8),
      });
    }
    const fromPlace = underWay.get(place) ?? 0;
    if (allUnderWay >= AT_ONCE || fromPlace >= AT_ONCE_FROM_PLACE) throw refusal(503, 'speakers.busy', BUSY);
    underWay.set(place, fromPlace + 1);
    allUnderWay += 1;
    try {
      return await enrolment.enrol(parsed.data, ip, { isRecorded: !isPutOff });
    } finally {
      allUnderWay -= 1;
      const left = (underWay.get(place) ?? 1) - 1;
      if (left > 0) underWay.set(place, left);
      else underWay.delete(place);
    }
  }

  return async (request, response) => {
    const ip = request.socket.remoteAddress ?? 'unknown';
    try {
      answer(response, 201, await serve(request, ip));
    } catch (error) {
      if (error instanceof AppError) {
        if (error.status < 500) failures.failed(addressBlock(ip), clock.monotonicMs());
        if (error.status === 429) response.setHeader('retry-after', '60');
        answer(response, error.status, { error: { code: error.code, ...error.words, details: error.details } } satisfies ErrorBody);
      } else {
        logger.error({ ip, err: error }, 'an enrolment failed');
        answer(response, 500, { error: { code: 'internal', ...INTERNAL } } satisfies ErrorBody);
      }
      // What is left of a refused body is not worth reading.
      if (!request.complete) request.destroy();
    }
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw refusal(415, 'speakers.not_json', NOT_JSON);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > LONGEST_BODY_BYTES) throw refusal(413, 'speakers.too_large', TOO_LARGE);
      chunks.push(chunk);
    }
  } catch (error) {
    // It went away in mid-sentence: a failure of its own, and no defect of ours to fill a log with.
    throw error instanceof AppError ? error : refusal(400, 'speakers.bad_enrolment', BAD_REQUEST, undefined, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal(400, 'speakers.bad_enrolment', BAD_REQUEST, undefined, cause);
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(text);
}

function refusal(status: AppError['status'], code: string, words: Words, details?: Record<string, unknown>, cause?: unknown): AppError {
  return new AppError({ code, status, words, ...(details ? { details } : {}), cause });
}

const NO_SUCH_PATH: Words = { vi: 'Cổng này chỉ dành cho loa.', en: 'This port serves speakers only.' };
const NOT_POST: Words = { vi: 'Chỉ nhận POST.', en: 'Only POST is taken.' };
const NOT_JSON: Words = { vi: 'Nội dung phải là application/json.', en: 'The body must be application/json.' };
const TOO_LARGE: Words = { vi: 'Yêu cầu quá lớn.', en: 'The request is too large.' };
const BAD_REQUEST: Words = { vi: 'Yêu cầu kích hoạt không đúng mẫu.', en: 'The enrolment request does not fit its schema.' };
const BUSY: Words = {
  vi: 'Đang có quá nhiều loa kích hoạt cùng lúc. Hãy thử lại sau ít giây.',
  en: 'Too many speakers enrol at once. Try again in a few seconds.',
};
const TOO_MANY_FAILURES: Words = { vi: 'Quá nhiều lần thử sai từ địa chỉ này.', en: 'Too many failed attempts from this address.' };
const INTERNAL: Words = { vi: 'Lỗi trong bộ điều khiển.', en: 'An error in the controller.' };
