import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { askToUnlock, UnlockRequests } from '../../../controller/accounts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

describe('unlock requests on the server', () => {
  const clock = new SystemClock();
  let requests: UnlockRequests | undefined;
  afterEach(() => requests?.close());

  it('what is no plain file is put away, and keeps no request from being served', async () => {
    const dataDir = makeScratchFolder('unlock');
    const asked: string[] = [];
    requests = new UnlockRequests({
      dataDir,
      clock,
      logger: pino({ level: 'silent' }),
      unlock: async (username) => {
        asked.push(username);
        return 'unlocked';
      },
    });
    const folder = join(dataDir, 'unlock');
    mkdirSync(join(folder, 'a-folder.request', 'inside'), { recursive: true });
    execFileSync('mkfifo', [join(folder, 'a-pipe.request')]);
    await requests.start();
    expect(await askToUnlock(dataDir, 'quantri', clock)).toBe('unlocked');
    expect(asked).toEqual(['quantri']);
    await until('they are put away', () => !readdirSync(folder).some((name) => name.endsWith('.request')));
  });
});
