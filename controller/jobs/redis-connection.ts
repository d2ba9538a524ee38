import { Redis, type RedisOptions } from 'ioredis';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

const LONGEST_RETRY_MS = 2000;

export interface RedisConnection {
  redis: Redis;
  /** For errors that BullMQ passes on: says once that the connection is gone, and once that it is back. */
  noteError(error: unknown): void;
  /** It was never there: when it comes, that is told. */
  noteLoss(): void;
  isReady(): boolean;
  /** Why it does not answer, in the words of the last error; undefined before the first one. */
  lastError(): string | undefined;
  close(): Promise<void>;
}

/**
 * @param connection path of a unix socket, `unix:///path`, `redis://...` or `rediss://...`
 * @param onChange told when the connection is lost and when it is back
 */
export function openRedis(connection: string, logger: Logger, onChange: (state: 'lost' | 'back') => void): RedisConnection {
  const options = {
    // BullMQ's blocking commands wait for ever; a restart of Redis must not fail them.
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (times: number) => Math.min(100 * times, LONGEST_RETRY_MS),
  } satisfies RedisOptions;
  const socketPath = connection.startsWith('/') ? connection : connection.startsWith('unix:') ? new URL(connection).pathname : undefined;
  const redis = socketPath === undefined ? new Redis(connection, options) : new Redis({ ...options, path: socketPath });
  let lost = false;
  let lastError: string | undefined;
  const noteError = (error: unknown): void => {
    lastError = reasonOf(error);
    // The workers' own connections fail a moment later than this one; once it is back they have nothing new to say.
    if (lost || redis.status === 'ready') return;
    lost = true;
    logger.warn({ error: errorText(error) }, 'Redis does not answer; jobs wait until it is back');
    onChange('lost');
  };
  redis.on('error', noteError);
  redis.on('ready', () => {
    if (!lost) return;
    lost = false;
    logger.info('Redis is back; jobs go on');
    onChange('back');
  });
  let closed: Promise<void> | undefined;
  return {
    redis,
    noteError,
    noteLoss() {
      lost = true;
    },
    isReady: () => redis.status === 'ready',
    lastError: () => lastError,
    close() {
      // quit() would wait for a server that may never come back.
      closed ??= Promise.resolve(redis.disconnect());
      return closed;
    },
  };
}

/** A name with several addresses fails with an empty message and the reasons inside. */
function reasonOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return errorText(first) || String((first as { code?: unknown }).code ?? first);
}
