import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createSupervisedProcess, type ProcessEvent, type SupervisedProcess } from '../../../controller/processes/index.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { isAlive, until } from '../../support/until.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function supervise(
  script: string,
  options: {
    isReady?: (folder: string) => boolean;
    stopTimeoutMs?: number;
    readyTimeoutMs?: number;
    repair?: (folder: string) => void;
  } = {},
) {
  const folder = makeScratchFolder('supervised');
  const events: ProcessEvent[] = [];
  const isReady = options.isReady ?? ((inside: string) => existsSync(join(inside, 'ready')));
  const supervised: SupervisedProcess = createSupervisedProcess({
    name: 'test server',
    command: '/bin/sh',
    args: ['-c', script],
    workingDirectory: folder,
    environment: { PATH: '/usr/bin:/bin', GIVEN: 'yes' },
    account: undefined,
    orphanSignal: 'KILL',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: options.stopTimeoutMs ?? 5000,
    readyTimeoutMs: options.readyTimeoutMs ?? 20_000,
    prepare: async () => undefined,
    repair: async () => {
      options.repair?.(folder);
      return options.repair !== undefined;
    },
    isReady: async () => isReady(folder),
    clock: new SystemClock(),
    logger: pino({ level: 'silent' }),
    onEvent: (event) => events.push(event),
  });
  closers.push(() => supervised.close());
  return { supervised, events, folder };
}

const STAY = 'while :; do sleep 0.05; done';

describe('a supervised process', () => {
  it('that ends at once is reported with its own last words', async () => {
    const { supervised } = supervise('echo "first line"; echo "FATAL: no space" >&2; exit 3');
    await expect(supervised.start()).rejects.toMatchObject({
      code: 'processes.not_started',
      words: { en: expect.stringMatching(/exit code 3.*FATAL: no space/) },
    });
    expect(supervised.pid()).toBeUndefined();
  });

  it('that never answers is ended and reported', async () => {
    const { supervised, folder } = supervise(`echo $$ > pid; ${STAY}`, { readyTimeoutMs: 1000 });
    await expect(supervised.start()).rejects.toMatchObject({ words: { en: expect.stringContaining('no answer within 1 s') } });
    expect(isAlive(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBe(false);
  });

  it('that ends by itself at its start is repaired and tried once more', async () => {
    let repairs = 0;
    const repair = (folder: string): void => {
      repairs += 1;
      writeFileSync(join(folder, 'repaired'), '');
    };
    const { supervised } = supervise(`test -e repaired || exit 3; touch ready; ${STAY}`, { repair });
    await supervised.start();
    expect(repairs).toBe(1);
  });

  it('that somebody killed at its start has nothing that could be repaired', async () => {
    const { supervised } = supervise(STAY, { repair: () => expect.fail('its files are whole') });
    const starting = supervised.start();
    starting.catch(() => undefined);
    await until('it runs', () => supervised.pid() !== undefined);
    process.kill(supervised.pid() ?? 0, 'SIGKILL');
    await expect(starting).rejects.toMatchObject({ words: { en: expect.stringContaining('killed by SIGKILL') } });
  });

  it('whose program does not exist is reported', async () => {
    const { supervised } = supervise('exec /no/such/program');
    await expect(supervised.start()).rejects.toMatchObject({ code: 'processes.not_started' });
  });

  it('sees only the environment it is given', async () => {
    process.env.A_SECRET_OF_THE_CONTROLLER = 'secret';
    const { supervised, folder } = supervise(`env > env.txt; touch ready; ${STAY}`);
    await supervised.start();
    delete process.env.A_SECRET_OF_THE_CONTROLLER;
    const environment = readFileSync(join(folder, 'env.txt'), 'utf8');
    expect(environment).toContain('GIVEN=yes');
    expect(environment).not.toContain('SECRET');
  });

  it('is started again after each death, later and later, and not after close()', async () => {
    const { supervised, events, folder } = supervise(`echo life >> lives; touch ready; ${STAY}`);
    await supervised.start();
    for (let death = 1; death <= 3; death += 1) {
      process.kill(supervised.pid() ?? 0, 'SIGKILL');
      await until(`restart ${death}`, () => events.filter((event) => event.kind === 'restarted').length === death);
    }
    const pauses = events.flatMap((event) => (event.kind === 'died' ? [event.restartInMs] : []));
    expect(pauses).toEqual([100, 200, 400]);
    await supervised.close();
    const lives = readFileSync(join(folder, 'lives'), 'utf8');
    await new SystemClock().sleep(1000);
    expect(readFileSync(join(folder, 'lives'), 'utf8')).toBe(lives);
    expect(supervised.pid()).toBeUndefined();
  });

  it('keeps being tried while it dies at start', async () => {
    const { supervised, events, folder } = supervise(`if [ -e broken ]; then echo "still broken" >&2; exit 1; fi; touch ready; ${STAY}`);
    await supervised.start();
    writeFileSync(join(folder, 'broken'), '');
    spawnSync('rm', [join(folder, 'ready')]);
    process.kill(supervised.pid() ?? 0, 'SIGKILL');
    await until('two failed restarts', () => events.filter((event) => event.kind === 'died').length >= 3);
    expect(events.at(-1)).toMatchObject({ kind: 'died', lastLines: ['still broken'] });
    spawnSync('rm', [join(folder, 'broken')]);
    await until('it is back', () => events.at(-1)?.kind === 'restarted');
  });

  it('that ignores the request to stop is killed', async () => {
    const { supervised } = supervise(`trap "" TERM; touch ready; ${STAY}`, { stopTimeoutMs: 300 });
    await supervised.start();
    const pid = supervised.pid();
    await supervised.close();
    expect(isAlive(pid)).toBe(false);
    await supervised.close();
  });
});
