import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText, type Words } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import { withoutSecrets } from '../protocol/relay-address.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ProgrammeSource, SourcePacket } from './air.ts';
import { createLevelMeter, type LevelMeter } from './level-meter.ts';
import { SILENCE_FRAME_MS, silencePacket } from './opus-silence.ts';
import { AHEAD_MS, CUSHION_MS, RelayQueue } from './relay-queue.ts';

/** A station's sound as Opus packets, from one connection. Iteration ends when the station does and throws when it breaks. */
export interface RelayStream {
  packets: AsyncIterable<{ data: Uint8Array; durationSamples: number }>;
  close(): Promise<void>;
}

/** @throws AppError when the address is not allowed or does not answer */
export type OpenRelay = (options: { url: string; signal: AbortSignal }) => Promise<RelayStream>;

export interface RelaySourceDeps {
  openRelay: OpenRelay;
  clock: Clock;
  logger: Logger;
  onCondition(condition: AppEvents['system.condition']): void;
}

export interface RelayOptions {
  /** Whose conditions it raises: two relays may be on air at once. */
  broadcastId: string;
  url: string;
  durationMs: number;
  /** It was on the air already: an address that is refused now was allowed then, and what refuses it may pass. */
  hasBegun: boolean;
  /** It ends then, however late its sound comes; epoch ms. Absent: after `durationMs`. */
  endsAtMs?: number;
}

/** Listeners wait in silence: less is gathered, and what is missing is waited for as long as it can still be heard in time. */
const CUSHION_AGAIN_MS = 300;

/** Counted from `prepare`: by then it goes on air, with silence until sound comes. */
const FIRST_SOUND_LIMIT_MS = 8000;
/** Nothing to air for so long is said; before it is on air, connecting may take longer. */
const STALLED_MS = 1000;
const STALLED_AHEAD_MS = 5000;
const DEAD_AIR_MS = 10_000;
const DEAD_AIR_DB = -60;
const RECONNECT_MS = [250, 500, 1000, 2000, 4000];
const WATCH_MS = 250;

/**
 * Re-broadcast of a station: air/ paces it from a cushion. While it is away there is silence, reconnection and a condition, to the end of its
 * time: a station that is back after a minute is worth more than a slot given up.
 */
