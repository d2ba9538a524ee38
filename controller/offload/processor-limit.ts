import type { Worker } from 'node:worker_threads';

/** A thread that waits for a disk uses no processor time; it is ended all the same, but long after the busiest machine would have answered. */
const LONGEST_WALL_MS = 600_000;
/** Node before 24.6 does not tell a thread's processor time: this much patience with a busy machine instead. */
const WALL_FOR_PROCESSOR = 10;

/** How much a task may compute. Its wall time says more about what else the machine does, and a late answer is an answer. */
export interface ProcessorLimit {
  isExceeded(nowMs: number): Promise<boolean>;
}

/** @param startedMs when the task was given to the thread, on the clock of `isExceeded` */
export function processorLimit(thread: Worker, limitMs: number, startedMs: number): ProcessorLimit {
  const before = usedMs(thread);
  return {
    async isExceeded(nowMs) {
      const tookMs = nowMs - startedMs;
      if (tookMs >= LONGEST_WALL_MS) return true;
      const [atFirst, now] = await Promise.all([before, usedMs(thread)]);
      // A thread that is still starting had used nothing.
      return now === undefined ? tookMs >= limitMs * WALL_FOR_PROCESSOR : now - (atFirst ?? 0) >= limitMs;
    },
  };
}

async function usedMs(thread: Worker): Promise<number | undefined> {
  try {
    const { user, system } = await thread.cpuUsage();
    return (user + system) / 1000;
  } catch {
    return undefined;
  }
}
