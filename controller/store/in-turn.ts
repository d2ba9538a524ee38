/**
 * Makes calls of a task wait for each other, so that what reads the store into memory can't be overtaken by an older reading: whoever
 * calls after a change sees it in memory when the call resolves.
 */
export function inTurn<Result>(task: () => Promise<Result>): () => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const next = last.then(task, task);
    last = next;
    return next;
  };
}
