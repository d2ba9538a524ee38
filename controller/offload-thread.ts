import { serveTasks } from './offload/serve-tasks.ts';
import { TASKS } from './offload-tasks.ts';

// What a thread of createOffload() runs.
serveTasks(TASKS);
