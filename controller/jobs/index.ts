export { createEmbeddedRedis, type EmbeddedRedis } from './embedded-redis.ts';
export type { JobContext, JobData, JobHandler, JobHandlers, JobName } from './job-types.ts';
export { createJobs, type EnqueueOptions, type Jobs, type JobsDeps } from './jobs.ts';
