import { access, readdir, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import {
  createSupervisedProcess,
  endLeftoverProcesses,
  leaveSocketDirectory,
  makePrivateFolder,
  makeSocketDirectory,
  type ProcessEvent,
  requirePassage,
  type ServiceAccount,
  type SetAside,
  type SupervisedProcess,
} from '../processes/index.ts';
import type { Logger } from '../telemetry/logger.ts';

const SOCKET_NAME = 'redis.sock';
const PROGRAM = 'redis-server';
const ANSWER_TIMEOUT_MS = 2000;
/** Debian's redis-tools carries the whole server under the name of its file checker; the name it is called by decides what it does. */
const SERVER_UNDER_ANOTHER_NAME = 'redis-check-rdb';

export interface EmbeddedRedisOptions {
  /** The controller's data directory; the server's files go to `redis/` inside. */
  dataDirectory: string;
  account: ServiceAccount | undefined;
  clock: Clock;
  logger: Logger;
  onEvent?: (event: ProcessEvent) => void;
  /** Where its files go when it can't read them. */
  setAside: SetAside['setAside'];
}

export interface EmbeddedRedis {
  start(): Promise<void>;
  close(): Promise<void>;
  /** The unix socket's path: `new Redis(path)` or `{ path }`. Known after `start()`; stays the same over restarts. */
  path(): string;
  pid(): number | undefined;
}

/**
 * A private Redis server on a unix socket: no TCP port, append-only, not as root, started again when it dies, gone when the controller is.
 * Files that it can't read (a power cut leaves zero bytes) are set aside, and it starts with none: all that was in them is derived from PostgreSQL again.
 */
export function createEmbeddedRedis(options: EmbeddedRedisOptions): EmbeddedRedis {
  const { account, clock, logger } = options;
  const folder = join(options.dataDirectory, 'redis');
  let server: SupervisedProcess | undefined;
  let socketPath = '';

  async function start(): Promise<void> {
    await makePrivateFolder(folder, account);
    await requirePassage(folder, account);
    socketPath = join(await makeSocketDirectory(options.dataDirectory, account), SOCKET_NAME);
    server = createSupervisedProcess({
      name: 'Redis',
      command: await findServer(folder),
      args: serverArguments(folder, socketPath),
      workingDirectory: folder,
      environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      account,
      orphanSignal: 'KILL',
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 10_000,
      readyTimeoutMs: 60_000,
      prepare: async () => {
        await endLeftoverProcesses({ workingDirectory: folder, clock, logger });
        await rm(socketPath, { force: true });
      },
      repair: async (lastLines) => {
        const files = (await readdir(folder)).filter((name) => name !== PROGRAM);
        if (files.length === 0) return false;
        const reason = lastLines.at(-1) ?? '';
        if (!(await options.setAside(folder, { vi: `Redis không đọc được: ${reason}`, en: `Redis can't read it: ${reason}` })))
          return false;
        await makePrivateFolder(folder, account);
        await findServer(folder);
        return true;
      },
      isDispensable: true,
      isReady: () => answersPing(socketPath),
      clock,
      logger,
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    });
    await server.start();
  }

  return {
    start,
    async close() {
      if (!server) return;
      await server.close();
      await leaveSocketDirectory(dirname(socketPath));
    },
    path: () => socketPath,
    pid: () => server?.pid(),
  };
}

function serverArguments(folder: string, socketPath: string): string[] {
  return [
    ...['--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700', '--dir', folder],
    ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
    // BullMQ loses jobs when Redis throws keys away; being told "out of memory" is the better failure.
    ...['--maxmemory', '256mb', '--maxmemory-policy', 'noeviction'],
    ...['--daemonize', 'no', '--supervised', 'no', '--loglevel', 'warning', '--logfile', ''],
  ];
}

async function findServer(folder: string): Promise<string> {
  const onPath = await findProgram(PROGRAM);
  if (onPath) return onPath;
  const original = await findProgram(SERVER_UNDER_ANOTHER_NAME);
  if (!original) {
    throw new AppError({
      code: 'jobs.redis_missing',
      status: 503,
      words: {
        vi: 'Không tìm thấy chương trình Redis. Hãy chạy lại "npm run setup", cài gói redis-tools, hoặc đặt REDIS_URL.',
        en: 'The Redis program was not found. Run "npm run setup" again, install the package redis-tools, or set REDIS_URL.',
      },
    });
  }
  const link = join(folder, PROGRAM);
  await rm(link, { force: true });
  await symlink(original, link);
  return link;
}

async function findProgram(name: string): Promise<string | undefined> {
  const folders = new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/usr/sbin']);
  for (const folder of folders) {
    const path = join(folder, name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** Asks with the inline command of the Redis protocol; while the append-only file is being loaded the answer is "-LOADING". */
function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath, timeout: ANSWER_TIMEOUT_MS });
    let answer = '';
    const finish = (isReady: boolean): void => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setEncoding('utf8');
    socket.on('timeout', () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.includes('\r\n')) finish(answer.startsWith('+PONG'));
    });
  });
}
