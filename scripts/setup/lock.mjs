import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SetupProblem } from './problem.mjs';
import { findProgram } from './run.mjs';

const TAKEN = 75;

/**
 * Runs `task` while no other set-up of this cache runs. The lock is flock(2) on a file that this process keeps open: it ends with the process.
 */
export async function alone({ cache, terminal }, task) {
  const path = join(cache, 'set-up.lock');
  let file;
  try {
    mkdirSync(cache, { recursive: true });
    file = openSync(path, 'a');
  } catch (error) {
    throw new SetupProblem(
      {
        vi: `Không ghi được vào ${cache} (${error.code}). Hãy chọn thư mục khác:`,
        en: `The folder ${cache} can't be written (${error.code}). Choose another:`,
      },
      { command: 'export LOA_XA_CACHE=/some/other/folder' },
    );
  }
  try {
    if (findProgram('flock') && !(await lock(file, ['--nonblock']))) {
      terminal.note({ vi: 'Một lần cài đặt khác đang chạy; đang chờ…', en: 'Another set-up is running; waiting for it…' });
      await lock(file, []);
    }
    return await task();
  } finally {
    closeSync(file);
  }
}

async function lock(file, options) {
  const program = spawn('flock', [...options, `--conflict-exit-code=${TAKEN}`, '3'], { stdio: ['ignore', 'ignore', 'inherit', file] });
  const [code] = await once(program, 'exit');
  return code !== TAKEN;
}
