import type pg from 'pg';
import { storeAwayError } from './store-watch.ts';

export interface PoolGate {
  /** Whoever waits for a connection, or for an answer on one, gets an error now; connections that nobody uses stay. */
  breakAll(): void;
}

type Given = (error: Error | undefined, client?: pg.PoolClient, release?: (error?: Error | boolean) => void) => void;
/** node-postgres ends a connection in order, which waits for the server; the pool itself reaches for the socket in the same way. */
interface WithSocket {
  connection?: { stream: { destroy(): void } };
}

/** Stands before the pool, so that nothing queues up behind a database that does not answer. */
export function createPoolGate(pool: pg.Pool, isAway: () => boolean): PoolGate {
  const lent = new Set<pg.PoolClient>();
  const waiting = new Set<() => void>();
  pool.on('acquire', (client) => void lent.add(client));
  pool.on('release', (_error, client) => void lent.delete(client));
  const connect = pool.connect.bind(pool) as (given: Given) => void;

  function take(given: Given): void {
    if (isAway()) {
      given(storeAwayError());
      return;
    }
    const giveUp = (): void => {
      waiting.delete(giveUp);
      given(storeAwayError());
    };
    waiting.add(giveUp);
    connect((error, client, release) => {
      if (waiting.delete(giveUp)) given(error, client, release);
      // Nobody waits any more.
      else release?.();
    });
  }

  // The pool's own query() takes its connection here, too.
  pool.connect = ((given?: Given) => {
    if (given) return take(given);
    return new Promise((resolve, reject) => take((error, client) => (client ? resolve(client) : reject(error))));
  }) as typeof pool.connect;

  return {
    breakAll() {
      for (const giveUp of [...waiting]) giveUp();
      for (const client of lent) (client as WithSocket).connection?.stream.destroy();
      lent.clear();
    },
  };
}
