/** How long a live announcement runs without a person asking for more, and what one press adds. */
export const FIRST_LIMIT_MS = 10 * 60_000;
export const EXTENSION_MS = 5 * 60_000;
/** What the server is told at most: the console ends earlier, and a forgotten page is ended by the server. */
export const SERVER_LIMIT_MS = 60 * 60_000;
/** Below this the page warns, in words. */
export const WARNING_MS = 60_000;

export interface SpeakingTime {
  startedAtMs: number;
  limitMs: number;
}

export function remainingMs(time: SpeakingTime, nowMs: number): number {
  return Math.max(0, time.startedAtMs + time.limitMs - nowMs);
}

/** Five minutes more, never beyond what the server was told. */
export function extended(time: SpeakingTime): SpeakingTime {
  return { ...time, limitMs: Math.min(SERVER_LIMIT_MS, time.limitMs + EXTENSION_MS) };
}

export function canExtend(time: SpeakingTime): boolean {
  return time.limitMs < SERVER_LIMIT_MS;
}

/** How far the programme has sounded, as the server told at an instant of its clock. */
export interface Sounded {
  positionMs: number;
  atMs: number;
}

/** Whether what comes before the microphone (the chime, an attention signal) has sounded, so that a word spoken now is heard. Counted on between two reports, never without one. */
export function isOpeningOver(sounded: Sounded | undefined, nowMs: number, openingMs: number): boolean {
  if (!sounded || sounded.positionMs <= 0) return false;
  return sounded.positionMs + Math.max(0, nowMs - sounded.atMs) >= openingMs;
}
