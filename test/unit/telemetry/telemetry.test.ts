import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { createEvents } from '../../../controller/events.ts';
import { CLEARED_CONDITION_SHOWN_MS } from '../../../controller/protocol/conditions.ts';
import { createConditions } from '../../../controller/telemetry/conditions.ts';
import { createHealth } from '../../../controller/telemetry/health.ts';
import { createMetrics } from '../../../controller/telemetry/metrics.ts';

describe('health', () => {
  it('is as bad as its worst part, a useful part making it no worse than degraded', async () => {
    const clock = new TestClock();
    const health = createHealth({ clock });
    expect((await health.report()).status).toBe('ok');
    health.register('postgres', 'vital', () => true);
    health.register('speech', 'useful', () => false);
    expect(await health.report()).toMatchObject({ status: 'degraded', checks: { postgres: { state: 'ok' }, speech: { state: 'down' } } });
    health.register('mediasoup', 'vital', () => ({ state: 'degraded', detail: '1 of 2 workers' }));
    expect((await health.report()).status).toBe('degraded');
    health.register('redis', 'vital', () => Promise.reject(new Error('no socket')));
    expect(await health.report()).toMatchObject({ status: 'down', checks: { redis: { state: 'down', detail: 'no socket' } } });
  });

  it('tells a controller that sounds from one that people can work with', async () => {
    const health = createHealth({ clock: new TestClock() });
    health.register('postgres', 'vital', () => false);
    health.register('media', 'air', () => true);
    expect(await health.report()).toMatchObject({ live: true, ready: false, status: 'down' });
    health.register('postgres', 'vital', () => true);
    health.register('media', 'air', () => false);
    expect(await health.report()).toMatchObject({ live: false, ready: false, status: 'down' });
  });

  it('asks a check that hangs once, however often it is asked itself', async () => {
    const clock = new TestClock();
    const health = createHealth({ clock });
    let asked = 0;
    let end: ((isWell: boolean) => void) | undefined;
    health.register('stuck', 'vital', () => {
      asked += 1;
      return new Promise<boolean>((resolve) => {
        end = resolve;
      });
    });
    for (let round = 0; round < 5; round++) {
      const report = health.report();
      await clock.advance(2000);
      expect((await report).ready).toBe(false);
    }
    expect(asked).toBe(1);
    end?.(true);
    await clock.advance(1000);
    const report = health.report();
    await clock.advance(0);
    end?.(true);
    expect((await report).ready).toBe(true);
    expect(asked).toBe(2);
  });

  it('does not wait for a check that hangs, and leaves no timer behind', async () => {
    const clock = new TestClock();
    const health = createHealth({ clock });
    health.register('stuck', 'vital', () => new Promise<boolean>(() => undefined));
    const report = health.report();
    await clock.advance(2000);
    expect(await report).toMatchObject({ status: 'down', checks: { stuck: { detail: 'no answer in 2000 ms' } } });
    expect(clock.pending()).toEqual([]);
  });

  it('answers a flood of questions with one round of checks a second', async () => {
    const clock = new TestClock();
    const health = createHealth({ clock });
    let rounds = 0;
    health.register('counted', 'vital', () => ++rounds > 0);
    await Promise.all(Array.from({ length: 100 }, () => health.report()));
    expect(rounds).toBe(1);
    await clock.advance(1000);
    await health.report();
    expect(rounds).toBe(2);
  });
});

