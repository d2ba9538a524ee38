import type { BrowserClock } from '../clock.ts';

/** Longer than the page's slowest poll: a person who writes for an hour without a call keeps the session by the poll in between. */
const ATTENDED_MS = 90_000;
const SIGNS = ['pointerdown', 'keydown', 'input', 'wheel', 'click'] as const;

let clock: BrowserClock | undefined;
let lastSignMs = 0;

/** From now on the page knows whether somebody is using it. Opening it counts. */
export function watchAttendance(page: EventTarget, itsClock: BrowserClock): void {
  clock = itsClock;
  const note = (): void => {
    lastSignMs = itsClock.nowMs();
  };
  note();
  for (const sign of SIGNS) page.addEventListener(sign, note, { capture: true, passive: true });
}

/** Whether a hand was on this page lately. A page that asks by itself, alone in a room, must not keep a session alive. */
export function isAttended(): boolean {
  return clock === undefined || clock.nowMs() - lastSignMs < ATTENDED_MS;
}
