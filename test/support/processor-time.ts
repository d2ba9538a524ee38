/** Processor time of this thread while `task` runs, ms: what a busy machine does meanwhile does not count. */
export function processorMs(task: () => unknown): number {
  const before = process.threadCpuUsage();
  task();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** The cheapest of a few runs: the others had the garbage of their predecessors to collect, or the compiler at work. */
export function leastProcessorMs(task: () => unknown, runs = 3): number {
  return Math.min(...Array.from({ length: runs }, () => processorMs(task)));
}
