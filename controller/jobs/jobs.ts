import { type Job, Queue, Worker } from 'bullmq';
import type { Clock } from '../clock.ts';
import { AppError, errorText, type Words } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { JOB_SCHEMAS, type JobData, type JobHandlers, type JobName } from './job-types.ts';
import { openRedis, type RedisConnection } from './redis-connection.ts';

const PREFIX = 'loa-xa';
const KEEP_FAILED = { count: 200, age: 14 * 86_400 };
/** A worker that dies loses its lock after this, and the job is taken up again. */
const LOCK_MS = 20_000;
const STALLED_CHECK_MS = 10_000;
const MAX_STALLED_COUNT = 3;
const COMMAND_TIMEOUT_MS = 8000;
const CLOSE_TIMEOUT_MS = 10_000;
const NAMES = Object.keys(JOB_SCHEMAS) as JobName[];

export interface JobsDeps {
  /** Path of a unix socket, `unix:///path`, `redis://` or `rediss://`. */
  connection: string;
  clock: Clock;
  logger: Logger;
  /** Told when Redis is lost and when it is back; with the reason and the remedy where it was not there at the start. */
  onConnectionChange?: (state: 'lost' | 'back', unreachable?: Words) => void;
}

export interface EnqueueOptions {
  /** The same id again while such a job waits or runs changes nothing. No colon in it. */
  jobId: string;
  delayMs?: number;
  /** Tries in all; 1 unless said. */
  attempts?: number;
}

/** Work that outlives a request, on BullMQ. The only folder that knows BullMQ and ioredis. */
export interface Jobs {
  /** Says who does what; before start(). */
  define(handlers: JobHandlers): void;
  /** Connects and starts the workers. Without Redis it starts all the same: the change is told as lost, and work begins when Redis is there. */
  start(): Promise<void>;
  /** @throws AppError jobs.unavailable when Redis does not answer in time */
  enqueue<Name extends JobName>(name: Name, data: JobData<Name>, options: EnqueueOptions): Promise<void>;
  /** Repeats a job: every so often, or at the times of a cron pattern in a time zone. The same key again replaces it. */
  schedule<Name extends JobName>(
    name: Name,
    data: JobData<Name>,
    when: { key: string } & ({ everyMs: number } | { pattern: string; timeZone: string }),
  ): Promise<void>;
  /** 0 to 1; null when there is no such job or it has not begun. */
  getProgress(name: JobName, jobId: string): Promise<number | null>;
  /** Whether the job waits, runs or is to be tried again. */
  isLive(name: JobName, jobId: string): Promise<boolean>;
  /** Whether Redis answers now; one that hangs leaves its connections open. Bounded. */
  isHealthy(): Promise<boolean>;
  /** Aborts what runs, waits for it (bounded), disconnects. Idempotent. */
  close(): Promise<void>;
}

