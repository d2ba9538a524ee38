import { execFile } from 'node:child_process';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NICENESS } from '../../../controller/processes/priority.ts';

/** Prints the niceness of its main thread, then of all others (proc(5), field 19 of stat). */
const PROGRAM = `
  import { readdirSync, readFileSync } from 'node:fs';
  import './controller/thread-pool.ts';
  import { preferThisThread } from './controller/processes/priority.ts';
  await preferThisThread();
  const nicenessOf = (thread) => Number(readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1].split(' ')[16]);
  const threads = readdirSync('/proc/self/task').map(Number);
  console.log(JSON.stringify({ main: nicenessOf(process.pid), others: threads.filter((thread) => thread !== process.pid).map(nicenessOf) }));
`;

describe('the controller’s own thread', () => {
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'goes before others, and before the threads that hash passwords',
    async () => {
      const { stdout } = await promisify(execFile)('setsid', ['--wait', process.execPath, '--input-type=module', '-e', PROGRAM], {
        cwd: process.cwd(),
      });
      const { main, others } = JSON.parse(stdout) as { main: number; others: number[] };
      expect(main).toBe(NICENESS.loop);
      expect(others.length).toBeGreaterThanOrEqual(24);
      expect(new Set(others)).toEqual(new Set([getPriority()]));
    },
  );
});
