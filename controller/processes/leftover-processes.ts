import { readdir, readlink, realpath } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';

const POLL_MS = 50;
const PATIENCE_MS = 5000;

/**
 * Ends the processes that still work inside a private server's folder although the controller that started them is gone.
 * A server's working directory is its data folder, and nothing else has a reason to be there; the caller holds the data directory's lock.
 * @returns the process ids that were ended.
 */
export async function endLeftoverProcesses(options: { workingDirectory: string; clock: Clock; logger: Logger }): Promise<number[]> {
  const { clock, logger } = options;
  const folder = await realpath(options.workingDirectory);
  const found = await processesIn(folder);
  if (found.length === 0) return [];
  logger.warn({ folder, pids: found }, 'ending server processes that an earlier controller left behind');
  signalAll(found, 'SIGQUIT');
  const quitUntilMs = clock.monotonicMs() + PATIENCE_MS;
  while ((await processesIn(folder)).length > 0 && clock.monotonicMs() < quitUntilMs) await clock.sleep(POLL_MS);
  signalAll(await processesIn(folder), 'SIGKILL');
  const killUntilMs = clock.monotonicMs() + PATIENCE_MS;
  while ((await processesIn(folder)).length > 0 && clock.monotonicMs() < killUntilMs) await clock.sleep(POLL_MS);
  return found;
}

async function processesIn(folder: string): Promise<number[]> {
  const entries = await readdir('/proc');
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const directories = await Promise.all(
    // A process may end, or belong to somebody else, while we look: then it is not ours.
    pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)),
  );
  return pids.filter((pid, index) => directories[index] === folder && pid !== process.pid);
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It ended by itself in the meantime, which is what we want.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
