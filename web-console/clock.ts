/**
 * The browser's time, in one place, as controller/clock.ts is for the server. A page shows the controller's time
 * (live/live-feed.ts keeps the difference); this one is for waiting and for measuring.
 */
export interface BrowserClock {
  nowMs(): number;
  /** Returns the function that cancels it. */
  after(delayMs: number, task: () => void): () => void;
  every(periodMs: number, task: () => void): () => void;
}

export const browserClock: BrowserClock = {
  nowMs: () => Date.now(),
  after(delayMs, task) {
    const handle = setTimeout(task, delayMs);
    return () => clearTimeout(handle);
  },
  every(periodMs, task) {
    const handle = setInterval(task, periodMs);
    return () => clearInterval(handle);
  },
};

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => void browserClock.after(delayMs, resolve));
}
