import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { makeScratchFolder } from './scratch-folder.ts';

export interface SeverableLine {
  /** The same database, reached over this line. */
  databaseUrl: string;
  /** Breaks every connection and refuses new ones, as a dead server does. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A unix socket in front of PostgreSQL's own, so that a test can take the database away and give it back. */
export async function startSeverableLine(databaseUrl: string): Promise<SeverableLine> {
  const url = new URL(databaseUrl);
  const port = url.port || url.searchParams.get('port') || '5432';
  const target = join(url.searchParams.get('host') ?? '', `.s.PGSQL.${port}`);
  const folder = makeScratchFolder('line');
  url.searchParams.set('host', folder);
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  async function mend(): Promise<void> {
    const listening = createServer((near) => {
      const far = connect(target);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy()).on('close', () => sockets.delete(one));
      }
    });
    await new Promise<void>((resolve) => listening.listen(join(folder, `.s.PGSQL.${port}`), resolve));
    server = listening;
  }

  async function cut(): Promise<void> {
    const listening = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (listening) await new Promise<void>((resolve) => listening.close(() => resolve()));
  }

  await mend();
  return { databaseUrl: url.href, cut, mend, close: cut };
}
