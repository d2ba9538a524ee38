import { AppError, type Words } from '../errors.ts';

/** One task on its way to the thread. */
export interface TaskOrder {
  id: number;
  name: string;
  input: unknown;
}

/** What came of it. An AppError keeps its words on the way back; structured clone alone would lose them. */
export type TaskAnswer =
  | { id: number; outcome: 'done'; output: unknown }
  | { id: number; outcome: 'refused'; code: string; status: AppError['status']; words: Words; details: Record<string, unknown> | undefined }
  | { id: number; outcome: 'failed'; message: string; stack: string | undefined };

export function answerOfFailure(id: number, error: unknown): TaskAnswer {
  if (error instanceof AppError) {
    const { code, status, words, details } = error;
    return { id, outcome: 'refused', code, status, words, details };
  }
  const isError = error instanceof Error;
  return { id, outcome: 'failed', message: isError ? error.message : String(error), stack: isError ? error.stack : undefined };
}

export function errorOf(answer: Exclude<TaskAnswer, { outcome: 'done' }>): Error {
  if (answer.outcome === 'refused') {
    const { code, status, words, details } = answer;
    return new AppError({ code, status, words, ...(details ? { details } : {}) });
  }
  const error = new Error(answer.message);
  if (answer.stack !== undefined) error.stack = answer.stack;
  return error;
}
