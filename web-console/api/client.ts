import type { ErrorBody } from '../../controller/protocol/accounts.ts';
import { isAttended } from './attendance.ts';

/** What went wrong, in words for a person; `outcome` says whether the server can have done it all the same. */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly vi: string;
  readonly en: string;
  readonly details: Record<string, unknown>;
  /** `refused`: the server said no and did nothing. `unknown`: the answer never came; it may have been done. */
  readonly outcome: 'refused' | 'unknown';

  constructor(problem: {
    code: string;
    status: number;
    vi: string;
    en: string;
    details?: Record<string, unknown>;
    outcome: 'refused' | 'unknown';
  }) {
    super(`${problem.code}: ${problem.en}`);
    this.name = 'ApiProblem';
    this.code = problem.code;
    this.status = problem.status;
    this.vi = problem.vi;
    this.en = problem.en;
    this.details = problem.details ?? {};
    this.outcome = problem.outcome;
  }
}

const noAnswer = (): ApiProblem =>
  new ApiProblem({
    code: 'network.no_answer',
    status: 0,
    vi: 'Máy chủ không trả lời. Hãy kiểm tra mạng rồi thử lại.',
    en: 'The server did not answer. Check the network, then try again.',
    outcome: 'unknown',
  });

/** Sent with every call: proves to the server that it is our page that asks (protocol/accounts.ts, CALLER_HEADER). */
const CALLER = { 'x-loa-xa': '1' };
/** Sent with what the page reads while nobody uses it: such calls don't extend the session (protocol/accounts.ts, BACKGROUND_HEADER). */
const BACKGROUND = { 'x-loa-xa-background': '1' };

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const sessionEndedListeners = new Set<() => void>();

/** Called when the server no longer knows who we are. Returns the function that ends the subscription. */
export function onSessionEnded(listener: () => void): () => void {
  sessionEndedListeners.add(listener);
  return () => void sessionEndedListeners.delete(listener);
}

export async function problemOf(status: number, body: unknown): Promise<ApiProblem> {
  const error = (body as Partial<ErrorBody> | null)?.error;
  const outcome = status >= 500 && status !== 503 && status !== 507 ? 'unknown' : 'refused';
  if (error?.code) {
    const { code, vi, en, details } = error;
    return new ApiProblem({ code, status, vi, en, outcome, ...(details ? { details } : {}) });
  }
  return new ApiProblem({
    code: `http.${status}`,
    status,
    vi: `Máy chủ báo lỗi ${status}. Hãy thử lại; nếu vẫn lỗi, báo người quản trị.`,
    en: `The server failed (${status}). Try again; if it goes on, tell the administrator.`,
    outcome,
  });
}

/**
 * One call of the API. GET and DELETE without a body. Throws ApiProblem; never retries and never queues: a command that could
 * not be sent is gone (console design: commands are not kept for later).
 */
export async function call<Answer>(method: Method, path: string, body?: unknown, timeoutMs = 15_000): Promise<Answer> {
  const caller = method === 'GET' && !isAttended() ? { ...CALLER, ...BACKGROUND } : CALLER;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? caller : { ...caller, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw noAnswer();
  }
  const text = await response.text().catch(() => {
    throw noAnswer();
  });
  const parsed = text && response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as unknown) : null;
  if (response.ok) return parsed as Answer;
  if (response.status === 401 && path !== '/api/session') for (const listener of sessionEndedListeners) listener();
  throw await problemOf(response.status, parsed);
}

export interface UploadProgress {
  sentBytes: number;
  totalBytes: number;
}

/** A multipart upload with progress (fetch reports none for what it sends). */
export function upload<Answer>(
  path: string,
  form: FormData,
  onProgress: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    for (const [name, value] of Object.entries(CALLER)) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.onprogress = (event) => onProgress({ sentBytes: event.loaded, totalBytes: event.total });
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as Answer);
      else void problemOf(request.status, request.response).then(reject);
    };
    request.onerror = () => reject(noAnswer());
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}
