/**
 * The simulator's one source of time, and of the truth it measures against.
 *
 * "True time" in the simulator means the controller's clock. Both processes run on one machine and derive it in the same way: `performance.timeOrigin`
 * + `performance.now()`, slewed towards `Date.now()` when the two part by more than a millisecond. Without an adjustment of the system's clock the two
 * processes agree within about 0.05 ms (the two readings at process start); right after one, within 2 ms (each may sit at its edge of the dead band).
 * That error is the same for every speaker of a fleet: it cancels in skew and stays in latencies.
 */
export interface Timer {
  cancel(): void;
}

/** Instants are Unix epoch milliseconds as fractional numbers. The controller's clocks (system and test) fit this interface. */
export interface Clock {
  /** True time, epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds of a clock without wall time and of constant rate. */
  monotonicMs(): number;
  after(name: string, delayMs: number, task: () => void): Timer;
  /** Calls on an absolute grid: a late call does not push later ones back. */
  every(name: string, periodMs: number, task: () => void): Timer;
}

const STEP_MS = 1000;
const SLEW_PPM = 500;
const DEAD_BAND_MS = 1;
const WATCH_PERIOD_MS = 1000;
const LONGEST_NODE_TIMER_MS = 2 ** 31 - 1;

export interface RunningClock extends Clock {
  start(): void;
  /** Ends all timers too: nothing that still waits may keep the process alive. */
  close(): void;
}

/**
 * Calls after the event loop has read what waits on its sockets. What is rendered in a timer would miss packets that have arrived already and lie unread in the
 * kernel, which happens whenever this process got the processor late.
 */
export function afterPendingInput(task: () => void): void {
  setImmediate(task);
}

export function createSystemClock(): RunningClock {
  let baseEpochMs = performance.timeOrigin;
  let baseMonotonicMs = 0;
  let rate = 1;
  let watch: NodeJS.Timeout | undefined;
  const waiting = new Set<NodeJS.Timeout>();
  const wait = (delayMs: number, task: () => void): NodeJS.Timeout => {
    const handle = setTimeout(
      () => {
        waiting.delete(handle);
        task();
      },
      Math.min(Math.max(0, delayMs), LONGEST_NODE_TIMER_MS),
    );
    waiting.add(handle);
    return handle;
  };
  const forget = (handle: NodeJS.Timeout | undefined): void => {
    clearTimeout(handle);
    if (handle) waiting.delete(handle);
  };

  const nowMs = (): number => baseEpochMs + (performance.now() - baseMonotonicMs) * rate;
  const discipline = (): void => {
    // Date.now() is cut to whole milliseconds; half a millisecond centres the error.
    const errorMs = Date.now() + 0.5 - nowMs();
    baseEpochMs = nowMs();
    baseMonotonicMs = performance.now();
    if (Math.abs(errorMs) > STEP_MS) baseEpochMs += errorMs;
    const slewPpm = Math.abs(errorMs) > DEAD_BAND_MS && Math.abs(errorMs) <= STEP_MS ? errorMs * 100 : 0;
    rate = 1 + Math.max(-SLEW_PPM, Math.min(SLEW_PPM, slewPpm)) / 1e6;
  };

  return {
    nowMs,
    monotonicMs: () => performance.now(),
    start() {
      watch ??= setInterval(discipline, WATCH_PERIOD_MS);
      watch.unref();
    },
    close() {
      clearInterval(watch);
      watch = undefined;
      for (const handle of waiting) clearTimeout(handle);
      waiting.clear();
    },
    after(_name, delayMs, task) {
      const handle = wait(delayMs, task);
      return { cancel: () => forget(handle) };
    },
    every(_name, periodMs, task) {
      let cancelled = false;
      let handle: NodeJS.Timeout | undefined;
      let nextMs = performance.now() + periodMs;
      const arm = (): void => {
        handle = wait(nextMs - performance.now(), () => {
          nextMs += periodMs * Math.max(1, Math.ceil((performance.now() - nextMs) / periodMs));
          task();
          if (!cancelled) arm();
        });
      };
      arm();
      return {
        cancel() {
          cancelled = true;
          forget(handle);
        },
      };
    },
  };
}
