import { expect, it } from 'vitest';
import { type Clock, TestClock } from '../../../controller/clock.ts';
import { LOOKS } from '../../../controller/distribution/worker-health.ts';
import { LOOK_MS, watchWorker } from '../../../controller/distribution/worker-watch.ts';

/** Looks come when the test says so, as late as it likes: like those of a process that stood still. */
function lateClock(): { clock: Clock; look(afterMs: number): void } {
  const clock = new TestClock();
  let task = (): void => undefined;
  let nowMs = 0;
  clock.every = (_name, _periodMs, given) => {
    task = given;
    return { cancel: () => undefined };
  };
  clock.monotonicMs = () => nowMs;
  return {
    clock,
    look(afterMs) {
      nowMs += afterMs;
      task();
    },
  };
}

it('judges nothing while this process stood still itself: the answer may lie in the pipe', () => {
  const { clock, look } = lateClock();
  let hung = 0;
  const watch = watchWorker({ pid: process.pid, getResourceUsage: () => new Promise(() => undefined) }, clock, { onHung: () => hung++ });
  for (let i = 0; i < 2 * LOOKS.unansweredUntilHung; i++) look(3 * LOOK_MS);
  expect([watch.verdict(), watch.isBehind(), hung]).toEqual(['well', false, 0]);
  look(LOOK_MS);
  expect([watch.verdict(), watch.isBehind()]).toEqual(['busy', true]);
});

it('is behind no longer as soon as it answers, and knows how long that took', async () => {
  const { clock, look } = lateClock();
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = watchWorker({ pid: process.pid, getResourceUsage: () => promise }, clock, { onHung() {} });
  for (let i = 0; i < 3; i++) look(LOOK_MS);
  expect([watch.isBehind(), watch.lagMs()]).toEqual([true, 3 * LOOK_MS]);
  resolve();
  await promise;
  await Promise.resolve();
  expect([watch.isBehind(), watch.lagMs()]).toEqual([false, 3 * LOOK_MS]);
});
