export { createOffload, type Offload, type OffloadDeps, type RunOptions } from './offload.ts';
export { serveTasks, type TaskMap } from './serve-tasks.ts';
