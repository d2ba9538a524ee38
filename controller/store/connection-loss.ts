import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** SQLSTATE classes and codes that mean "the server went away or isn't ready yet", PostgreSQL documentation, appendix A. */
const SERVER_GONE = /^(08...|57P01|57P02|57P03|57P05)$/;
const SOCKET_GONE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** node-postgres gives these no code. */
const MESSAGE_GONE =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout exceeded when trying to connect|timeout expired)/;

/** Whether the error, or what caused it, is a lost or refused connection and not an answer to the statement. */
export function isConnectionLoss(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code, syscall } = cause as { code?: unknown; syscall?: unknown };
    if (typeof code === 'string' && (SERVER_GONE.test(code) || SOCKET_GONE.has(code))) return true;
    // A server's socket that isn't there; any other file that isn't there has nothing to do with the database.
    if (code === 'ENOENT' && syscall === 'connect') return true;
    if (MESSAGE_GONE.test(cause.message)) return true;
  }
  return false;
}

interface RetryOptions {
  clock: Clock;
  logger: Logger;
  /** Gives up, with the last error, after this long. */
  forMs: number;
  signal?: AbortSignal;
}

/**
 * Runs `task` again after a lost connection. Only for statements that may run twice (reads, upserts by key, updates to a value):
 * a connection lost at commit doesn't say whether the commit happened.
 */
export async function retryOnConnectionLoss<Result>(task: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { clock, logger } = options;
  const giveUpAtMs = clock.monotonicMs() + options.forMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await task();
    } catch (error) {
      if (!isConnectionLoss(error) || clock.monotonicMs() + pauseMs > giveUpAtMs) throw error;
      logger.warn({ error: errorText(error), pauseMs }, 'the database connection was lost; trying again');
      await clock.sleep(pauseMs, options.signal);
    }
  }
}
