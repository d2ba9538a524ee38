import { chmodSync } from 'node:fs';
import { pino } from 'pino';
import { SystemClock } from '../../controller/clock.ts';
import { createEmbeddedRedis } from '../../controller/jobs/embedded-redis.ts';
import { createSetAside, findServiceAccount } from '../../controller/processes/index.ts';
import { makeScratchFolder } from './scratch-folder.ts';

const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });

export interface TestRedis {
  /** The unix socket: `new Redis(path)`. */
  path: string;
  /** The same as a REDIS_URL: `unix:///...`. */
  url: string;
  pid(): number | undefined;
  /** SIGKILL; the server comes back by itself on the same path with what was written. */
  kill(): void;
  close(): Promise<void>;
}

/** A real, empty Redis server of its own for each call. */
export async function startTestRedis(): Promise<TestRedis> {
  const folder = makeScratchFolder('redis');
  // Made by mkdtemp for its owner alone; the server's account has to pass through.
  chmodSync(folder, 0o711);
  const clock = new SystemClock();
  const { setAside } = createSetAside({ dataDirectory: folder, clock, logger });
  const redis = createEmbeddedRedis({ dataDirectory: folder, account: await findServiceAccount(logger), clock, logger, setAside });
  await redis.start();
  return {
    path: redis.path(),
    url: `unix://${redis.path()}`,
    pid: () => redis.pid(),
    kill() {
      const pid = redis.pid();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    close: () => redis.close(),
  };
}
