import { appendFileSync, chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createEmbeddedRedis } from '../../../controller/jobs/embedded-redis.ts';
import { createSetAside, findServiceAccount } from '../../../controller/processes/index.ts';
import { conditionKey } from '../../../controller/protocol/conditions.ts';
import { startTestRedis } from '../../support/redis.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

const logger = pino({ level: 'silent' });

it('the private Redis is private, not root, and comes back after SIGKILL with what was written', async () => {
  const server = await startTestRedis();
  const redis = new Redis(server.path, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  try {
    const config = (await redis.config('GET', 'port', 'appendonly', 'maxmemory-policy')) as string[];
    expect(config).toEqual(expect.arrayContaining(['port', '0', 'appendonly', 'yes', 'maxmemory-policy', 'noeviction']));
    expect(statSync(`/proc/${server.pid()}`).uid).not.toBe(0);
    for (let round = 1; round <= 2; round += 1) {
      await redis.incr('rounds');
      const before = server.pid();
      server.kill();
      await until('a new server process', () => server.pid() !== undefined && server.pid() !== before);
      expect(await redis.get('rounds')).toBe(String(round));
    }
  } finally {
    redis.disconnect();
    await server.close();
  }
});

const ZEROS = Buffer.alloc(700);

it.each<[string, (folder: string) => void]>([
  ['700 zero bytes at the end of its file, as a power cut leaves them', (folder) => appendFileSync(dataFile(folder), ZEROS)],
  ['an empty manifest', (folder) => writeFileSync(manifest(folder), '')],
  [
    'a folder in its file’s place',
    (folder) => {
      const file = dataFile(folder);
      rmSync(file);
      mkdirSync(file);
    },
  ],
  [
    'files of another user',
    (folder) => {
      chownSync(dataFile(folder), 0, 0);
      chmodSync(dataFile(folder), 0o600);
    },
  ],
])('starts with %s: they are set aside', async (_what, damage) => {
  const folder = makeScratchFolder('redis');
  chmodSync(folder, 0o711);
  const clock = new SystemClock();
  const setAside = createSetAside({ dataDirectory: folder, clock, logger });
  const found: string[] = [];
  setAside.onFinding((finding) => found.push(conditionKey(finding)));
  const run = async (): Promise<void> => {
    const server = createEmbeddedRedis({
      dataDirectory: folder,
      account: await findServiceAccount(logger),
      clock,
      logger,
      setAside: setAside.setAside,
    });
    await server.start();
    const redis = new Redis(server.path(), { maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    expect(await redis.incr('rounds')).toBe(1);
    redis.disconnect();
    await server.close();
  };
  await run();
  expect(found).toEqual([]);
  damage(folder);
  await run();
  expect(found).toEqual(['start.set_aside redis']);
  expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(1);
});

it('is not waited for when it can’t start at all, and comes when it can', async () => {
  const folder = makeScratchFolder('redis');
  chmodSync(folder, 0o711);
  const clock = new SystemClock();
  const { setAside } = createSetAside({ dataDirectory: folder, clock, logger });
  const events: string[] = [];
  const server = createEmbeddedRedis({
    dataDirectory: folder,
    account: await findServiceAccount(logger),
    clock,
    logger,
    setAside,
    onEvent: ({ kind }) => events.push(kind),
  });
  // A socket's place that is taken: Redis ends with an error as long as it is.
  mkdirSync(join(folder, 'redis'));
  chmodSync(join(folder, 'redis'), 0o777);
  mkdirSync(join(folder, 'run'));
  mkdirSync(join(folder, 'run/redis.sock'));
  await expect(server.start()).resolves.toBeUndefined();
  expect(events).toContain('died');
  rmSync(join(folder, 'run/redis.sock'), { recursive: true });
  await until('it runs', () => events.includes('restarted'));
  await server.close();
});

function dataFile(folder: string): string {
  const aof = join(folder, 'redis/appendonlydir');
  const name = readdirSync(aof).find((one) => one.endsWith('.incr.aof')) ?? expect.fail('no append-only file');
  return join(aof, name);
}

function manifest(folder: string): string {
  return join(folder, 'redis/appendonlydir/appendonly.aof.manifest');
}
