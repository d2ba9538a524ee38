import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { retryOnConnectionLoss } from './connection-loss.ts';
import { patiently } from './patience.ts';
import { createPoolGate } from './pool-gate.ts';
import { loggingQuarantine, type Quarantine } from './quarantine.ts';
import { withSafeTransactions } from './safe-transactions.ts';
import * as schema from './schema/index.ts';
import { createStoreWatch } from './store-watch.ts';

/** Ends what a defect would let run for ever; the API's slowest report takes a few seconds. */
const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
/** Ends what the database will never answer, should nobody watch it: the server itself has given up by then. */
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5000;
const CONNECT_TIMEOUT_MS = 5000;
const RETRY_FOR_MS = 15_000;
/** Longer than a slow database takes for one answer. */
const HEALTH_PATIENCE_MS = 5000;
const CLOSE_PATIENCE_MS = 3000;

export type Database = NodePgDatabase<typeof schema>;

export interface CreateStoreOptions {
  /** `postgresql://...`, also with `?host=/folder` for a unix socket. */
  databaseUrl: string;
  clock: Clock;
  logger: Logger;
  /** Told by the watch: it does not answer any more, or does again. */
  onChange?: (state: 'away' | 'back') => void;
  /** Where what it refuses for good is kept; only the log when absent. */
  quarantine?: Quarantine;
  /** Connections kept at most. */
  poolSize?: number;
}

export interface Store {
  db: Database;
  pool: pg.Pool;
  databaseUrl: string;
  /** Whoever sets something aside keeps it here. */
  quarantine: Quarantine;
  /**
   * Watches the database from now on: while it does not answer, whatever waits for it fails at once instead of hanging, and so does
   * whatever asks it, until it answers again.
   */
  start(): void;
  /** By the last look of the watch; costs nothing. */
  isAway(): boolean;
  /** The same: whether who is in a hurry may expect an answer soon. */
  isPrompt(): boolean;
  /** Whether the database answers now, asked within bounds; never throws. */
  isHealthy(): Promise<boolean>;
  /** Repeats an idempotent task over a restart of the server (for at most 15 s). */
  retry<Result>(task: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** The connection pool and the typed queries on it. Nothing connects before the first query; a restart of the server costs only what is in flight. */
export function createStore(options: CreateStoreOptions): Store {
  const { clock, logger, databaseUrl } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    application_name: 'loa-xa',
    keepAlive: true,
  });
  // An idle connection that breaks is replaced by the next query; unheard, the event would end the process.
  pool.on('error', (error) => logger.warn({ error: errorText(error) }, 'an idle database connection broke'));
  const watch = createStoreWatch({
    databaseUrl,
    clock,
    logger,
    onAway() {
      gate.breakAll();
      options.onChange?.('away');
    },
    onBack: () => options.onChange?.('back'),
  });
  const gate = createPoolGate(pool, () => watch.isAway());
  const ending = new AbortController();
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    ending.abort(new Error('the store is closing'));
    watch.close();
    const impatience = clock.after('store close', CLOSE_PATIENCE_MS, () => gate.breakAll());
    await pool.end();
    impatience.cancel();
  }

  return {
    db: withSafeTransactions(drizzle({ client: pool, schema }), pool, logger),
    pool,
    databaseUrl,
    quarantine: options.quarantine ?? loggingQuarantine(logger),
    start: () => watch.start(),
    isAway: () => watch.isAway(),
    isPrompt: () => watch.isPrompt(),
    async isHealthy() {
      try {
        await patiently(pool.query('select 1'), HEALTH_PATIENCE_MS, clock);
        return true;
      } catch (error) {
        logger.debug({ error: errorText(error) }, 'the database does not answer');
        return false;
      }
    },
    retry: (task) => retryOnConnectionLoss(task, { clock, logger, forMs: RETRY_FOR_MS, signal: ending.signal }),
    close() {
      closed ??= close();
      return closed;
    },
  };
}
