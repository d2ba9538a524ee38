import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Database } from './client.ts';
import * as schema from './schema/index.ts';

/**
 * Drizzle's own transaction never gives its connection back when `begin` fails, which is what a restart of the server looks like
 * to a pooled connection; a handful of restarts would empty the pool for good. Here the connection goes back in every case, and is
 * thrown away when anything went wrong on it.
 */
export function withSafeTransactions(db: Database, pool: pg.Pool, logger: Logger): Database {
  // A connection that breaks while it is lent out tells its borrower by the failing query; unheard, the event would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.debug({ error: errorText(error) }, 'a database connection broke'));
  });
  const databases = new WeakMap<pg.PoolClient, Database>();
  const onConnection = (client: pg.PoolClient): Database => {
    const known = databases.get(client) ?? drizzle({ client, schema });
    databases.set(client, known);
    return known;
  };
  db.transaction = async (task, config) => {
    const client = await pool.connect();
    let failed = true;
    try {
      const result = await onConnection(client).transaction(task, config);
      failed = false;
      return result;
    } finally {
      client.release(failed);
    }
  };
  return db;
}