export function relaySource(deps: RelaySourceDeps, options: RelayOptions): ProgrammeSource {
  const { clock, logger } = deps;
  const ending = new AbortController();
  const queue = new RelayQueue();
  const cushionMs = options.hasBegun ? CUSHION_AGAIN_MS : CUSHION_MS;
  let { durationMs: lengthMs } = options;
  const raised = new Set<RelayCondition>();
  let readMs = 0;
  let receivedMs = 0;
  let meter: LevelMeter | undefined;
  let preparing: Promise<void> | undefined;
  let pumping: Promise<void> | undefined;
  let failure: AppError | undefined;
  let preparedAtMs = 0;
  let firstPacketAtMs: number | undefined;
  let firstReadAtMs: number | undefined;
  let emptySinceMs: number | undefined;
  let heardAtMs = 0;
  let watch: Timer | undefined;
  let cushioned: (() => void) | undefined;
  let arrived: (() => void) | undefined;
  let insertedFrames = 0;
  let drained: (() => void) | undefined;

  const setCondition = (condition: RelayCondition, is: boolean, otherwise: 'cleared' | 'lapsed' = 'cleared'): void => {
    if (is === raised.has(condition)) return;
    if (is) raised.add(condition);
    else raised.delete(condition);
    const state = is ? 'raised' : otherwise;
    deps.onCondition({ code: condition.code, subject: options.broadcastId, state, ...condition[state] });
  };

  const take = (data: Uint8Array, durationMs: number): void => {
    const nowMs = clock.monotonicMs();
    firstPacketAtMs ??= nowMs;
    receivedMs += durationMs;
    emptySinceMs = undefined;
    queue.put({ payload: Buffer.from(data), durationMs }, meter?.measure(data) ?? 0, nowMs);
    if (queue.queuedMs >= cushionMs) cushioned?.();
    arrived?.();
  };

  /** Only a recording comes so much faster than it plays. */
  const isFarAhead = (): boolean => {
    if (firstReadAtMs !== undefined) return queue.queuedMs >= AHEAD_MS;
    return receivedMs - (clock.monotonicMs() - (firstPacketAtMs ?? 0)) >= AHEAD_MS;
  };
  const room = async (): Promise<void> => {
    queue.isRecording = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    drained = resolve;
    if (!ending.signal.aborted) await promise;
    drained = undefined;
  };

  const pump = async (): Promise<void> => {
    for (let attempt = 0; !ending.signal.aborted; attempt++) {
      try {
        const stream = await deps.openRelay({ url: options.url, signal: ending.signal });
        try {
          for await (const packet of stream.packets) {
            attempt = 0;
            take(packet.data, packet.durationSamples / 48);
            if (isFarAhead()) await room();
            else if (firstReadAtMs === undefined && queue.queuedMs > AHEAD_MS) queue.trim(clock.monotonicMs());
          }
        } finally {
          await stream.close();
        }
      } catch (error) {
        if (ending.signal.aborted) return;
        if (isRefusal(error) && !options.hasBegun && firstPacketAtMs === undefined) {
          failure = error;
          cushioned?.();
          return;
        }
        logger.warn({ url: withoutSecrets(options.url), error: errorText(error) }, 'relay broke off; connecting again');
      }
      await clock.sleep(RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)] ?? 4000, ending.signal).catch(() => undefined);
    }
  };

  const look = (): void => {
    const nowMs = clock.monotonicMs();
    const isOnAir = firstReadAtMs !== undefined;
    setCondition(STALLED, emptySinceMs !== undefined && nowMs - emptySinceMs > (isOnAir ? STALLED_MS : STALLED_AHEAD_MS));
    setCondition(DEAD_AIR, isOnAir && nowMs - heardAtMs > DEAD_AIR_MS);
  };

  const prepare = (): Promise<void> => {
    preparing ??= (async () => {
      preparedAtMs = emptySinceMs = clock.monotonicMs();
      meter = await createLevelMeter();
      if (ending.signal.aborted) return meter.close();
      pumping = pump();
      watch = clock.every('relay', WATCH_MS, look);
    })();
    return preparing;
  };

  const firstSound = async (): Promise<void> => {
    const limitMs = preparedAtMs + FIRST_SOUND_LIMIT_MS - clock.monotonicMs();
    if (failure || queue.queuedMs >= cushionMs || limitMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.after('first sound of a relay', limitMs, resolve);
    cushioned = resolve;
    ending.signal.addEventListener('abort', resolve as () => void, { once: true });
    await promise;
    timer.cancel();
    cushioned = undefined;
  };

  /** Of what goes on, less was gathered than is sent ahead: the rest is sent as it comes, and silence stands in only where it would come too late. */
  const soundInTime = async (): Promise<void> => {
    const aheadMs = readMs - (clock.monotonicMs() - (firstReadAtMs ?? clock.monotonicMs()));
    if (queue.queuedMs > 0 || aheadMs <= 0 || ending.signal.aborted) return;
    emptySinceMs ??= clock.monotonicMs();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.after('sound of a relay', aheadMs, resolve);
    arrived = resolve;
    ending.signal.addEventListener('abort', resolve as () => void, { once: true });
    await promise;
    timer.cancel();
    ending.signal.removeEventListener('abort', resolve as () => void);
    arrived = undefined;
  };

  return {
    kind: 'live',
    durationMs: options.durationMs,
    // What goes wrong with it is met by `start`.
    prepare: () => void prepare().catch(() => undefined),
    async start({ follows } = { skipMs: 0 }) {
      await prepare();
      // What is before it sounds already: better a moment of silence than a hole.
      if (!follows) await firstSound();
      if (failure) throw failure;
    },
    async read() {
      if (failure && queue.queuedMs === 0) throw failure;
      if (firstReadAtMs === undefined && options.endsAtMs !== undefined) lengthMs = Math.max(1, options.endsAtMs - clock.nowMs());
      const isOver = readMs >= lengthMs;
      if (isOver && receivedMs === 0) throw relayGone(options.url);
      if (isOver || ending.signal.aborted) return null;
      if (options.hasBegun) await soundInTime();
      const next = takeNext();
      readMs += next.durationMs;
      return next;
    },
    async close() {
      ending.abort(new Error('the relay was closed'));
      drained?.();
      watch?.cancel();
      await preparing?.catch(() => undefined);
      await pumping;
      watch?.cancel();
      meter?.close();
      for (const condition of [STALLED, DEAD_AIR]) setCondition(condition, false, 'lapsed');
      if (insertedFrames > 0)
        logger.info({ url: withoutSecrets(options.url), insertedFrames }, 'relay closed; silence stood in while it was late');
    },
  };

  function takeNext(): SourcePacket {
    const nowMs = clock.monotonicMs();
    if (firstReadAtMs === undefined) {
      queue.trim(nowMs);
      firstReadAtMs = heardAtMs = nowMs;
      if (emptySinceMs !== undefined && !raised.has(STALLED)) emptySinceMs = nowMs;
    }
    const taken = queue.next(nowMs);
    if (queue.queuedMs < AHEAD_MS / 2) drained?.();
    if (typeof taken === 'object') {
      if (taken.levelDb > DEAD_AIR_DB) heardAtMs = nowMs;
      return taken.packet;
    }
    if (taken === 'empty') emptySinceMs ??= nowMs;
    insertedFrames += 1;
    return silencePacket(SILENCE_FRAME_MS);
  }
}