describe('conditions', () => {
  it('are known to whoever comes later, since when they last', async () => {
    const clock = new TestClock(1000);
    const events = createEvents(() => undefined);
    const conditions = createConditions({ events, clock });
    conditions.start();
    const raise = (code: string, en = code) => events.emit('system.condition', { code, state: 'raised', vi: en, en });
    raise('redis.away');
    await clock.advance(500);
    raise('disk.full');
    raise('redis.away', 'still away');
    expect(conditions.current()).toEqual([
      { code: 'redis.away', vi: 'still away', en: 'still away', sinceMs: 1000 },
      { code: 'disk.full', vi: 'disk.full', en: 'disk.full', sinceMs: 1500 },
    ]);
    events.emit('system.condition', { code: 'redis.away', state: 'cleared', vi: '', en: '' });
    expect(conditions.current()).toEqual([
      { code: 'disk.full', vi: 'disk.full', en: 'disk.full', sinceMs: 1500 },
      { code: 'redis.away', vi: 'still away', en: 'still away', sinceMs: 1000, clearedAtMs: 1500 },
    ]);
    conditions.close();
    raise('late');
    expect(conditions.current()).toHaveLength(2);
  });

  it('are shown for some minutes after their end, in the words of the end', async () => {
    const clock = new TestClock(0);
    const events = createEvents(() => undefined);
    const conditions = createConditions({ events, clock });
    conditions.start();
    const tell = (state: 'raised' | 'cleared', text: string) =>
      events.emit('system.condition', { code: 'engine.redis', state, vi: text, en: text });
    tell('cleared', 'it was never raised');
    expect(conditions.current()).toEqual([]);
    tell('raised', 'ended');
    await clock.advance(100);
    tell('cleared', 'was started again');
    await clock.advance(CLEARED_CONDITION_SHOWN_MS);
    expect(conditions.current()).toMatchObject([{ en: 'was started again', sinceMs: 0, clearedAtMs: 100 }]);
    await clock.advance(1);
    expect(conditions.current()).toEqual([]);
    tell('raised', 'ended again');
    expect(conditions.current()).toEqual([{ code: 'engine.redis', vi: 'ended again', en: 'ended again', sinceMs: clock.nowMs() }]);
  });

  it('belong to what they are about: the end of one is not the end of another, and of what was not raised no end is told', () => {
    const events = createEvents(() => undefined);
    const conditions = createConditions({ events, clock: new TestClock(0) });
    conditions.start();
    const told: unknown[] = [];
    events.on('condition.changed', ({ subject, state, en }) => told.push([subject, state, en]));
    const tell = (subject: string, state: 'raised' | 'cleared' | 'lapsed', en: string) =>
      events.emit('system.condition', { code: 'air.broadcast_failed', subject, state, vi: en, en });
    tell('evening', 'cleared', 'is on the air');
    tell('evening', 'lapsed', 'ended');
    expect(told).toEqual([]);
    tell('morning', 'raised', 'was not aired');
    tell('evening', 'cleared', 'is on the air');
    expect(conditions.current()).toMatchObject([{ subject: 'morning', en: 'was not aired' }]);
    tell('noon', 'raised', 'was not aired');
    tell('noon', 'lapsed', '');
    tell('noon', 'lapsed', '');
    expect(told).toEqual([
      ['morning', 'raised', 'was not aired'],
      ['noon', 'raised', 'was not aired'],
      ['noon', 'lapsed', 'was not aired'],
    ]);
    expect(conditions.current()[1]).toMatchObject({ subject: 'noon', clearedAtMs: 0, lapsed: true });
  });

  it('do not fill the memory, and are forgotten when they are old news', async () => {
    const clock = new TestClock(0);
    const events = createEvents(() => undefined);
    const conditions = createConditions({ events, clock });
    conditions.start();
    const raise = (code: string, part: { subject?: string; untilMs?: number }) =>
      events.emit('system.condition', { code, state: 'raised', vi: code, en: code, ...part });
    raise('disk.full', {});
    events.emit('system.condition', { code: 'disk.full', state: 'cleared', vi: '', en: '' });
    for (let n = 1; n <= 1000; n++) raise('air.broadcast_failed', { subject: String(n), untilMs: 1000 });
    expect(conditions.current()).toHaveLength(100);
    expect(conditions.current()).toMatchObject({ 0: { subject: '901' }, 99: { subject: '1000' } });
    await clock.advance(1000);
    expect(conditions.current()).toEqual([]);
  });
});

describe('metrics', () => {
  it('render what slices registered and the process’s own figures, each instance for itself', async () => {
    const [one, other] = [createMetrics(), createMetrics({ defaults: false })];
    one.counter({ name: 'loaxa_test_total', help: 'h', labelNames: ['kind'] }).inc({ kind: 'a' }, 3);
    one.gauge({
      name: 'loaxa_test_gauge',
      help: 'h',
      collect() {
        this.set(42);
      },
    });
    other.counter({ name: 'loaxa_test_total', help: 'h' });
    const text = await one.render();
    expect(text).toContain('loaxa_test_total{kind="a"} 3');
    expect(text).toContain('loaxa_test_gauge 42');
    expect(text).toContain('process_resident_memory_bytes');
    expect(await other.render()).not.toContain('process_');
    one.close();
    expect(await one.render()).toBe('\n');
  });
});
