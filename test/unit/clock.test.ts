import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock, TestClock } from '../../controller/clock.ts';

const HOUR_MS = 3_600_000;

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('notices within two seconds that an instant has come because the wall clock jumped', async () => {
    const clock = new SystemClock();
    clock.start();
    await vi.advanceTimersByTimeAsync(5000);
    let firedAtMs = 0;
    clock.at('five o’clock', clock.nowMs() + HOUR_MS, () => {
      firedAtMs = clock.monotonicMs();
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(firedAtMs).toBe(0);
    // What a suspended machine sees when it wakes: the wall clock is hours on, the monotonic one is not.
    vi.setSystemTime(Date.now() + 4 * HOUR_MS);
    const wokenAtMs = clock.monotonicMs();
    await vi.advanceTimersByTimeAsync(3000);
    expect(firedAtMs - wokenAtMs).toBeGreaterThan(0);
    expect(firedAtMs - wokenAtMs).toBeLessThanOrEqual(2001);
    clock.close();
  });

  it('follows no step while something sounds, says so once, and follows when it is over', async () => {
    const steps: number[] = [];
    const held: number[] = [];
    const clock = new SystemClock({ onStep: (deltaMs) => steps.push(deltaMs), onHeld: (deltaMs) => held.push(deltaMs) });
    let isOnAir = true;
    clock.holdStepsWhile(() => isOnAir);
    clock.start();
    await vi.advanceTimersByTimeAsync(5000);
    for (const stepMs of [-HOUR_MS, 40_000]) {
      const before = clock.nowMs() - clock.monotonicMs();
      isOnAir = true;
      vi.setSystemTime(Date.now() + stepMs);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(Math.abs(clock.nowMs() - clock.monotonicMs() - before)).toBeLessThan(50);
      expect(Math.abs(clock.systemMs() - clock.nowMs() - stepMs)).toBeLessThan(50);
      isOnAir = false;
      await vi.advanceTimersByTimeAsync(2000);
      expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(5);
      expect(Math.round((steps.pop() ?? 0) / 100)).toBe(stepMs / 100);
      expect(Math.round((held.pop() ?? 0) / 100)).toBe(stepMs / 100);
      expect([steps, held]).toEqual([[], []]);
    }
    clock.close();
  });

  it('follows after ten minutes in any case', async () => {
    const clock = new SystemClock();
    clock.holdStepsWhile(() => true);
    clock.start();
    vi.setSystemTime(Date.now() - HOUR_MS);
    await vi.advanceTimersByTimeAsync(9 * 60_000);
    expect(clock.nowMs() - Date.now()).toBeGreaterThan(HOUR_MS - 1000);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(5);
    clock.close();
  });

  it('a leap second is slewed away: never a jump, never backwards', async () => {
    const steps: number[] = [];
    const clock = new SystemClock({ onStep: (deltaMs) => steps.push(deltaMs) });
    clock.start();
    await vi.advanceTimersByTimeAsync(5000);
    vi.setSystemTime(Date.now() - 1000);
    let lastMs = clock.nowMs();
    for (let second = 0; second < 3000; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      const nowMs = clock.nowMs();
      expect(Math.abs(nowMs - lastMs - 1000)).toBeLessThan(2);
      lastMs = nowMs;
    }
    expect(steps).toEqual([]);
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(5);
    clock.close();
  });

  it('fires at its instant, once, and not at all when it was cancelled', async () => {
    const clock = new SystemClock();
    const fired: string[] = [];
    const dueMs = clock.nowMs() + 3500.5;
    clock.at('one', dueMs, () => fired.push('one'));
    const other = clock.at('other', dueMs, () => fired.push('other'));
    await vi.advanceTimersByTimeAsync(2000);
    other.cancel();
    await vi.advanceTimersByTimeAsync(1499);
    expect(fired).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fired).toEqual(['one']);
  });
});

describe('the test clock', () => {
  it('moves timers for an instant with the wall clock, and no others', async () => {
    const clock = new TestClock();
    const fired: string[] = [];
    clock.at('instant', clock.nowMs() + 10_000, () => fired.push('instant'));
    clock.after('delay', 10_000, () => fired.push('delay'));
    clock.step(9000);
    await clock.advance(1000);
    expect(fired).toEqual(['instant']);
    clock.step(-20_000);
    await clock.advance(9000);
    expect(fired).toEqual(['instant', 'delay']);
    expect(clock.nowMs() - clock.monotonicMs()).toBe(-11_000);
  });
});
