/** A sentence in the two languages of the interface. It says what is wrong, where, and what to do. */
export interface Words {
  vi: string;
  en: string;
}

interface AppErrorOptions {
  /** Stable, machine-readable, `area.reason`, for example `media.no_audio`. */
  code: string;
  /** HTTP status the API answers with. */
  status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 423 | 429 | 500 | 502 | 503 | 507;
  words: Words;
  /** Facts for the log and the API's `details`; never a secret. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** An error a person can act on. Anything else that is thrown is a defect and answers 500. */
export class AppError extends Error {
  readonly code: string;
  readonly status: AppErrorOptions['status'];
  readonly words: Words;
  readonly details: Record<string, unknown> | undefined;

  constructor(options: AppErrorOptions) {
    super(`${options.code}: ${options.words.en}`, { cause: options.cause });
    this.name = 'AppError';
    this.code = options.code;
    this.status = options.status;
    this.words = options.words;
    this.details = options.details;
  }
}

/**
 * The text of any thrown value, for a log line. A failed query's own message repeats its values, which are people's names and words and the
 * hashes of their passwords: of it the query is told, and what the store said.
 */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { query, params } = thrown as { query?: unknown; params?: unknown };
  if (typeof query !== 'string' || params === undefined) return thrown.message;
  return `${query}: ${thrown.cause === undefined ? 'failed' : errorText(thrown.cause)}`;
}
