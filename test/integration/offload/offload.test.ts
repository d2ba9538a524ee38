import { getPriority } from 'node:os';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock, TestClock } from '../../../controller/clock.ts';
import { createOffload, type Offload } from '../../../controller/offload/index.ts';
import type { OffloadTasks } from '../../../controller/offload-tasks.ts';
import type { Tasks } from '../../support/offload-thread.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const opened: { close(): Promise<void> }[] = [];

function offload(): Offload<Tasks> {
  const made = createOffload<Tasks>({ thread: new URL('../../support/offload-thread.ts', import.meta.url), clock, logger });
  opened.push(made);
  return made;
}

afterEach(async () => {
  for (const made of opened.splice(0)) await made.close();
});

describe('computing off the event loop', () => {
  it('answers, in order, at low priority, and leaves this thread’s priority alone', async () => {
    const work = offload();
    expect(await Promise.all([1, 2, 3].map((value) => work.run('double', value)))).toEqual([2, 4, 6]);
    expect(await work.run('niceness', undefined as never)).toBeGreaterThanOrEqual(15);
    expect(getPriority(0)).toBeLessThan(15);
    expect(work.pending()).toBe(0);
  });

  it('brings a refusal back with its words, and a defect as a defect', async () => {
    const work = offload();
    await expect(work.run('refuse', 'speech.empty')).rejects.toMatchObject({
      name: 'AppError',
      code: 'speech.empty',
      status: 422,
      words: { vi: 'không', en: 'no' },
      details: { code: 'speech.empty' },
    });
    await expect(work.run('fail', undefined as never)).rejects.toThrow('a defect');
    expect(await work.run('double', 4)).toBe(8);
  });

  it('ends what takes too long, says so, and goes on with the next', async () => {
    const work = offload();
    const endless = work.run('compute-for-ever', undefined as never, { limitMs: 200 });
    const behind = work.run('double', 5);
    await expect(endless).rejects.toMatchObject({ code: 'offload.too_long', status: 503 });
    expect(await behind).toBe(10);
  });

  it('answers late, but surely, where the thread gets no processor', async () => {
    const work = offload();
    await work.run('double', 1);
    expect(await work.run('get-no-processor', 2000, { limitMs: 300 })).toBe('late');
    // What it used for the one before is not the next one's.
    await expect(work.run('compute-for-ever', undefined as never, { limitMs: 300 })).rejects.toMatchObject({ code: 'offload.too_long' });
  });

  it.each(['die', 'eat-memory'] as const)('survives a thread that ends by itself (%s)', async (name) => {
    const work = offload();
    const deadly = work.run(name, undefined as never);
    const behind = work.run('double', 6);
    await expect(deadly).rejects.toMatchObject({ code: 'offload.interrupted', status: 503 });
    expect(await behind).toBe(12);
  });

  it('refuses people’s work above its bound in words, never the controller’s own, which goes first', async () => {
    const work = offload();
    const order: number[] = [];
    const blocker = work.run('compute-for-ever', undefined as never, { limitMs: 500 }).catch(() => undefined);
    const waiting = Array.from({ length: 32 }, (_, index) => work.run('double', index).then((value) => order.push(value)));
    await expect(work.run('double', 99)).rejects.toMatchObject({ code: 'offload.busy', status: 503 });
    const own = work.run('double', 1000, { own: true }).then((value) => order.push(value));
    await Promise.all([blocker, own, ...waiting]);
    expect(order[0]).toBe(2000);
    expect(order).toHaveLength(33);
  });

  it('keeps no thread when there is nothing to do for a minute', async () => {
    const testClock = new TestClock();
    const work = createOffload<Tasks>({ thread: new URL('../../support/offload-thread.ts', import.meta.url), clock: testClock, logger });
    opened.push(work);
    expect(await work.run('double', 1)).toBe(2);
    expect(work.isAwake()).toBe(true);
    await testClock.advance(60_000);
    expect(work.isAwake()).toBe(false);
    expect(await work.run('double', 2)).toBe(4);
    await work.close();
    expect(testClock.pending()).toEqual([]);
  });

  it('refuses what waits when the controller stops', async () => {
    const work = offload();
    const running = work.run('compute-for-ever', undefined as never);
    const waiting = work.run('double', 1);
    const both = Promise.allSettled([running, waiting]);
    await work.close();
    expect(await both).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    await expect(work.run('double', 1)).rejects.toMatchObject({ code: 'offload.interrupted' });
  });

  it('has the controller’s own tasks', async () => {
    const work = createOffload<OffloadTasks>({ thread: new URL('../../../controller/offload-thread.ts', import.meta.url), clock, logger });
    opened.push(work);
    const style = { zeroTen: 'lẻ', thousand: 'nghìn' } as const;
    expect(await work.run('read-out', { text: 'Họp lúc 7h30.', dictionary: [], style })).toEqual([['Họp lúc bảy giờ ba mươi phút.']]);
    await expect(work.run('read-out', { text: ' ', dictionary: [], style })).rejects.toMatchObject({ code: 'speech.empty' });
  });
});
