import pg from 'pg';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How often the database is asked whether it is there; cheaper than to learn it from the first thousand calls that wait. */
const PERIOD_MS = 1000;
/** Whoever waits for a database that was away should not wait for us as well. */
const PERIOD_AWAY_MS = 250;
/** A database that takes two seconds for an answer is slow, not away. */
const ANSWER_LIMIT_MS = 3000;
/** Who is in a hurry need not wait for a database whose last answer took longer than this. */
const PROMPT_MS = 100;
/** Several answers make a connection. */
const CONNECT_LIMIT_MS = 10_000;

export interface StoreWatch {
  start(): void;
  close(): void;
  /** false before the first look, too. */
  isAway(): boolean;
  /** By the last look, or by the one under way: whether an answer comes within 100 ms. */
  isPrompt(): boolean;
}

interface StoreWatchOptions {
  databaseUrl: string;
  clock: Clock;
  logger: Logger;
  /** It does not answer any more: refused, or hung (stopped, its disk full, the network between parted). */
  onAway(): void;
  onBack(): void;
}

/** SQLSTATE class 08 (connection exception): whoever tries again after a lost connection tries again after this one. */
export function storeAwayError(): Error {
  return Object.assign(new Error('the database does not answer'), { code: '08006' });
}

/**
 * Asks the database over a connection of its own, so that neither a long report nor an exhausted pool looks like a database that hangs,
 * and a database that hangs is known before anybody waits for it.
 */
export function createStoreWatch({ databaseUrl, clock, logger, onAway, onBack }: StoreWatchOptions): StoreWatch {
  let timer: Timer | undefined;
  let connection: pg.Client | undefined;
  let away = false;
  let lastTookMs = 0;
  let askedAtMs: number | undefined;
  let closed = false;

  function leave(): void {
    // With a question open this destroys the socket and waits for nobody.
    connection?.end().catch(() => undefined);
    connection = undefined;
  }

  async function ask(): Promise<void> {
    if (!connection) {
      const opening = new pg.Client({
        connectionString: databaseUrl,
        connectionTimeoutMillis: CONNECT_LIMIT_MS,
        query_timeout: ANSWER_LIMIT_MS,
        application_name: 'loa-xa watch',
        keepAlive: true,
      });
      // Also told by the question that fails; unheard, the event would end the process.
      opening.on('error', () => undefined);
      connection = opening;
      await opening.connect();
    }
    askedAtMs = clock.monotonicMs();
    await connection.query('select 1');
    lastTookMs = clock.monotonicMs() - askedAtMs;
  }

  function found(nowAway: boolean, reason?: unknown): void {
    if (closed || away === nowAway) return;
    away = nowAway;
    if (away) {
      logger.error({ error: errorText(reason) }, 'the database does not answer');
      onAway();
    } else {
      logger.info('the database answers again');
      onBack();
    }
  }

  async function look(): Promise<void> {
    try {
      await ask();
      found(false);
    } catch (error) {
      leave();
      found(true, error);
    } finally {
      askedAtMs = undefined;
    }
    if (!closed) timer = clock.after('store watch', away ? PERIOD_AWAY_MS : PERIOD_MS, () => void look());
  }

  return {
    start() {
      timer ??= clock.after('store watch', 0, () => void look());
    },
    close() {
      closed = true;
      timer?.cancel();
      leave();
    },
    isAway: () => away,
    isPrompt() {
      const openMs = askedAtMs === undefined ? 0 : clock.monotonicMs() - askedAtMs;
      return !away && Math.max(lastTookMs, openMs) <= PROMPT_MS;
    },
  };
}
