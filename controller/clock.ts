import { uptime } from 'node:os';

/**
 * The one source of time. Every other module receives a Clock; a rule test forbids Date.now and timers elsewhere.
 *
 * All instants are Unix epoch milliseconds as fractional numbers (a double keeps better than 1 µs until the year 2200).
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /**
   * Wall-clock time in epoch milliseconds. Follows the system's clock by slewing; a step of it is followed at once while nothing sounds, and
   * waits for a pause otherwise. Differences over time are `monotonicMs`' business.
   */
  nowMs(): number;
  /** Milliseconds on a clock that knows no wall time and never changes its rate; only differences mean something. */
  monotonicMs(): number;
  /** Calls `task` once after `delayMs` (any length; above 2^31 ms too). `name` says in a dump what is awaited. */
  after(name: string, delayMs: number, task: () => void): Timer;
  /** Calls `task` once at the wall-clock instant, following later corrections of the clock. */
  at(name: string, epochMs: number, task: () => void): Timer;
  /** Calls `task` every `periodMs` on an absolute grid (late calls do not push later ones back). */
  every(name: string, periodMs: number, task: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

const LONGEST_NODE_TIMER_MS = 2 ** 31 - 1;
/** So often a timer for an instant looks at the wall clock: the system's clock may be set, and a machine that slept is hours further. */
const LOOK_AT_WALL_MS = 1000;
/** A difference from the system's clock above this is a step (somebody set the time), not drift or a leap second to be slewed away. */
const STEP_MS = 1500;
/** A step waits no longer for what sounds: whatever is due by the right time has waited long enough. */
const LONGEST_HOLD_MS = 10 * 60_000;
/** The clock that counts sleep, too, is this much further on: the machine slept. */
const SLEPT_MS = 1500;
const SLEW_PPM = 500;
const WATCH_PERIOD_MS = 1000;

interface SystemClockOptions {
  /** Called when the system's clock was set by more than 1.5 s while we ran, and we followed. */
  onStep?: (deltaMs: number) => void;
  /** Called once when such a step has to wait for what sounds. */
  onHeld?: (deltaMs: number) => void;
}

/**
 * Real time: `performance.now()` for resolution and steadiness, disciplined towards `Date.now()` at no more than 500 ppm,
 * so that NTP corrections reach the air timeline as inaudible rate changes.
 */
export class SystemClock implements Clock {
  #baseEpochMs = performance.timeOrigin;
  #baseMonotonicMs = 0;
  #rate = 1;
  #watch: NodeJS.Timeout | undefined;
  #options: SystemClockOptions;
  #isHeld: () => boolean = () => false;
  #heldSinceMs: number | undefined;
  #asleepMs = asleepMs();

  constructor(options: SystemClockOptions = {}) {
    this.#options = options;
  }

  /** While this is true no step is followed (for at most ten minutes): to every speaker what sounds would be in the future, or over. */
  holdStepsWhile(isHeld: () => boolean): void {
    this.#isHeld = isHeld;
  }

  /** The system's own wall clock, steps and all: for what others compare with theirs, such as the dates of a certificate. */
  systemMs(): number {
    return Date.now();
  }

  start(): void {
    this.#watch ??= setInterval(() => this.#discipline(), WATCH_PERIOD_MS);
    this.#watch.unref();
  }

  close(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  nowMs(): number {
    return this.#baseEpochMs + (performance.now() - this.#baseMonotonicMs) * this.#rate;
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(name: string, delayMs: number, task: () => void): Timer {
    const dueMs = performance.now() + delayMs;
    return this.#arm(name, () => dueMs - performance.now(), task, LONGEST_NODE_TIMER_MS);
  }

  at(name: string, epochMs: number, task: () => void): Timer {
    return this.#arm(name, () => epochMs - this.nowMs(), task, LOOK_AT_WALL_MS);
  }

  every(_name: string, periodMs: number, task: () => void): Timer {
    let cancelled = false;
    let handle: NodeJS.Timeout | undefined;
    let nextMs = performance.now() + periodMs;
    const arm = (): void => {
      handle = setTimeout(
        () => {
          const nowMs = performance.now();
          nextMs += periodMs * Math.max(1, Math.ceil((nowMs - nextMs) / periodMs));
          task();
          if (!cancelled) arm();
        },
        Math.max(0, nextMs - performance.now()),
      );
    };
    arm();
    return {
      cancel: () => {
        cancelled = true;
        clearTimeout(handle);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = this.after('sleep', delayMs, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  #arm(_name: string, remainingMs: () => number, task: () => void, longestMs: number): Timer {
    let handle: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const leftMs = remainingMs();
      // Node rounds timers to whole milliseconds and may fire one early: look again until the instant has truly come.
      handle = setTimeout(() => (remainingMs() > 0.25 ? arm() : task()), Math.min(Math.max(0, leftMs), longestMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  }

  #discipline(): void {
    // Date.now() is cut to whole milliseconds; half a millisecond centres the error.
    const errorMs = Date.now() + 0.5 - this.nowMs();
    const nowMs = this.nowMs();
    this.#baseMonotonicMs = performance.now();
    this.#baseEpochMs = nowMs;
    const isStep = Math.abs(errorMs) > STEP_MS;
    if (!isStep) this.#heldSinceMs = undefined;
    if (isStep && this.#mustWait(errorMs)) {
      this.#rate = 1;
    } else if (isStep) {
      this.#heldSinceMs = undefined;
      this.#baseEpochMs += errorMs;
      this.#rate = 1;
      this.#options.onStep?.(errorMs);
    } else if (Math.abs(errorMs) > 1) {
      this.#rate = 1 + Math.max(-SLEW_PPM, Math.min(SLEW_PPM, (errorMs / WATCH_PERIOD_MS) * 1e5)) / 1e6;
    } else {
      this.#rate = 1;
    }
  }

  #mustWait(errorMs: number): boolean {
    const before = this.#asleepMs;
    this.#asleepMs = asleepMs();
    // A machine that slept: the speakers' clocks went on, and the step brings ours back to theirs.
    if (this.#asleepMs - before > SLEPT_MS || !this.#isHeld()) return false;
    const nowMs = performance.now();
    if (this.#heldSinceMs === undefined) {
      this.#heldSinceMs = nowMs;
      this.#options.onHeld?.(errorMs);
    }
    return nowMs - this.#heldSinceMs < LONGEST_HOLD_MS;
  }
}

/** Grows by what the machine sleeps: the time since boot counts that (CLOCK_BOOTTIME), the steady clock does not (CLOCK_MONOTONIC). */
function asleepMs(): number {
  return uptime() * 1000 - performance.now();
}

interface Pending {
  name: string;
  /** On the monotonic clock. */
  dueMs: number;
  /** Of a timer for an instant. */
  epochMs?: number;
  order: number;
  task: () => void;
}

/** Time that moves only when a test says so. Timers fire in order of their instants during `advance`. */
export class TestClock implements Clock {
  #nowMs: number;
  /** Wall clock minus monotonic clock. */
  #offsetMs = 0;
  #order = 0;
  #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 9, 10, 0, 0, 0)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#offsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** The system's clock is set, or the machine slept: the wall clock jumps, the monotonic one doesn't notice. */
  step(byMs: number): void {
    this.#offsetMs += byMs;
    for (const entry of this.#pending) if (entry.epochMs !== undefined) entry.dueMs = this.#dueMs(entry.epochMs);
  }

  after(name: string, delayMs: number, task: () => void): Timer {
    return this.#arm({ name, dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task });
  }

  at(name: string, epochMs: number, task: () => void): Timer {
    return this.#arm({ name, dueMs: this.#dueMs(epochMs), epochMs, order: this.#order++, task });
  }

  #dueMs(epochMs: number): number {
    return Math.max(epochMs - this.#offsetMs, this.#nowMs);
  }

  #arm(entry: Pending): Timer {
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  every(name: string, periodMs: number, task: () => void): Timer {
    let timer: Timer;
    let dueMs = this.#nowMs + periodMs;
    const arm = (): Timer => this.#arm({ name, dueMs, order: this.#order++, task: fire });
    const fire = (): void => {
      dueMs += periodMs;
      timer = arm();
      task();
    };
    timer = arm();
    return { cancel: () => timer.cancel() };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = this.after('sleep', delayMs, resolve);
      signal?.addEventListener(
        'abort',
        () => {
          timer.cancel();
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** Names of the timers that are armed, for assertions. */
  pending(): string[] {
    return [...this.#pending].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order).map((entry) => entry.name);
  }

  /** Moves time on, firing what falls due, and lets promises settle between timers. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      let next: Pending | undefined;
      for (const entry of this.#pending) {
        if (entry.dueMs > untilMs) continue;
        if (!next || entry.dueMs < next.dueMs || (entry.dueMs === next.dueMs && entry.order < next.order)) next = entry;
      }
      if (!next) break;
      this.#pending.delete(next);
      this.#nowMs = next.dueMs;
      next.task();
    }
    this.#nowMs = untilMs;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
