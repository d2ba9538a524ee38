import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Words } from '../errors.ts';
import type { ErrorBody } from '../protocol/accounts.ts';
import { isConnectionLoss } from '../store/index.ts';
import { pathOf } from './path-of.ts';

/** Headers that a handler may have set for the answer that it then could not give. */
const HEADERS_OF_THE_LOST_ANSWER = ['content-disposition', 'content-encoding', 'content-length', 'content-range', 'etag', 'last-modified'];

/** What the framework itself refuses, by status. */
const REFUSALS: Record<number, { code: string; words: Words }> = {
  400: {
    code: 'http.malformed',
    words: { vi: 'Không đọc được yêu cầu (JSON hoặc địa chỉ sai).', en: 'The request can’t be read (bad JSON or a bad address).' },
  },
  404: { code: 'http.not_found', words: { vi: 'Không có địa chỉ này.', en: 'There is nothing at this address.' } },
  413: { code: 'http.too_large', words: { vi: 'Nội dung gửi lên quá lớn.', en: 'What was sent is too large.' } },
  415: {
    code: 'http.wrong_type',
    words: { vi: 'Kiểu nội dung này không được nhận ở đây.', en: 'This type of content isn’t accepted here.' },
  },
  429: {
    code: 'http.too_many',
    words: {
      vi: 'Quá nhiều yêu cầu trong một phút. Hãy chờ một chút rồi thử lại.',
      en: 'Too many requests in a minute. Wait a little and try again.',
    },
  },
};
const STATUS_ALIASES: Record<number, number> = { 406: 415, 403: 404, 414: 400, 431: 400 };

/** Answers any thrown value: in words for a person when it is meant for one, without internals when it is a defect. */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  for (const header of HEADERS_OF_THE_LOST_ANSWER) reply.removeHeader(header);
  const known = toAppError(error);
  reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
  if (known) {
    if (known.status >= 500 || known.code === 'http.unstorable_value')
      request.log.warn({ code: known.code, err: error, method: request.method, path: pathOf(request) }, 'a call failed');
    return reply
      .code(known.status)
      .serializer(JSON.stringify)
      .send(errorBody(known, known.status >= 500 ? request.id : undefined));
  }
  request.log.error({ err: error, method: request.method, path: pathOf(request) }, 'a call failed by a defect');
  return reply.code(500).serializer(JSON.stringify).send(errorBody(defect(), request.id));
}

export function notFound(): AppError {
  return new AppError({ status: 404, ...refusal(404) });
}

function toAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (isConnectionLoss(error)) return storeAway(error);
  if (isUnstorable(error)) return unstorable(error);
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  const known = STATUS_ALIASES[status] ?? status;
  const usable = known in REFUSALS ? known : 400;
  return new AppError({ status: usable as 400, ...refusal(usable), cause: error });
}

function refusal(status: number): { code: string; words: Words } {
  return REFUSALS[status] ?? { code: 'http.refused', words: { vi: 'Yêu cầu bị từ chối.', en: 'The request was refused.' } };
}

/** SQLSTATE class 22: a value that the database can't hold, such as text with a NUL character, or a number out of its range. */
function isUnstorable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code)) return true;
  }
  return false;
}

function unstorable(cause: unknown): AppError {
  return new AppError({
    code: 'http.unstorable_value',
    status: 422,
    words: {
      vi: 'Có giá trị không lưu được (ký tự điều khiển, hoặc số quá lớn). Hãy sửa và gửi lại.',
      en: 'One of the values can’t be stored (a control character, or a number out of range). Correct it and send it again.',
    },
    cause,
  });
}

function storeAway(cause: unknown): AppError {
  return new AppError({
    code: 'store.unavailable',
    status: 503,
    words: {
      vi: 'Cơ sở dữ liệu không trả lời. Hãy thử lại sau ít giây.',
      en: 'The database does not answer. Try again in a few seconds.',
    },
    cause,
  });
}

function defect(): AppError {
  return new AppError({
    code: 'http.defect',
    status: 500,
    words: {
      vi: 'Hệ thống gặp lỗi với yêu cầu này. Hãy thử lại; nếu vẫn lỗi, báo cho người quản trị mã yêu cầu bên dưới.',
      en: 'The system failed on this request. Try again; if it fails again, tell the administrator the request id below.',
    },
  });
}

function errorBody(error: AppError, requestId: string | undefined): ErrorBody {
  return {
    error: {
      code: error.code,
      vi: error.words.vi,
      en: error.words.en,
      ...(error.details ? { details: error.details } : {}),
      ...(requestId === undefined ? {} : { requestId }),
    },
  };
}
