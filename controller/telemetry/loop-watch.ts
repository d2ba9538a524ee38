import { createHistogram } from 'node:perf_hooks';
import type { Clock, Timer } from '../clock.ts';
import type { Events } from '../events.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** How often the loop is looked at; also by how much a turn's length can be overstated. */
const LOOK_PERIOD_MS = 5;
/** For so long single holds are remembered, from this length on. */
const REMEMBERED = { forMs: 30_000, fromMs: 1 };
/** A hold of this length is heard: packets leave in time for the speakers' delay, not for more. */
const TOLD_ABOVE_MS = 250;
/** So long after the last long hold it is over. */
const OVER_AFTER_MS = 10_000;
const CONDITION = 'event_loop.held';

/** One look at the loop. */
export interface LoopLook {
  /** How much later than due the look came: for so long nothing else could run, ms. */
  lateMs: number;
  /** Processor time of the loop's thread since the look before, ms. */
  processorMs: number;
}

export interface LoopWatch {
  start(): void;
  close(): void;
  /** The longest hold within the last so many milliseconds (30 s at most), one that lasts still included, ms. Infinity while nobody watches. */
  longestHoldMs(withinMs: number): number;
}

export interface LoopWatchDeps {
  clock: Clock;
  metrics: Metrics;
  events: Events;
  logger: Logger;
  /** Processor time that the thread has used so far, ms; tests replace it. */
  processorMs?: () => number;
}

/**
 * Measures for how long the event loop, which the air depends on, was held: delay for Prometheus, and a word to people when it was
 * long. Held by our own computing and held because the machine gave no processor are told apart by processor time.
 */
export function createLoopWatch({ clock, metrics, events, logger, processorMs = threadProcessorMs }: LoopWatchDeps): LoopWatch {
  const delays = createHistogram();
  let longestTurnMs = 0;
  let timer: Timer | undefined;
  let recovery: Timer | undefined;
  let lastMs = 0;
  let lastProcessorMs = 0;
  /** Newest last. */
  let recent: { untilMs: number; lateMs: number }[] = [];

  metrics.gauge({
    name: 'loaxa_event_loop_delay_seconds',
    help: 'How much later than due a timer fired, since the last scrape (quantile 1: the longest)',
    labelNames: ['quantile'],
    collect() {
      for (const quantile of [0.5, 0.99]) this.set({ quantile: String(quantile) }, delays.percentile(quantile * 100) / 1e6);
      this.set({ quantile: '1' }, delays.count > 0 ? delays.max / 1e6 : 0);
      delays.reset();
    },
  });
  metrics.gauge({
    name: 'loaxa_event_loop_longest_turn_seconds',
    help: `Processor time of the longest turn of the event loop since the last scrape, overstated by at most ${LOOK_PERIOD_MS} ms`,
    collect() {
      this.set(longestTurnMs / 1000);
      longestTurnMs = 0;
    },
  });
  const holds = metrics.counter({
    name: 'loaxa_event_loop_holds_total',
    help: `How often the event loop was held for more than ${TOLD_ABOVE_MS} ms`,
  });

  function look(): void {
    const nowMs = clock.monotonicMs();
    const usedMs = processorMs();
    const seen: LoopLook = { lateMs: Math.max(0, nowMs - lastMs - LOOK_PERIOD_MS), processorMs: usedMs - lastProcessorMs };
    lastMs = nowMs;
    lastProcessorMs = usedMs;
    // In microseconds; a histogram begins at 1.
    delays.record(Math.max(1, Math.round(seen.lateMs * 1000)));
    longestTurnMs = Math.max(longestTurnMs, longestTurn(seen));
    if (seen.lateMs >= REMEMBERED.fromMs) {
      recent = recent.filter(({ untilMs }) => untilMs >= nowMs - REMEMBERED.forMs);
      recent.push({ untilMs: nowMs, lateMs: seen.lateMs });
    }
    if (seen.lateMs > TOLD_ABOVE_MS) tell(seen);
  }

  function tell(seen: LoopLook): void {
    holds.inc();
    const heldMs = Math.round(seen.lateMs);
    const isOurs = seen.processorMs > seen.lateMs / 2;
    logger.warn({ heldMs, processorMs: Math.round(seen.processorMs), isOurs }, 'the event loop was held');
    events.emit('system.condition', { code: CONDITION, state: 'raised', ...wordsOf(heldMs, isOurs) });
    recovery?.cancel();
    recovery = clock.after('event loop recovered', OVER_AFTER_MS, () => {
      recovery = undefined;
      events.emit('system.condition', { code: CONDITION, state: 'cleared', vi: '', en: '' });
    });
  }

  return {
    start() {
      if (timer) return;
      lastMs = clock.monotonicMs();
      lastProcessorMs = processorMs();
      timer = clock.every('event loop look', LOOK_PERIOD_MS, look);
    },
    close() {
      timer?.cancel();
      timer = undefined;
      recovery?.cancel();
      recovery = undefined;
    },
    longestHoldMs(withinMs) {
      if (!timer) return Infinity;
      const nowMs = clock.monotonicMs();
      let longestMs = Math.max(0, nowMs - lastMs - LOOK_PERIOD_MS);
      for (const { untilMs, lateMs } of recent) if (untilMs >= nowMs - withinMs) longestMs = Math.max(longestMs, lateMs);
      return longestMs;
    },
  };
}

/** At most this much of the processor's time can have been one turn: the look was due and waited for it. */
export function longestTurn({ lateMs, processorMs }: LoopLook): number {
  return Math.min(processorMs, lateMs + LOOK_PERIOD_MS);
}

function wordsOf(heldMs: number, isOurs: boolean): { vi: string; en: string } {
  return isOurs
    ? {
        vi: `Bộ điều khiển bận tính toán suốt ${heldMs} ms, trong lúc đó không gửi được âm thanh. Nếu lặp lại, hãy báo người quản trị (nhật ký có chi tiết).`,
        en: `The controller was busy computing for ${heldMs} ms and could send no sound meanwhile. If it happens again, tell the administrator (the log has details).`,
      }
    : {
        vi: `Máy chủ không cho bộ điều khiển chạy suốt ${heldMs} ms (bị tạm dừng, hoặc chương trình khác chiếm máy), trong lúc đó không gửi được âm thanh.`,
        en: `The machine did not let the controller run for ${heldMs} ms (paused, or other programs took the processor), and no sound could be sent meanwhile.`,
      };
}

/** Of this thread alone where Node can tell (from 22.19 and 23.9 on). */
function threadProcessorMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}
