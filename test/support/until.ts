import { readFileSync } from 'node:fs';
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

/** A zombie is dead: it runs nothing and holds nothing, and whoever should reap it may be slow or gone. */
export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name stands in parentheses and may hold any character; the state follows it.
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
