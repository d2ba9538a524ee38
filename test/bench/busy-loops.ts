import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends by itself, should nobody be left to end it. */
const LONGEST_MS = 30 * 60_000;

/** Other work of the machine: processes that use whatever processor time they can get. */
export class BusyLoops {
  #loops: ChildProcess[];

  constructor(count: number) {
    const code = `const end = Date.now() + ${LONGEST_MS}; while (Date.now() < end);`;
    this.#loops = Array.from({ length: count }, () => spawn(process.execPath, ['-e', code], { stdio: 'ignore' }));
  }

  async end(): Promise<void> {
    await Promise.all(
      this.#loops.splice(0).map(async (loop) => {
        if (loop.exitCode !== null || loop.signalCode !== null) return;
        const gone = once(loop, 'exit');
        loop.kill('SIGKILL');
        await gone;
      }),
    );
  }
}
