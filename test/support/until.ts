import { SystemClock } from '../../controller/clock.ts';

const clock = new SystemClock();

/** Asks again until `condition` holds; the limit is there to end a hang, not to measure. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 30_000, pollMs = 20): Promise<void> {
  const giveUpAtMs = clock.monotonicMs() + limitMs;
  while (!(await condition())) {
    if (clock.monotonicMs() > giveUpAtMs) throw new Error(`did not happen within ${limitMs} ms: ${what}`);
    await clock.sleep(pollMs);
  }
}

export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
