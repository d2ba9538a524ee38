import { readOut } from './media/speech/read-out.ts';
import type { TaskMap } from './offload/index.ts';

/** All that is computed off the event loop, by name: pure functions of the slices. What a person sends can make each of them work hard. */
export const TASKS = {
  'read-out': readOut,
} satisfies TaskMap;

export type OffloadTasks = typeof TASKS;
