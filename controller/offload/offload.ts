import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { errorOf, type TaskAnswer, type TaskOrder } from './messages.ts';
import { offloadBusy, offloadInterrupted, offloadTooLong } from './offload-errors.ts';
import { processorLimit } from './processor-limit.ts';
import type { TaskMap } from './serve-tasks.ts';

/** People's tasks that may wait; more are refused in words, for nobody waits for the fortieth. */
const LONGEST_QUEUE = 32;
const DEFAULT_LIMIT_MS = 15_000;
const LOOK_EVERY_MS = 500;
/** What a single task may keep in memory; the largest legal input needs a tenth. */
const THREAD_MEMORY_MB = 256;
/** A thread without work gives its 60 MB back; another is there in a third of a second. */
const IDLE_MS = 60_000;
/** A thread that dies twice with the same task dies of it. */
const ATTEMPTS = 2;

export interface RunOptions {
  /** Processor time, ms: on a busy machine the thread gets only what the others leave, and an answer that is late is an answer. */
  limitMs?: number;
  /** The controller's own work (planning): ahead of people's, never refused. */
  own?: boolean;
}

/** Computing that would hold the event loop, done in a thread of low priority. */
export interface Offload<Tasks extends TaskMap> {
  /** @throws AppError offload.busy, offload.too_long, offload.interrupted; and what the task itself throws */
  run<Name extends keyof Tasks & string>(
    name: Name,
    input: Parameters<Tasks[Name]>[0],
    options?: RunOptions,
  ): Promise<Awaited<ReturnType<Tasks[Name]>>>;
  /** Tasks waiting or under way. */
  pending(): number;
  /** Whether a thread is kept. */
  isAwake(): boolean;
  /** What waits is refused. Idempotent. */
  close(): Promise<void>;
}

export interface OffloadDeps {
  /** The module that calls serveTasks() with the same tasks. */
  thread: URL;
  clock: Clock;
  logger: Logger;
}

interface Waiting {
  order: TaskOrder;
  own: boolean;
  limitMs: number;
  attempts: number;
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** One thread, started with the first task, replaced when it dies or takes too long, ended when there is nothing to do. */
export function createOffload<Tasks extends TaskMap>(deps: OffloadDeps): Offload<Tasks> {
  const { clock, logger } = deps;
  const queue: Waiting[] = [];
  let worker: Worker | undefined;
  let current: { task: Waiting; looking: Timer } | undefined;
  let idle: Timer | undefined;
  let lastId = 0;
  let closed = false;

  function next(): void {
    if (current || closed) return;
    idle?.cancel();
    idle = undefined;
    const task = queue.shift();
    if (!task) {
      if (worker) idle = clock.after('offload idle', IDLE_MS, rest);
      return;
    }
    task.attempts += 1;
    try {
      worker ??= begin();
      const limit = processorLimit(worker, task.limitMs, clock.monotonicMs());
      const looking = clock.every('offloaded task', Math.min(LOOK_EVERY_MS, task.limitMs), async () => {
        if (await limit.isExceeded(clock.monotonicMs())) abandon(task);
      });
      current = { task, looking };
      worker.postMessage(task.order);
    } catch (error) {
      current?.looking.cancel();
      current = undefined;
      task.reject(offloadInterrupted(error));
      queueMicrotask(next);
    }
  }

  function begin(): Worker {
    const started = new Worker(deps.thread, { resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB } });
    // It never keeps the process alive: whoever waits for a task has a socket that does.
    started.unref();
    started.on('message', (answer: TaskAnswer) => settle(answer));
    started.on('error', (error) => lost(started, error));
    started.on('exit', (code) => lost(started, new Error(`the thread ended with ${code}`)));
    return started;
  }

  function rest(): void {
    const resting = worker;
    worker = undefined;
    void resting?.terminate();
  }

  function finish(): Waiting | undefined {
    const task = current?.task;
    current?.looking.cancel();
    current = undefined;
    return task;
  }

  function settle(answer: TaskAnswer): void {
    if (current?.task.order.id !== answer.id) return;
    const task = finish();
    if (answer.outcome === 'done') task?.resolve(answer.output);
    else task?.reject(errorOf(answer));
    next();
  }

  /** Taking too long is the task's own fault: no second attempt. */
  function abandon(task: Waiting): void {
    if (current?.task !== task) return;
    logger.warn({ task: task.order.name, limitMs: task.limitMs }, 'offloaded computing took too long and was ended');
    const slow = worker;
    worker = undefined;
    finish();
    void slow?.terminate();
    task.reject(offloadTooLong(task.limitMs));
    next();
  }

  function lost(thread: Worker, error: unknown): void {
    if (worker !== thread) return;
    worker = undefined;
    const task = finish();
    if (closed) return;
    logger.warn(
      { task: task?.order.name, error: errorText(error) },
      'the thread for offloaded computing ended; the next task starts another',
    );
    if (task && task.attempts < ATTEMPTS) queue.unshift(task);
    else task?.reject(offloadInterrupted(error));
    next();
  }

  return {
    run(name, input, { limitMs = DEFAULT_LIMIT_MS, own = false } = {}) {
      if (closed) return Promise.reject(offloadInterrupted(new Error('the controller is stopping')));
      if (!own && queue.filter((task) => !task.own).length >= LONGEST_QUEUE) return Promise.reject(offloadBusy());
      return new Promise((resolve, reject) => {
        lastId += 1;
        const task: Waiting = {
          order: { id: lastId, name, input },
          own,
          limitMs,
          attempts: 0,
          resolve: resolve as Waiting['resolve'],
          reject,
        };
        if (own) queue.splice(queue.filter((waiting) => waiting.own).length, 0, task);
        else queue.push(task);
        next();
      });
    },
    pending: () => queue.length + (current ? 1 : 0),
    isAwake: () => worker !== undefined,
    async close() {
      closed = true;
      idle?.cancel();
      const thread = worker;
      worker = undefined;
      const stopping = offloadInterrupted(new Error('the controller is stopping'));
      finish()?.reject(stopping);
      for (const task of queue.splice(0)) task.reject(stopping);
      await thread?.terminate();
    },
  };
}
