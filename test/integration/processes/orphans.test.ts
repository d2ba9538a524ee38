import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { endLeftoverProcesses } from '../../../controller/processes/index.ts';
import { startChildController } from '../../support/child-controller.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { isAlive, until } from '../../support/until.ts';

it('the private servers end with a controller that is killed, and the next one starts on the same data', async () => {
  const scratch = makeScratchFolder('orphans');
  chmodSync(scratch, 0o711);
  const dataDirectory = join(scratch, 'data');
  for (let round = 0; round < 3; round += 1) {
    const controller = await startChildController({ dataDirectory, servers: true });
    const { postgresPid, redisPid } = controller.report;
    expect([isAlive(postgresPid), isAlive(redisPid)]).toEqual([true, true]);
    await controller.kill();
    await until('both servers gone', () => !isAlive(postgresPid) && !isAlive(redisPid));
  }
});

it('a server that outlived its controller all the same is ended before the next start', async () => {
  const folder = join(makeScratchFolder('leftover'), 'postgres');
  mkdirSync(folder);
  // Deaf to the polite signal, as a server that hangs would be.
  const leftover = spawn('sh', ['-c', 'trap "" QUIT; while :; do sleep 1; done'], { cwd: folder, stdio: 'ignore', detached: true });
  const stranger = spawn('sleep', ['60'], { cwd: '/', stdio: 'ignore' });
  await until('the leftover runs', () => isAlive(leftover.pid));
  const ended = await endLeftoverProcesses({ workingDirectory: folder, clock: new SystemClock(), logger: pino({ level: 'silent' }) });
  expect(ended).toContain(leftover.pid);
  await until('it is gone', () => leftover.signalCode !== null);
  expect(isAlive(stranger.pid)).toBe(true);
  stranger.kill();
});
