import { execFile } from 'node:child_process';
import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import {
  asAccountArguments,
  createSupervisedProcess,
  endLeftoverProcesses,
  leaveSocketDirectory,
  makePrivateFolder,
  makeSocketDirectory,
  type ProcessEvent,
  requirePassage,
  type ServiceAccount,
  type SupervisedProcess,
} from '../processes/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { requireNeverMade } from './lost-database.ts';
import { findPostgresPrograms, type PostgresPrograms } from './postgres-programs.ts';

const run = promisify(execFile);
const USER = 'loa_xa';
const DATABASE = 'loa_xa';
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export interface EmbeddedPostgresOptions {
  /** The controller's data directory; the server's files go to `postgres/` inside. */
  dataDirectory: string;
  account: ServiceAccount | undefined;
  clock: Clock;
  logger: Logger;
  onEvent?: (event: ProcessEvent) => void;
  /** `none` switches fsync off: for tests that don't test durability. */
  durability?: 'full' | 'none';
  /** A person has said that a database that is lost may be replaced by an empty one. */
  mayReplace?: boolean;
  /** Where a copy of the programs goes if one is needed; `programs` in the data directory unless told. */
  programsFolder?: string;
}

export interface EmbeddedPostgres {
  /**
   * Starts the server, at the first start after making its data folder, and makes the database.
   * @throws AppError `store.database_missing` when there was one and it is gone
   */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Known after `start()`; stays the same over restarts of the server. */
  databaseUrl(): string;
  pid(): number | undefined;
}

/** A private PostgreSQL server on a unix socket: no TCP port, not as root, durable, started again when it dies, gone when the controller is. */
export function createEmbeddedPostgres(options: EmbeddedPostgresOptions): EmbeddedPostgres {
  const { account, clock, logger } = options;
  const clustersFolder = join(options.dataDirectory, 'postgres');
  let server: SupervisedProcess | undefined;
  let socketFolder = '';

  async function start(): Promise<void> {
    await makePrivateFolder(clustersFolder, account);
    await requirePassage(clustersFolder, account);
    socketFolder = await makeSocketDirectory(options.dataDirectory, account);
    const programsFolder = options.programsFolder ?? join(options.dataDirectory, 'programs');
    const programs = await findPostgresPrograms({ clustersFolder, programsFolder, account });
    const clusterFolder = join(clustersFolder, String(programs.major));
    await makeCluster(programs, clusterFolder, options);
    server = createSupervisedProcess({
      name: 'PostgreSQL',
      command: join(programs.binFolder, 'postgres'),
      args: serverArguments(clusterFolder, socketFolder, options.durability ?? 'full'),
      workingDirectory: clusterFolder,
      environment: ENVIRONMENT,
      account,
      // An immediate shutdown takes the server's own children along; a plain KILL would leave them to notice by themselves.
      orphanSignal: 'QUIT',
      stopSignal: 'SIGINT',
      stopTimeoutMs: 20_000,
      // Recovery after a power cut replays up to max_wal_size, which takes a slow disk a while.
      readyTimeoutMs: 120_000,
      prepare: async () => {
        await endLeftoverProcesses({ workingDirectory: clusterFolder, clock, logger });
        // Nobody works here any more, so a lock file can only be stale; PostgreSQL itself would mistake a reused pid, or a killed server
        // that nobody has reaped, for one that runs.
        for (const lock of [join(clusterFolder, 'postmaster.pid'), join(socketFolder, '.s.PGSQL.5432.lock')])
          await rm(lock, { force: true });
      },
      isReady: () => answers(socketFolder),
      clock,
      logger,
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    });
    await server.start();
    await makeDatabase(socketFolder);
  }

  return {
    start,
    async close() {
      if (!server) return;
      await server.close();
      await leaveSocketDirectory(socketFolder);
    },
    databaseUrl: () => databaseUrl(socketFolder, DATABASE),
    pid: () => server?.pid(),
  };
}

/** A connection string for a server on a unix socket, as libpq and node-postgres understand it. */
function databaseUrl(socketFolder: string, database: string): string {
  return `postgresql://${USER}@localhost/${database}?host=${encodeURIComponent(socketFolder)}`;
}

function serverArguments(clusterFolder: string, socketFolder: string, durability: 'full' | 'none'): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    port: '5432',
    max_connections: '60',
    shared_buffers: '32MB',
    max_wal_size: '256MB',
    min_wal_size: '32MB',
    // After a crash one call for the whole file system, instead of one for each of a thousand files: the sound waits for it.
    recovery_init_sync_method: 'syncfs',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    fsync: durability === 'full' ? 'on' : 'off',
    full_page_writes: durability === 'full' ? 'on' : 'off',
    synchronous_commit: durability === 'full' ? 'on' : 'off',
  };
  return ['-D', clusterFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Makes the data folder under another name and renames it, so that an interrupted start never leaves half of one. */
async function makeCluster(programs: PostgresPrograms, clusterFolder: string, options: EmbeddedPostgresOptions): Promise<void> {
  const isMade = await access(join(clusterFolder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (isMade) return;
  if (!options.mayReplace) await requireNeverMade(options.dataDirectory, clusterFolder);
  const unfinished = `${clusterFolder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  options.logger.info({ folder: clusterFolder }, 'making the database');
  const initdb = [
    ...[join(programs.binFolder, 'initdb'), '--pgdata', unfinished, '--username', USER, '--auth', 'trust', '--data-checksums'],
    // The built-in locale sorts the same for ever; one from the system's C library would change under the indexes with an upgrade.
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...(options.durability === 'none' ? ['--no-sync'] : []),
  ];
  try {
    await run('setpriv', [...asAccountArguments(options.account), '--pdeathsig=KILL', '--', ...initdb], {
      cwd: join(clusterFolder, '..'),
      env: ENVIRONMENT,
    });
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const lastWords = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? String(error);
    throw new AppError({
      code: 'store.postgres_not_made',
      status: 503,
      words: {
        vi: `Không tạo được cơ sở dữ liệu trong ${clusterFolder}: ${lastWords}`,
        en: `The database could not be made in ${clusterFolder}: ${lastWords}`,
      },
      cause: error,
    });
  }
  await rename(unfinished, clusterFolder);
}

function answers(socketFolder: string): Promise<boolean> {
  return isThere(databaseUrl(socketFolder, 'postgres'));
}

/** The controller's database on the private server whose sockets lie in this folder, should it run. */
export function privateDatabaseUrl(socketFolder: string): string {
  return databaseUrl(socketFolder, DATABASE);
}

/** Whether a server answers there now. */
export async function isThere(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // The error also rejects connect(); without a listener it would end the controller as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function makeDatabase(socketFolder: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(socketFolder, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
