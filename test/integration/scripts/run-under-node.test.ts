import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { isAlive, until } from '../../support/until.ts';

const MODULE = new URL('../../../scripts/run-under-node.mjs', import.meta.url).href;

/** Starts the wrapper around a small program that writes what happens to it into a file. What comes again within the time is an echo. */
async function start(
  program: string,
  echoWithinMs = 500,
): Promise<{ wrapper: ChildProcess; log: () => string[]; exit: Promise<unknown[]> }> {
  const folder = makeScratchFolder('wrapper');
  const file = join(folder, 'log');
  writeFileSync(file, '');
  const script = join(folder, 'program.mjs');
  writeFileSync(
    script,
    `import { appendFileSync } from 'node:fs';\nconst log = (text) => appendFileSync(${JSON.stringify(file)}, text + '\\n');\n${program}`,
  );
  const source = `import { runUnderNode } from ${JSON.stringify(MODULE)}; runUnderNode(process.execPath, [${JSON.stringify(script)}], process.env, ${echoWithinMs});`;
  const wrapper = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: 'ignore', detached: true });
  const exit = once(wrapper, 'exit');
  return { wrapper, log: () => readFileSync(file, 'utf8').split('\n').filter(Boolean), exit };
}

const STAY = "log('pid ' + process.pid); setInterval(() => {}, 1000);";

it('keeps the exit code', async () => {
  const { exit } = await start('process.exit(7);');
  expect(await exit).toEqual([7, null]);
});

it('passes a signal on, once, although the terminal sends it to the whole group and npm again to the wrapper', async () => {
  // However slow this machine is: the second one is an echo.
  const echoWithinMs = 600_000;
  const { wrapper, log, exit } = await start(
    `process.on('SIGINT', () => log('SIGINT')); process.on('SIGTERM', () => process.exit(3)); ${STAY}`,
    echoWithinMs,
  );
  await until('the program runs', () => log().length === 1);
  process.kill(-(wrapper.pid ?? 0), 'SIGINT');
  await until('the signal arrives', () => log().includes('SIGINT'));
  wrapper.kill('SIGINT');
  wrapper.kill('SIGTERM');
  expect(await exit).toEqual([3, null]);
  expect(log().filter((line) => line === 'SIGINT')).toHaveLength(1);
});

it('tells a death by signal by the exit code that a shell would give', async () => {
  const { log, exit } = await start(STAY);
  await until('the program runs', () => log().length === 1);
  process.kill(Number(log()[0]?.split(' ')[1]), 'SIGKILL');
  expect(await exit).toEqual([128 + 9, null]);
});

it('asks the program to close when the wrapper itself is killed', async () => {
  const { wrapper, log } = await start(`process.on('SIGTERM', () => { log('SIGTERM'); process.exit(0); }); ${STAY}`);
  await until('the program runs', () => log().length === 1);
  wrapper.kill('SIGKILL');
  await until('it was asked', () => log().includes('SIGTERM'));
  await until('it is gone', () => !isAlive(Number(log()[0]?.split(' ')[1])));
});