type RelayCondition = { code: string } & Record<'raised' | 'cleared' | 'lapsed', Words>;
const STALLED: RelayCondition = {
  code: 'air.relay_stalled',
  raised: {
    vi: 'Nguồn tiếp âm đang bị gián đoạn: không nhận được âm thanh. Máy chủ đang tự kết nối lại.',
    en: 'The relayed station is interrupted: no sound arrives. The server is connecting again by itself.',
  },
  cleared: {
    vi: 'Nguồn tiếp âm có lúc bị gián đoạn; nay đã nhận được âm thanh trở lại.',
    en: 'The relayed station was interrupted for a while; its sound arrives again.',
  },
  lapsed: {
    vi: 'Buổi tiếp âm kết thúc khi nguồn đang bị gián đoạn.',
    en: 'The relay ended while its station was interrupted.',
  },
};
const DEAD_AIR: RelayCondition = {
  code: 'air.dead_air',
  raised: {
    vi: 'Nguồn tiếp âm đang phát im lặng. Kiểm tra đài nguồn hoặc chuyển sang nguồn dự phòng.',
    en: 'The relayed station sends silence. Check the station or change to the fallback source.',
  },
  cleared: {
    vi: 'Nguồn tiếp âm có lúc phát im lặng; nay đã có tiếng.',
    en: 'The relayed station sent silence for a while; it sounds again.',
  },
  lapsed: {
    vi: 'Buổi tiếp âm kết thúc khi nguồn đang phát im lặng.',
    en: 'The relay ended while its station sent silence.',
  },
};

function relayGone(url: string): AppError {
  return new AppError({
    code: 'air.relay_gone',
    status: 502,
    words: {
      vi: 'Không nhận được âm thanh từ nguồn tiếp âm. Kiểm tra địa chỉ nguồn và đường truyền.',
      en: 'No sound comes from the relayed station. Check its address and the connection.',
    },
    details: { url: withoutSecrets(url) },
  });
}

/** The address itself is at fault (not allowed, no sound there). Before its first sound trying again would not help; later a router whose line is down may answer for it. */
function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && error.status >= 400 && error.status < 500;
}
