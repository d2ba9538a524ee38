import { processFigures } from '../../controller/distribution/process-figures.ts';

/** Processor time that a process has used so far, user and system, ms; undefined when it is gone. */
export function processCpuMs(pid: number): number | undefined {
  const figures = processFigures(pid);
  return figures && figures.userMs + figures.kernelMs;
}

/** Share of one core that these processes use together while `task` runs, percent. NaN when one of them ended meanwhile: what it used is unknown. */
export async function coreShare(pids: readonly number[], task: () => Promise<void>): Promise<number> {
  const sum = (): number => pids.reduce((total, pid) => total + (processCpuMs(pid) ?? Number.NaN), 0);
  const startMs = performance.now();
  const before = sum();
  await task();
  return (100 * (sum() - before)) / (performance.now() - startMs);
}
