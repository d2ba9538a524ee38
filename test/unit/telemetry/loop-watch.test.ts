import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SystemClock, TestClock } from '../../../controller/clock.ts';
import { type AppEvents, createEvents } from '../../../controller/events.ts';
import { createLoopWatch, longestTurn } from '../../../controller/telemetry/loop-watch.ts';
import { createMetrics } from '../../../controller/telemetry/metrics.ts';
import { until } from '../../support/until.ts';

const logger = pino({ level: 'silent' });

function figure(text: string, name: string): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

describe('the event loop’s watch', () => {
  it('sees a turn that computes, in delay and in processor time, and forgets it with the scrape', async () => {
    const clock = new SystemClock();
    const metrics = createMetrics({ defaults: false });
    const watch = createLoopWatch({ clock, metrics, events: createEvents(() => undefined), logger });
    watch.start();
    try {
      await clock.sleep(20);
      await metrics.render();
      const busyUntil = process.threadCpuUsage().user + 60_000;
      while (process.threadCpuUsage().user < busyUntil) Math.sqrt(2);
      let text = '';
      await until('the look that was due', async () => {
        text = await metrics.render();
        return figure(text, 'loaxa_event_loop_longest_turn_seconds') >= 0.05;
      });
      expect(figure(text, 'loaxa_event_loop_delay_seconds{quantile="1"}')).toBeGreaterThanOrEqual(0.05);
      await clock.sleep(20);
      expect(figure(await metrics.render(), 'loaxa_event_loop_longest_turn_seconds')).toBeLessThan(0.05);
    } finally {
      watch.close();
    }
  });

  it('counts no more of a turn than the look was late, and no more than was computed', () => {
    expect(longestTurn({ lateMs: 100, processorMs: 3 })).toBe(3);
    expect(longestTurn({ lateMs: 0, processorMs: 200 })).toBe(5);
    expect(longestTurn({ lateMs: 30, processorMs: 33 })).toBe(33);
  });

  it('knows the longest hold of the last while, also one that nobody has looked at yet', async () => {
    const clock = new StoppedClock();
    const watch = createLoopWatch({ clock, metrics: createMetrics({ defaults: false }), events: createEvents(() => undefined), logger });
    expect(watch.longestHoldMs(1000)).toBe(Infinity);
    watch.start();
    await clock.advance(50);
    expect(watch.longestHoldMs(1000)).toBe(0);
    clock.stopFor(120);
    expect(watch.longestHoldMs(1)).toBeCloseTo(115, 5);
    await clock.advance(500);
    expect(watch.longestHoldMs(1000)).toBeCloseTo(120, 5);
    expect(watch.longestHoldMs(100)).toBe(0);
    watch.close();
  });

  it('tells people of a long hold and whose it was, and when it is over', async () => {
    const clock = new StoppedClock();
    const events = createEvents(() => undefined);
    const told: AppEvents['system.condition'][] = [];
    events.on('system.condition', (condition) => told.push(condition));
    let usedMs = 0;
    const watch = createLoopWatch({ clock, metrics: createMetrics({ defaults: false }), events, logger, processorMs: () => usedMs });
    watch.start();
    await clock.advance(50);
    expect(told).toEqual([]);
    clock.stopFor(400);
    await clock.advance(5);
    expect(told).toMatchObject([
      { code: 'event_loop.held', state: 'raised', en: expect.stringContaining('did not let the controller run') },
    ]);
    usedMs += 390;
    clock.stopFor(400);
    await clock.advance(5);
    expect(told[1]).toMatchObject({ state: 'raised', en: expect.stringContaining('busy computing for 400 ms') });
    await clock.advance(10_000);
    expect(told.slice(2)).toMatchObject([{ code: 'event_loop.held', state: 'cleared' }]);
    watch.close();
    expect(clock.pending()).toEqual([]);
  });
});

/** The monotonic clock goes on while no timer can fire. */
class StoppedClock extends TestClock {
  #stoppedMs = 0;
  stopFor(durationMs: number): void {
    this.#stoppedMs += durationMs;
  }
  override monotonicMs(): number {
    return super.monotonicMs() + this.#stoppedMs;
  }
}
