/**
 * Makes calls of a task for the same key wait for each other, so that what is read from the store into memory can't be overtaken by an older reading;
 * other keys don't wait. Whoever calls after a change sees it when the call resolves.
 */
export function oneAtATime<Key>(task: (key: Key) => Promise<void>): (key: Key) => Promise<void> {
  const last = new Map<Key, Promise<void>>();
  return (key) => {
    const run = (): Promise<void> => task(key);
    const next = (last.get(key) ?? Promise.resolve()).then(run, run);
    last.set(key, next);
    const forget = (): void => {
      if (last.get(key) === next) last.delete(key);
    };
    next.then(forget, forget);
    return next;
  };
}
