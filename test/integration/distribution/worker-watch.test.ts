import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock, TestClock } from '../../../controller/clock.ts';
import { type ProcessFigures, processFigures } from '../../../controller/distribution/process-figures.ts';
import { LOOKS, type WorkerVerdict } from '../../../controller/distribution/worker-health.ts';
import { LOOK_MS, watchWorker } from '../../../controller/distribution/worker-watch.ts';
import { until } from '../../support/until.ts';

/** Real processes that answer nothing, looked at on a clock that goes as fast as the test likes. */
const realClock = new SystemClock();
let child: ChildProcess;
afterEach(() => child.kill('SIGKILL'));

const ENDLESS_LOOP = ['-c', 'while :; do :; done'];
const AT_WORK = ['-c', 'while :; do echo sound >/dev/null; done'];
const ASLEEP = ['-c', 'read line'];

function start(args: string[]): number {
  child = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'] });
  return child.pid as number;
}

/** Lets the process come on between two looks: its figures move, or so many tries showed that they don't. */
async function comeOn(pid: number, hasMoved: (before: ProcessFigures, now: ProcessFigures) => boolean): Promise<void> {
  const before = processFigures(pid);
  for (let tries = 0; tries < 200; tries++) {
    const now = processFigures(pid);
    if (!before || !now || hasMoved(before, now)) return;
    await realClock.sleep(2);
  }
}

async function watched(pid: number, looks: number, between: () => Promise<void> = async () => undefined): Promise<WorkerVerdict[]> {
  const clock = new TestClock();
  const all: WorkerVerdict[] = [];
  const watch = watchWorker({ pid, getResourceUsage: () => new Promise(() => undefined) }, clock, { onHung: () => all.push('hung') });
  for (let i = 0; i < looks && !all.includes('hung'); i++) {
    await between();
    await clock.advance(LOOK_MS);
    if (!all.includes('hung')) all.push(watch.verdict());
  }
  watch.cancel();
  return all;
}

describe('a process that answers nothing', () => {
  it('is found to hang when it runs in a loop without an end', async () => {
    const pid = start(ENDLESS_LOOP);
    // The shell has to be started before.
    await until('it runs', () => (processFigures(pid)?.userMs ?? 0) > 0);
    const all = await watched(pid, 2 * LOOKS.fruitlessUntilHung, () => comeOn(pid, (before, now) => now.userMs > before.userMs));
    expect(all.at(-1)).toBe('hung');
    expect(all.length).toBeGreaterThanOrEqual(LOOKS.fruitlessUntilHung);
  });

  it('is left alone while it is at work', async () => {
    const pid = start(AT_WORK);
    await until('it runs', () => (processFigures(pid)?.transfers ?? 0) > 0);
    const all = await watched(pid, 2 * LOOKS.fruitlessUntilHung, () =>
      comeOn(pid, (before, now) => (now.transfers ?? 0) > (before.transfers ?? 0)),
    );
    expect(new Set(all)).toEqual(new Set(['busy']));
  });

  it('is found to hang when it sleeps', async () => {
    const pid = start(ASLEEP);
    await until('it sleeps', () => processFigures(pid)?.state === 'S');
    expect((await watched(pid, 2 * LOOKS.asleepUntilHung)).length).toBeLessThanOrEqual(LOOKS.asleepUntilHung + 2);
  });

  it('is told to go on when it was stopped', async () => {
    const pid = start(ASLEEP);
    await until('it sleeps', () => processFigures(pid)?.state === 'S');
    process.kill(pid, 'SIGSTOP');
    await until('it is stopped', () => processFigures(pid)?.state === 'T');
    expect((await watched(pid, LOOKS.stoppedUntilContinued - 1)).at(-1)).toBe('stopped');
    expect((await watched(pid, LOOKS.stoppedUntilContinued)).at(-1)).toBe('continue');
    await until('it goes on', () => processFigures(pid)?.state === 'S');
  });
});
