import type { Clock, Timer } from '../clock.ts';

/** What the watch needs of a worker process. */
export interface WatchedProcess {
  /** The cheapest request there is: the process answers it between two packets. */
  getResourceUsage(): Promise<unknown>;
}

const LOOK_MS = 1000;
/** Looks in a row without an answer. A look that came late because this process stood still counts once. */
const LOOKS_UNANSWERED_MAX = 5;

/**
 * Notices a process that lives but answers nothing (stopped, swapped out, in an endless loop): mediasoup waits for answers without
 * end, so everything asked of it would wait, too.
 */
export function watchWorker(process: WatchedProcess, clock: Clock, onHung: (silentMs: number) => void): Timer {
  let isAsking = false;
  let unanswered = 0;
  const ask = async (): Promise<void> => {
    isAsking = true;
    try {
      await process.getResourceUsage();
    } catch {
      // It is gone: its death is told elsewhere.
    }
    isAsking = false;
    unanswered = 0;
  };
  const watch = clock.every('watch of a media worker', LOOK_MS, () => {
    if (!isAsking) return void ask();
    unanswered += 1;
    if (unanswered < LOOKS_UNANSWERED_MAX) return;
    watch.cancel();
    onHung(unanswered * LOOK_MS);
  });
  return watch;
}
