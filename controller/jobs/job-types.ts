import { z } from 'zod';

/**
 * Every job there is, with what it carries: ids, never content or secrets. Queues are thrown away without loss: each job can
 * be derived from PostgreSQL again.
 */
export const JOB_SCHEMAS = {
  'ingest-bulletin': z.object({ bulletinId: z.uuid() }),
  'plan-schedules': z.object({}),
} as const satisfies Record<string, z.ZodType>;

export type JobName = keyof typeof JOB_SCHEMAS;
export type JobData<Name extends JobName> = z.infer<(typeof JOB_SCHEMAS)[Name]>;

export interface JobContext {
  jobId: string;
  /** 1 for the first try. */
  attempt: number;
  /** Whether this try is the last one. */
  isLastAttempt: boolean;
  /** Aborted when the controller stops: the job then runs again after the next start. */
  signal: AbortSignal;
  /** 0 to 1. */
  reportProgress(progress: number): void;
}

export interface JobHandler<Name extends JobName> {
  /** Jobs of this kind that run at the same time in this process. */
  concurrency: number;
  handle(data: JobData<Name>, context: JobContext): Promise<void>;
}

/** One handler for each job; the compiler misses none. */
export type JobHandlers = { [Name in JobName]: JobHandler<Name> };
