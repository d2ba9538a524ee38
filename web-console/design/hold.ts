/** Seconds of holding that fire, and of the countdown that a click without holding starts (screen readers send only clicks). */
export const HOLD_MS = 3000;
export const COUNTDOWN_MS = 5000;

export type HoldState =
  | { phase: 'idle'; released: boolean }
  | { phase: 'holding'; sinceMs: number }
  | { phase: 'counting'; sinceMs: number }
  | { phase: 'fired' };

export type HoldInput = { type: 'press' } | { type: 'release' } | { type: 'click' } | { type: 'cancel' } | { type: 'time' };

/**
 * Pure: the guard of a dangerous button. Holding for HOLD_MS fires; letting go before does nothing and says so; a bare click starts
 * a countdown that can be cancelled. It fires once, ever.
 */
export function hold(state: HoldState, input: HoldInput, nowMs: number): HoldState {
  if (state.phase === 'fired') return state;
  switch (input.type) {
    case 'press':
      return state.phase === 'idle' ? { phase: 'holding', sinceMs: nowMs } : state;
    case 'release':
      if (state.phase !== 'holding') return state;
      return nowMs - state.sinceMs >= HOLD_MS ? { phase: 'fired' } : { phase: 'idle', released: true };
    case 'click':
      return state.phase === 'idle' ? { phase: 'counting', sinceMs: nowMs } : state;
    case 'cancel':
      return { phase: 'idle', released: true };
    case 'time': {
      const limitMs = state.phase === 'holding' ? HOLD_MS : COUNTDOWN_MS;
      return state.phase !== 'idle' && nowMs - state.sinceMs >= limitMs ? { phase: 'fired' } : state;
    }
  }
}

/** 0 to 1. */
export function holdProgress(state: HoldState, nowMs: number): number {
  if (state.phase === 'fired') return 1;
  if (state.phase === 'idle') return 0;
  return Math.min(1, (nowMs - state.sinceMs) / (state.phase === 'holding' ? HOLD_MS : COUNTDOWN_MS));
}

export const IDLE: HoldState = { phase: 'idle', released: false };
