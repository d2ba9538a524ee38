import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { answerOfFailure, type TaskAnswer, type TaskOrder } from './messages.ts';

/** What a thread can do: names and functions that know nothing but their input. */
export type TaskMap = Record<string, (input: never) => unknown>;

/** Above the tools' 10: a text's preview may wait for an ingest, and both wait for the air. */
const NICENESS = 15;

/** The thread's side: does one task after the other, with what processor time the air leaves. */
export function serveTasks(tasks: TaskMap): void {
  lowerPriority();
  parentPort?.on('message', async ({ id, name, input }: TaskOrder) => {
    let answer: TaskAnswer;
    try {
      const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
      if (!task) throw new Error(`no such task: ${name}`);
      answer = { id, outcome: 'done', output: await task(input as never) };
    } catch (error) {
      answer = answerOfFailure(id, error);
    }
    parentPort?.postMessage(answer);
  });
}

/** Linux counts niceness by thread, and 0 is whoever calls; elsewhere it would mean the whole process, the air included. */
function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // A kernel that refuses costs politeness, not work.
  }
}
