import { getPriority } from 'node:os';
import { AppError } from '../../controller/errors.ts';
import { serveTasks } from '../../controller/offload/index.ts';

/** Tasks that do what real ones do when they go wrong. */
export const TASKS = {
  double: (value: number): number => value * 2,
  refuse: (code: string): never => {
    throw new AppError({ code, status: 422, words: { vi: 'không', en: 'no' }, details: { code } });
  },
  fail: (): never => {
    throw new RangeError('a defect');
  },
  'compute-for-ever': (): never => {
    for (;;) Math.sqrt(2);
  },
  /** As a thread to which a busy machine gives no processor: time passes and nothing is computed. */
  'get-no-processor': (forMs: number): string => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
    return 'late';
  },
  'eat-memory': (): number => {
    const eaten: number[][] = [];
    for (;;) eaten.push(new Array(100_000).fill(eaten.length));
  },
  die: (): never => process.exit(7),
  niceness: (): number => getPriority(0),
};
export type Tasks = typeof TASKS;

serveTasks(TASKS);
