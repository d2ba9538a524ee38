import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ProgrammeSource, SourcePacket } from './air.ts';
import { createLevelMeter, type LevelMeter } from './level-meter.ts';
import { SILENCE_FRAME_MS, silencePacket } from './opus-silence.ts';

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

/** Internet radio comes in chunks; this much is gathered before the first packet and kept as a cushion. */
const CUSHION_MS = 1500;
const FIRST_SOUND_LIMIT_MS = 10_000;
/** Beyond this the station runs faster than our clock, or burst at the beginning: frames are left out where it is quiet. */
const FULL_MS = 4000;
/** No live station is so far ahead: the address is a recording, which is read only as fast as it plays. */
const AHEAD_MS = 20_000;
const STALLED_MS = 2000;
/** A station gone for so long is a failure of the programme; broadcasts/ decides what follows. */
const GIVE_UP_MS = 30_000;
const DEAD_AIR_MS = 10_000;
const DEAD_AIR_DB = -60;
const QUIET_DB = -50;
const RECONNECT_MS = [250, 500, 1000, 2000, 4000];
const WATCH_MS = 250;
const SLIP_EVERY_PACKETS = 10;

/** Re-broadcast of a station: air/ paces it from a cushion; while it is away, silence, reconnection and a condition. */
export function relaySource(deps: RelaySourceDeps, options: { url: string; durationMs: number }): ProgrammeSource {
  const { clock, logger } = deps;
  const ending = new AbortController();
  const queue: { packet: SourcePacket; levelDb: number }[] = [];
  let queuedMs = 0;
  let readMs = 0;
  let meter: LevelMeter | undefined;
  let pumping: Promise<void> | undefined;
  let failure: AppError | undefined;
  let arrivedMs = 0;
  let heardMs = 0;
  let watch: Timer | undefined;
  let cushioned: (() => void) | undefined;
  const raised = new Set<string>();
  let insertedFrames = 0;
  let sinceSlip = SLIP_EVERY_PACKETS;
  let isRecording = false;
  let drained: (() => void) | undefined;

  const setCondition = (condition: { code: string; vi: string; en: string }, is: boolean): void => {
    if (is === raised.has(condition.code)) return;
    if (is) raised.add(condition.code);
    else raised.delete(condition.code);
    deps.onCondition({ ...condition, state: is ? 'raised' : 'cleared' });
  };

  const take = (data: Uint8Array, durationMs: number): void => {
    const nowMs = clock.monotonicMs();
    const levelDb = meter?.measure(data) ?? 0;
    arrivedMs = nowMs;
    if (levelDb > DEAD_AIR_DB) heardMs = nowMs;
    queue.push({ packet: { payload: Buffer.from(data), durationMs }, levelDb });
    queuedMs += durationMs;
    if (queuedMs >= CUSHION_MS) cushioned?.();
  };

  const room = async (): Promise<void> => {
    isRecording = true;
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
            if (queuedMs >= AHEAD_MS) await room();
          }
        } finally {
          await stream.close();
        }
      } catch (error) {
        if (ending.signal.aborted) return;
        if (isRefusal(error)) {
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
    setCondition(STALLED, nowMs - arrivedMs > STALLED_MS);
    setCondition(DEAD_AIR, nowMs - heardMs > DEAD_AIR_MS);
    if (nowMs - arrivedMs > GIVE_UP_MS) failure ??= relayGone(options.url);
  };

  return {
    kind: 'live',
    durationMs: options.durationMs,
    async start() {
      meter = await createLevelMeter();
      arrivedMs = heardMs = clock.monotonicMs();
      pumping = pump();
      await new Promise<void>((resolve) => {
        const timer = clock.after('first sound of a relay', FIRST_SOUND_LIMIT_MS, resolve);
        cushioned = () => {
          timer.cancel();
          resolve();
        };
        ending.signal.addEventListener('abort', cushioned, { once: true });
      });
      cushioned = undefined;
      if (failure) throw failure;
      if (queue.length === 0) throw relayGone(options.url);
      if (ending.signal.aborted) return;
      watch = clock.every('relay', WATCH_MS, look);
    },
    async read() {
      if (failure && queue.length === 0) throw failure;
      if (readMs >= options.durationMs || ending.signal.aborted) return null;
      const next = takeNext();
      readMs += next.durationMs;
      return next;
    },
    async close() {
      ending.abort(new Error('the relay was closed'));
      drained?.();
      watch?.cancel();
      await pumping;
      meter?.close();
      for (const condition of [STALLED, DEAD_AIR]) setCondition(condition, false);
      if (insertedFrames > 0)
        logger.info({ url: withoutSecrets(options.url), insertedFrames }, 'relay closed; silence stood in while it was late');
    },
  };

  /** Slips of whole frames in quiet moments keep the cushion, whichever of the two clocks is faster. */
  function takeNext(): SourcePacket {
    const quiet = (queue[0]?.levelDb ?? 0) < QUIET_DB;
    const maySlip = quiet && sinceSlip >= SLIP_EVERY_PACKETS;
    sinceSlip += 1;
    if (maySlip && queuedMs > FULL_MS && !isRecording) {
      sinceSlip = 0;
      shift();
    }
    const stretch = maySlip && queuedMs < CUSHION_MS / 3;
    const next = stretch ? undefined : shift();
    if (next) return next;
    insertedFrames += 1;
    sinceSlip = 0;
    return silencePacket(SILENCE_FRAME_MS);
  }

  function shift(): SourcePacket | undefined {
    const next = queue.shift();
    if (!next) return undefined;
    queuedMs -= next.packet.durationMs;
    if (queuedMs < AHEAD_MS / 2) drained?.();
    return next.packet;
  }
}

const STALLED = {
  code: 'air.relay_stalled',
  vi: 'Nguồn tiếp âm đang bị gián đoạn: không nhận được âm thanh. Máy chủ đang tự kết nối lại.',
  en: 'The relayed station is interrupted: no sound arrives. The server is connecting again by itself.',
};
const DEAD_AIR = {
  code: 'air.dead_air',
  vi: 'Nguồn tiếp âm đang phát im lặng. Kiểm tra đài nguồn hoặc chuyển sang nguồn dự phòng.',
  en: 'The relayed station sends silence. Check the station or change to the fallback source.',
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

/** The address itself is at fault (not allowed, no sound there): trying again would not help. */
function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && error.status >= 400 && error.status < 500;
}

function withoutSecrets(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return '(no URL)';
  }
}
