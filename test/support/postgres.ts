import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { SystemClock } from '../../controller/clock.ts';
import { findServiceAccount } from '../../controller/processes/index.ts';
import { createEmbeddedPostgres, createStore, migrateDatabase, type Store } from '../../controller/store/index.ts';
import { makeScratchFolder } from './scratch-folder.ts';

const TEMPLATE = 'template_migrated';
const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });

export interface TestDatabase {
  databaseUrl: string;
  store: Store;
  /** Drops the database. The server stays for the next one and ends with this process. */
  close(): Promise<void>;
}

let server: Promise<{ adminUrl: string; stop(): Promise<void> }> | undefined;
let count = 0;

/** A fresh, migrated database on a real server: one server for each test process, started by the first call, one database for each call. */
export async function startTestDatabase(): Promise<TestDatabase> {
  server ??= startServer();
  const { adminUrl } = await server;
  count += 1;
  const name = `test_${count}`;
  await administer(adminUrl, `create database ${name} template ${TEMPLATE}`);
  const databaseUrl = withDatabase(adminUrl, name);
  const store = createStore({ databaseUrl, clock: new SystemClock(), logger });
  return {
    databaseUrl,
    store,
    async close() {
      await store.close();
      await administer(adminUrl, `drop database ${name} with (force)`);
    },
  };
}

/** A database in which nothing is, not even a table. */
export async function startEmptyDatabase(): Promise<{ databaseUrl: string; close(): Promise<void> }> {
  server ??= startServer();
  const { adminUrl } = await server;
  count += 1;
  const name = `test_${count}`;
  await administer(adminUrl, `create database ${name} template template0`);
  return { databaseUrl: withDatabase(adminUrl, name), close: () => administer(adminUrl, `drop database ${name} with (force)`) };
}

/** For a process that has to end by itself (a bench); tests leave the server to the end of their process. */
export async function stopTestServer(): Promise<void> {
  const running = await server;
  server = undefined;
  await running?.stop();
}

async function startServer(): Promise<{ adminUrl: string; stop(): Promise<void> }> {
  const folder = makeScratchFolder('postgres');
  // Made by mkdtemp for its owner alone; the server's account has to pass through.
  chmodSync(folder, 0o711);
  const postgres = createEmbeddedPostgres({
    dataDirectory: folder,
    account: await findServiceAccount(logger),
    clock: new SystemClock(),
    logger,
    durability: 'none',
    programsFolder: join(tmpdir(), 'loa-xa-programs'),
  });
  await postgres.start();
  const adminUrl = withDatabase(postgres.databaseUrl(), 'postgres');
  await administer(adminUrl, `create database ${TEMPLATE}`);
  await migrateDatabase({ databaseUrl: withDatabase(adminUrl, TEMPLATE) });
  return { adminUrl, stop: () => postgres.close() };
}

function withDatabase(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function administer(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
