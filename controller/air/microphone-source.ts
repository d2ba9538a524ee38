import type { Clock, Timer } from '../clock.ts';
import type { Microphone, MicrophonePacket } from '../distribution/index.ts';
import { AppError } from '../errors.ts';
import type { AppEvents } from '../events.ts';
import { OpusPacketError, packetDurationSamples } from '../media/index.ts';
import { SILENT_PAYLOAD_MAX_BYTES } from '../protocol/media.ts';
import type { ProgrammeSource, SourcePacket } from './air.ts';
import { silencePacket } from './opus-silence.ts';
import { UpstreamOrder } from './upstream-order.ts';

export interface MicrophoneSourceDeps {
  clock: Clock;
  microphone(microphoneId: string): Microphone | undefined;
  onCondition(condition: AppEvents['system.condition']): void;
}

export interface MicrophoneOptions {
  /** Whose conditions it raises: two microphones may be on air at once. */
  broadcastId: string;
  microphoneId: string;
  maxDurationMs: number;
}

/** Longer would be heard as delay; on a LAN a lost packet comes again within it. */
const HOLD_MS = 10;
/** Packets that wait while a chime plays are worthless: live means now. */
const MAX_WAITING = 10;
const STALLED_MS = 2000;
const SAMPLES_PER_MS = 48;
const HALF_RTP = 2 ** 31;

/** The browser's microphone. Ends when it is closed on purpose; fails when it is lost. */
export function microphoneSource(deps: MicrophoneSourceDeps, options: MicrophoneOptions): ProgrammeSource {
  const { clock } = deps;
  const order = new UpstreamOrder<MicrophonePacket>({ holdMs: HOLD_MS });
  const waiting: SourcePacket[] = [];
  const unsubscribe: (() => void)[] = [];
  let reader: (() => void) | undefined;
  let end: { error?: AppError } | undefined;
  let mediaSamples: number | undefined;
  let firstReadMs: number | undefined;
  let heardMs = 0;
  let held: Timer | undefined;
  let watch: Timer | undefined;
  let stalled = false;

  const wake = (): void => {
    reader?.();
    reader = undefined;
  };
  const finish = (error?: AppError): void => {
    end ??= error ? { error } : {};
    wake();
  };
  const accept = (packets: readonly MicrophonePacket[]): void => {
    for (const packet of packets) {
      mediaSamples = unwrap(packet.rtpTimestamp, mediaSamples);
      const sourcePacket = toSourcePacket(packet, mediaSamples);
      if (sourcePacket) waiting.push(sourcePacket);
    }
    if (firstReadMs === undefined) waiting.splice(0, Math.max(0, waiting.length - MAX_WAITING));
    if (waiting.length > 0) wake();
  };
  const release = (): void => {
    held = undefined;
    accept(order.take(clock.monotonicMs()));
    holdOn();
  };
  const holdOn = (): void => {
    const dueMs = order.dueMs();
    if (dueMs === undefined || held) return;
    held = clock.after('a missing microphone packet', Math.max(0, dueMs - clock.monotonicMs()), release);
  };
  const setStalled = (is: boolean, otherwise: 'cleared' | 'lapsed' = 'cleared'): void => {
    if (is === stalled) return;
    stalled = is;
    const state = is ? 'raised' : otherwise;
    deps.onCondition({ code: 'air.microphone_stalled', subject: options.broadcastId, state, ...STALLED[state] });
  };

  return {
    kind: 'live',
    durationMs: null,
    async start() {
      const microphone = deps.microphone(options.microphoneId);
      if (!microphone) throw microphoneLost(options.microphoneId, 'it is not open');
      heardMs = clock.monotonicMs();
      unsubscribe.push(
        microphone.onPacket((packet) => {
          heardMs = clock.monotonicMs();
          setStalled(false);
          accept(order.push(packet, packet.sequenceNumber, heardMs));
          holdOn();
        }),
        microphone.onClosed((reason) => finish(reason === 'closed' ? undefined : microphoneLost(options.microphoneId, reason))),
      );
      watch = clock.every('microphone stall', STALLED_MS / 4, () => {
        setStalled(clock.monotonicMs() - heardMs > STALLED_MS);
        if (firstReadMs !== undefined && clock.monotonicMs() - firstReadMs >= options.maxDurationMs) finish();
      });
    },
    async read() {
      firstReadMs ??= clock.monotonicMs();
      for (;;) {
        const packet = waiting.shift();
        if (packet) return packet;
        if (end?.error) throw end.error;
        if (end) return null;
        const { promise, resolve } = Promise.withResolvers<void>();
        reader = resolve;
        await promise;
      }
    },
    async close() {
      for (const stop of unsubscribe.splice(0)) stop();
      held?.cancel();
      watch?.cancel();
      setStalled(false, 'lapsed');
      finish();
    },
  };
}

function toSourcePacket(packet: MicrophonePacket, mediaSamples: number): SourcePacket | undefined {
  let durationMs: number;
  try {
    durationMs = packetDurationSamples(packet.payload) / SAMPLES_PER_MS;
  } catch (error) {
    // Malformed packets are left out; the gap is concealed like a loss.
    if (error instanceof OpusPacketError) return undefined;
    throw error;
  }
  const arrival = { mediaTimeMs: mediaSamples / SAMPLES_PER_MS, receivedAtMs: packet.receivedAtMs };
  // Discontinuous transmission would look to the speakers like an idle channel, and give the loudspeaker to another one.
  if (packet.payload.length <= SILENT_PAYLOAD_MAX_BYTES) return { ...silencePacket(durationMs), arrival };
  return { payload: packet.payload, durationMs, arrival };
}

function unwrap(rtpTimestamp: number, near: number | undefined): number {
  if (near === undefined) return rtpTimestamp;
  const difference = (rtpTimestamp - near) % 2 ** 32;
  const wrapped = difference >= HALF_RTP ? difference - 2 ** 32 : difference < -HALF_RTP ? difference + 2 ** 32 : difference;
  return near + wrapped;
}

const STALLED = {
  raised: {
    vi: 'Micro đang phát trực tiếp nhưng không có tiếng truyền về máy chủ. Kiểm tra mạng và micro của người nói.',
    en: 'A live microphone is on air but no sound reaches the server. Check the talker’s network and microphone.',
  },
  cleared: {
    vi: 'Micro đang phát trực tiếp có lúc không truyền được tiếng về máy chủ; nay đã có tiếng lại.',
    en: 'For a while no sound of a live microphone reached the server; it does again.',
  },
  lapsed: {
    vi: 'Buổi nói trực tiếp kết thúc khi không có tiếng micro truyền về máy chủ.',
    en: 'A live talk ended while no sound of its microphone reached the server.',
  },
};

function microphoneLost(microphoneId: string, reason: string): AppError {
  return new AppError({
    code: 'air.microphone_lost',
    status: 409,
    words: {
      vi: 'Mất kết nối với micro. Buổi phát trực tiếp đã dừng; hãy mở lại micro để phát tiếp.',
      en: 'The microphone was lost. The live broadcast has ended; open the microphone again to go on.',
    },
    details: { microphoneId, reason },
  });
}
