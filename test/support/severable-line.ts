import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { SystemClock } from '../../controller/clock.ts';
import { makeScratchFolder } from './scratch-folder.ts';

const clock = new SystemClock();

export interface Line {
  /** Breaks every connection and refuses new ones, as a dead server does. */
  cut(): Promise<void>;
  /** Ends a cut, a hang and a delay. What was sent while the line hung arrives now. */
  mend(): Promise<void>;
  /** From now on nothing arrives any more, in either direction, and nothing says so: a stopped server, a parted network. */
  hang(): void;
  /** From now on every answer is this much later, ms. */
  slow(delayMs: number): void;
  close(): Promise<void>;
}

export interface SeverableLine extends Line {
  /** The same database, reached over this line. */
  databaseUrl: string;
}

/** A unix socket in front of PostgreSQL's own, so that a test can take the database away, stop it, slow it down, and give it back. */
export async function startSeverableLine(databaseUrl: string): Promise<SeverableLine> {
  const url = new URL(databaseUrl);
  const socket = `.s.PGSQL.${url.port || url.searchParams.get('port') || '5432'}`;
  const target = join(url.searchParams.get('host') ?? '', socket);
  const folder = makeScratchFolder('line');
  url.searchParams.set('host', folder);
  const line = await startLine(target, join(folder, socket));
  return { ...line, databaseUrl: url.href };
}

/** A TCP port in front of a Redis server's unix socket. */
export async function startRedisLine(socketPath: string, port: number): Promise<Line & { redisUrl: string }> {
  const line = await startLine(socketPath, port);
  return { ...line, redisUrl: `redis://127.0.0.1:${port}` };
}

/** @param entry where it listens: the path of a unix socket, or a port of the loopback */
async function startLine(target: string, entry: string | number): Promise<Line> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let flow = Promise.withResolvers<void>();
  flow.resolve();
  let delayMs = 0;

  /** In order, whatever the delay was when a piece arrived. */
  function carry(one: Socket, other: Socket, ownDelayMs: () => number): void {
    let last: Promise<void> = Promise.resolve();
    const inTurn = (task: () => void): void => {
      const dueMs = clock.monotonicMs() + ownDelayMs();
      last = last.then(async () => {
        await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()));
        await flow.promise;
        task();
      });
    };
    sockets.add(one);
    one.on('data', (piece) => inTurn(() => void (other.writable && other.write(piece))));
    one.on('end', () => inTurn(() => void other.end()));
    one
      .on('error', () => other.destroy())
      .on('close', () => {
        sockets.delete(one);
        inTurn(() => void other.destroy());
      });
  }

  async function mend(): Promise<void> {
    flow.resolve();
    delayMs = 0;
    if (server) return;
    const listening = createServer((near) => {
      const far = connect(target);
      carry(near, far, () => 0);
      carry(far, near, () => delayMs);
    });
    await new Promise<void>((resolve) =>
      typeof entry === 'string' ? listening.listen(entry, resolve) : listening.listen(entry, '127.0.0.1', resolve),
    );
    server = listening;
  }

  async function cut(): Promise<void> {
    flow.resolve();
    const listening = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (listening) await new Promise<void>((resolve) => listening.close(() => resolve()));
  }

  await mend();
  return {
    cut,
    mend,
    hang() {
      flow = Promise.withResolvers<void>();
    },
    slow(byMs) {
      delayMs = byMs;
    },
    close: cut,
  };
}
