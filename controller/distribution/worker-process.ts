import type { types } from 'mediasoup';
import type { Clock } from '../clock.ts';

/** A process that is told to end and doesn't is ended. */
const END_PATIENCE_MS = 2000;

/** Resolves when the process is gone, so that nobody is left behind by close(). */
export async function endProcess(process: types.Worker | undefined, clock: Clock): Promise<void> {
  if (!process || process.subprocessClosed) return;
  const impatience = clock.after('end of a media worker', END_PATIENCE_MS, () => killProcess(process.pid));
  await new Promise<void>((resolve) => {
    process.once('subprocessclose', resolve);
    process.close();
  });
  impatience.cancel();
}

export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
