import { readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second (USER_HZ), whatever the kernel's own tick. */
const TICK_MS = 10;

/** Processor time that a process has used so far, user and system, ms. */
export function processCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Share of one core that these processes use together while `task` runs, percent. */
export async function coreShare(pids: readonly number[], task: () => Promise<void>): Promise<number> {
  const sum = (): number => pids.reduce((total, pid) => total + processCpuMs(pid), 0);
  const startMs = performance.now();
  const before = sum();
  await task();
  return (100 * (sum() - before)) / (performance.now() - startMs);
}
