import { statSync } from 'node:fs';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startTestRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

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
