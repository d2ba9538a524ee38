import { isConnectionLoss } from './connection-loss.ts';

/**
 * Why the store did not take what was written:
 * `away` it can't be asked, or not now (connection lost, starting, read-only, deadlock, time limit): the same again may pass;
 * `full` its disk or its memory is used up: the same again passes when there is room;
 * `refused` these rows, for what is in them: the same again is refused for ever, others pass;
 * `defect` the statement is wrong, or our own code: one entry's or everybody's, which only the others' fate can tell.
 */
export type StoreFailure = 'away' | 'full' | 'refused' | 'defect';

/** SQLSTATE classes and codes, PostgreSQL documentation, appendix A: rolled back, in use, operator's hand, read-only. */
const NOT_NOW = /^(40...|55...|57...|25006)$/;
/** Insufficient resources (disk, memory, connections), and errors of the system below. */
const NO_ROOM = /^(53...|58...)$/;
const DISK = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);
/** Cardinality, data exception, constraint, check option, limits of a row, raised by a trigger. */
const ROW = /^(21...|22...|23...|44...|54...|P0...)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The one answer to "is it worth trying again". */
export function failureOf(error: unknown): StoreFailure {
  if (isConnectionLoss(error)) return 'away';
  for (const code of codesOf(error)) {
    if (NOT_NOW.test(code)) return 'away';
    if (NO_ROOM.test(code) || DISK.has(code)) return 'full';
    if (ROW.test(code)) return 'refused';
  }
  return 'defect';
}

/** Whether the store itself said that the same again will never pass. */
export function isHopeless(error: unknown): boolean {
  const failure = failureOf(error);
  return failure === 'refused' || (failure === 'defect' && codesOf(error).some((code) => SQLSTATE.test(code)));
}

/** What the store said, without the rows (a failed query's own message repeats them, and they came from outside). */
export function refusalText(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Of the error and of what caused it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string') codes.push(code);
  }
  return codes;
}
