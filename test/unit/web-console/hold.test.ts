import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNTDOWN_MS, HOLD_MS, type HoldInput, type HoldState, hold, holdProgress, IDLE } from '../../../web-console/design/hold.ts';

function run(...steps: [HoldInput['type'], number][]): HoldState {
  return steps.reduce<HoldState>((state, [type, atMs]) => hold(state, { type }, atMs), IDLE);
}

describe('the guard of the emergency button', () => {
  it('fires after three seconds of holding', () => {
    expect(run(['press', 0], ['time', HOLD_MS - 1]).phase).toBe('holding');
    expect(run(['press', 0], ['time', HOLD_MS]).phase).toBe('fired');
  });

  it('does nothing when let go before, and says so', () => {
    expect(run(['press', 0], ['release', HOLD_MS - 1])).toEqual({ phase: 'idle', released: true });
  });

  it('a bare click counts down five seconds and can be cancelled', () => {
    expect(run(['click', 0], ['release', 10], ['time', COUNTDOWN_MS - 1]).phase).toBe('counting');
    expect(run(['click', 0], ['cancel', COUNTDOWN_MS - 1], ['time', COUNTDOWN_MS]).phase).toBe('idle');
    expect(run(['click', 0], ['time', COUNTDOWN_MS]).phase).toBe('fired');
  });

  it('repeated presses don’t restart or shorten it', () => {
    expect(run(['press', 0], ['press', 2000], ['time', HOLD_MS]).phase).toBe('fired');
    expect(run(['press', 0], ['click', 100], ['time', HOLD_MS - 1]).phase).toBe('holding');
  });

  it('fires at most once, and never sooner than it says', () => {
    const inputs = fc.array(fc.tuple(fc.constantFrom('press', 'release', 'click', 'cancel', 'time'), fc.integer({ min: 1, max: 1500 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(inputs, (steps) => {
        let state: HoldState = IDLE;
        let nowMs = 0;
        let startedAtMs = Number.POSITIVE_INFINITY;
        let fired = 0;
        for (const [type, afterMs] of steps) {
          nowMs += afterMs;
          const before: HoldState = state;
          state = hold(state, { type } as HoldInput, nowMs);
          if (before.phase === 'idle' && state.phase !== 'idle') startedAtMs = nowMs;
          if (before.phase !== 'fired' && state.phase === 'fired') {
            fired += 1;
            expect(nowMs - startedAtMs).toBeGreaterThanOrEqual(HOLD_MS);
          }
          expect(holdProgress(state, nowMs)).toBeGreaterThanOrEqual(0);
          expect(holdProgress(state, nowMs)).toBeLessThanOrEqual(1);
        }
        expect(fired).toBeLessThanOrEqual(1);
      }),
    );
  });
});
