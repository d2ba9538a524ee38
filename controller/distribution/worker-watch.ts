import type { Clock, Timer } from '../clock.ts';
import { type ProcessFigures, processFigures } from './process-figures.ts';
import { WorkerHealth, type WorkerVerdict } from './worker-health.ts';

/** What the watch needs of a worker process. */
export interface WatchedProcess {
  readonly pid: number;
  /** The cheapest request there is: the process answers it between two packets. */
  getResourceUsage(): Promise<unknown>;
}

export interface WorkerWatch extends Timer {
  /** How far the process is behind with what it was sent: the age of the question that waits, or how long the last answer took, ms. */
  lagMs(): number;
  verdict(): WorkerVerdict;
  /** At work on what was sent more than a second ago, as seen at the last look. One that was stopped is not: it catches up by itself. */
  isBehind(): boolean;
}

export interface WatchFacts {
  /** At every look. */
  onFigures?(figures: ProcessFigures): void;
  onVerdict?(verdict: WorkerVerdict, lagMs: number): void;
  /** It will not answer any more; the watch has ended. */
  onHung(silentMs: number): void;
}

export const LOOK_MS = 500;
/** This process stood still itself: the answer may lie in the pipe. Nothing is judged then. */
const LATE_LOOK_MS = 250;
/** What waits so long in front of a busy worker would come too late for live sound, and make what follows late, too. */
const BEHIND_MS = 1000;

/**
 * Notices a process that lives but answers nothing (stopped, swapped out, in an endless loop): mediasoup waits for answers without
 * end, so everything asked of it would wait, too. One that is only busy is left alone, one that was stopped is told to go on.
 */
export function watchWorker(watched: WatchedProcess, clock: Clock, facts: WatchFacts): WorkerWatch {
  const health = new WorkerHealth();
  let askedAtMs: number | undefined;
  let tookMs = 0;
  let verdict: WorkerVerdict = 'well';
  let isBehind = false;
  let lookedAtMs = clock.monotonicMs();
  const lagMs = (): number => (askedAtMs === undefined ? tookMs : Math.max(tookMs, clock.monotonicMs() - askedAtMs));
  const ask = async (): Promise<void> => {
    const atMs = clock.monotonicMs();
    askedAtMs = atMs;
    try {
      await watched.getResourceUsage();
    } catch {
      // It is gone: its death is told elsewhere.
    }
    askedAtMs = undefined;
    isBehind = false;
    tookMs = clock.monotonicMs() - atMs;
  };
  const timer = clock.every('watch of a media worker', LOOK_MS, () => {
    const lateMs = clock.monotonicMs() - lookedAtMs - LOOK_MS;
    lookedAtMs += LOOK_MS + lateMs;
    const isAnswered = askedAtMs === undefined;
    if (!isAnswered && lateMs > LATE_LOOK_MS) return;
    const figures = processFigures(watched.pid);
    if (figures) facts.onFigures?.(figures);
    const now = health.look(isAnswered, figures);
    if (now === 'hung') {
      timer.cancel();
      return facts.onHung(lagMs());
    }
    isBehind = now === 'busy' && lagMs() > BEHIND_MS;
    if (now === 'continue') signal(watched.pid, 'SIGCONT');
    if (now !== verdict) {
      verdict = now;
      facts.onVerdict?.(now, lagMs());
    }
    if (isAnswered) void ask();
  });
  void ask();
  return { cancel: () => timer.cancel(), lagMs, verdict: () => verdict, isBehind: () => isBehind };
}

function signal(pid: number, name: 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself meanwhile.
  }
}