export function createJobs(deps: JobsDeps): Jobs {
  const { clock, logger } = deps;
  const queues = new Map<JobName, Queue>();
  const workers: Worker[] = [];
  const closing = new AbortController();
  let handlers: JobHandlers | undefined;
  let connection: RedisConnection | undefined;
  let closed: Promise<void> | undefined;

  const queueOf = (name: JobName): Queue => {
    const queue = queues.get(name);
    if (!queue) throw new Error('jobs are used before start()');
    return queue;
  };

  /** Commands wait for Redis without end; whoever asked gets an answer all the same. */
  const bounded = async <Result>(command: Promise<Result>): Promise<Result> => {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = clock.after('jobs command', COMMAND_TIMEOUT_MS, () => reject(unavailable()));
    try {
      return await Promise.race([command, promise]);
    } finally {
      timer.cancel();
    }
  };

  const startWorker = <Name extends JobName>(name: Name, handler: JobHandlers[Name], redis: RedisConnection): void => {
    const worker = new Worker(name, (job) => runJob(name, handler, job), {
      connection: redis.redis,
      prefix: PREFIX,
      concurrency: handler.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED_COUNT,
    });
    worker.on('error', redis.noteError);
    worker.on('stalled', (jobId) => logger.warn({ job: name, jobId }, 'a job was left behind by a worker that died; it runs again'));
    worker.on('failed', (job, error) => {
      if (!closing.signal.aborted) logger.error({ job: name, jobId: job?.id, attempt: job?.attemptsMade, err: error }, 'a job failed');
    });
    workers.push(worker);
  };

  const runJob = async <Name extends JobName>(name: Name, handler: JobHandlers[Name], job: Job): Promise<void> => {
    const data = JOB_SCHEMAS[name].parse(job.data) as JobData<Name>;
    await handler.handle(data, {
      jobId: job.id ?? '',
      attempt: job.attemptsMade + 1,
      isLastAttempt: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      signal: closing.signal,
      reportProgress: (progress) => {
        job.updateProgress(progress).catch((error: unknown) => logger.debug({ error: errorText(error) }, 'progress could not be stored'));
      },
    });
  };

  return {
    define(given) {
      handlers = given;
    },
    async start() {
      if (!handlers) throw new Error('define() comes before start()');
      const lost = Promise.withResolvers<void>();
      let isStarting = true;
      const redis = openRedis(deps.connection, logger, (state) => {
        if (isStarting && state === 'lost') lost.resolve();
        else deps.onConnectionChange?.(state);
      });
      connection = redis;
      for (const name of NAMES) {
        const queue = new Queue(name, {
          connection: redis.redis,
          prefix: PREFIX,
          defaultJobOptions: { removeOnComplete: true, removeOnFail: KEEP_FAILED, backoff: { type: 'exponential', delay: 2000 } },
        });
        queue.on('error', redis.noteError);
        queues.set(name, queue);
        startWorker(name, handlers[name], redis);
      }
      const ready = Promise.all([...queues.values(), ...workers].map((part) => part.waitUntilReady())).then(() => true);
      const isThere = await bounded(Promise.race([ready, lost.promise.then(() => false)])).catch(() => false);
      isStarting = false;
      if (isThere) return;
      // The loudspeakers need none of it.
      ready.catch(() => undefined);
      const { place, words } = unreachable(deps.connection, redis.lastError() ?? 'no answer');
      logger.error({ place, reason: redis.lastError() }, 'Redis is not there; starting without it');
      redis.noteLoss();
      deps.onConnectionChange?.('lost', words);
    },
    async enqueue(name, data, { jobId, delayMs, attempts }) {
      const queue = queueOf(name);
      const checked = JOB_SCHEMAS[name].parse(data);
      await bounded(
        (async () => {
          // An ended job keeps its id; with it gone the same work can be asked for again.
          const earlier = await queue.getJob(jobId);
          if (earlier && (await earlier.isFailed())) await earlier.remove();
          await queue.add(name, checked, { jobId, attempts: attempts ?? 1, ...(delayMs === undefined ? {} : { delay: delayMs }) });
        })(),
      );
    },
    async schedule(name, data, when) {
      const repeat = 'everyMs' in when ? { every: when.everyMs } : { pattern: when.pattern, tz: when.timeZone };
      await bounded(queueOf(name).upsertJobScheduler(when.key, repeat, { name, data: JOB_SCHEMAS[name].parse(data) }));
    },
    async getProgress(name, jobId) {
      const job: Job | undefined = await bounded(queueOf(name).getJob(jobId));
      return typeof job?.progress === 'number' ? job.progress : null;
    },
    async isLive(name, jobId) {
      const state = await bounded(queueOf(name).getJobState(jobId));
      return state !== 'unknown' && state !== 'failed' && state !== 'completed';
    },
    async isHealthy() {
      if (!connection?.isReady()) return false;
      try {
        await bounded(connection.redis.ping());
        return true;
      } catch {
        return false;
      }
    },
    close() {
      closed ??= (async () => {
        closing.abort(new Error('the controller is stopping'));
        const parts = [...workers, ...queues.values()].map((part) => part.close());
        // Without Redis nothing can be said goodbye to; stalled jobs are found at the next start.
        const patience = Promise.withResolvers<void>();
        const timer = clock.after('jobs close', connection?.isReady() ? CLOSE_TIMEOUT_MS : 1000, patience.resolve);
        await Promise.race([Promise.allSettled(parts), patience.promise]);
        timer.cancel();
        await connection?.close();
      })();
      return closed;
    },
  };
}

function unreachable(connection: string, reason: string): { place: string; words: Words } {
  // Without the password.
  const place = /^rediss?:/.test(connection) ? new URL(connection).host : connection.replace(/^unix:\/\//, '');
  return {
    place,
    words: {
      vi: `Không kết nối được Redis tại ${place}: ${reason}. Hãy kiểm tra REDIS_URL (địa chỉ, mật khẩu) và máy chủ Redis, hoặc bỏ REDIS_URL để dùng Redis riêng.`,
      en: `Redis at ${place} can't be reached: ${reason}. Check REDIS_URL (address, password) and the Redis server, or leave REDIS_URL out to use a private one.`,
    },
  };
}

function unavailable(): AppError {
  return new AppError({
    code: 'jobs.unavailable',
    status: 503,
    words: {
      vi: 'Hàng đợi công việc (Redis) tạm thời không trả lời. Việc này sẽ tự thực hiện khi Redis hoạt động lại.',
      en: 'The job queue (Redis) does not answer at the moment. The work goes on by itself when Redis is back.',
    },
  });
}
