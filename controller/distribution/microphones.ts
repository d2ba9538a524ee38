import { isIP } from 'node:net';
import type { types } from 'mediasoup';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import type { OpenMicrophoneResponse } from '../protocol/microphone.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Microphone, MicrophonePacket } from './distributor.ts';
import type { MediaWorker, WorkerLife } from './media-worker.ts';
import type { ListenAddresses } from './network-addresses.ts';
import { readRtpPacket } from './rtp-packet.ts';

export interface MicrophonesDeps {
  clock: Clock;
  logger: Logger;
  reserveWorker(): Promise<MediaWorker>;
  /** Our addresses as the world sees them, as far as they are known now. */
  announced(): ListenAddresses;
}

/** A page that opened a microphone and never spoke has gone away. */
const UNUSED_MS = 60_000;
/** A browser sends silence while muted; no packet at all for this long means that it is gone. */
const INACTIVE_MS = 8000;
const WATCH_PERIOD_MS = 1000;
const MAX_INCOMING_BPS = 200_000;

type Stage = 'opened' | 'connected' | 'producing' | 'closed';

class BrowserMicrophone implements Microphone {
  readonly microphoneId: string;
  readonly ownerId: string | undefined;
  readonly transport: types.WebRtcTransport;
  readonly life: WorkerLife;
  stage: Stage = 'opened';
  lastHeardMs: number;
  malformed = 0;
  #packetListeners = new Set<(packet: MicrophonePacket) => void>();
  #closedListeners = new Set<(reason: string) => void>();
  #onEnd: (microphone: BrowserMicrophone, reason: string) => void;

  constructor(options: {
    microphoneId: string;
    ownerId: string | undefined;
    transport: types.WebRtcTransport;
    life: WorkerLife;
    nowMs: number;
    onEnd(microphone: BrowserMicrophone, reason: string): void;
  }) {
    this.microphoneId = options.microphoneId;
    this.ownerId = options.ownerId;
    this.transport = options.transport;
    this.life = options.life;
    this.lastHeardMs = options.nowMs;
    this.#onEnd = options.onEnd;
  }

  onPacket(listener: (packet: MicrophonePacket) => void): () => void {
    this.#packetListeners.add(listener);
    return () => void this.#packetListeners.delete(listener);
  }

  onClosed(listener: (reason: string) => void): () => void {
    this.#closedListeners.add(listener);
    return () => void this.#closedListeners.delete(listener);
  }

  receive(rtp: Buffer, monotonicMs: number, receivedAtMs: number): void {
    const packet = readRtpPacket(rtp);
    if (!packet || packet.payload.length === 0) {
      this.malformed += 1;
      return;
    }
    this.lastHeardMs = monotonicMs;
    const { payload, sequenceNumber, rtpTimestamp } = packet;
    for (const listener of this.#packetListeners) listener({ payload, sequenceNumber, rtpTimestamp, receivedAtMs });
  }

  close(): void {
    this.end('closed');
  }

  end(reason: string): void {
    if (this.stage === 'closed') return;
    this.stage = 'closed';
    this.transport.close();
    this.#onEnd(this, reason);
    for (const listener of this.#closedListeners) listener(reason);
    this.#closedListeners.clear();
    this.#packetListeners.clear();
  }
}

/** Browser microphones by WebRTC: one ICE and DTLS transport each, all on the worker's one port. */
export class Microphones {
  #deps: MicrophonesDeps;
  #open = new Map<string, BrowserMicrophone>();
  #watch: Timer | undefined;

  constructor(deps: MicrophonesDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#watch = this.#deps.clock.every('microphone inactivity', WATCH_PERIOD_MS, () => this.#endInactive());
  }

  close(): void {
    this.#watch?.cancel();
    for (const microphone of [...this.#open.values()]) microphone.end('the controller is stopping');
  }

  count(): number {
    return this.#open.size;
  }

  get(microphoneId: string): Microphone | undefined {
    const microphone = this.#open.get(microphoneId);
    return microphone?.stage === 'producing' ? microphone : undefined;
  }

  owner(microphoneId: string): string | undefined {
    return this.#open.get(microphoneId)?.ownerId;
  }

  async open(microphoneId: string, ownerId?: string): Promise<OpenMicrophoneResponse> {
    this.#open.get(microphoneId)?.end('opened again');
    const { clock, logger } = this.#deps;
    const worker = await this.#deps.reserveWorker();
    worker.reserved -= 1;
    const life = worker.life();
    const transport = await life.router.createWebRtcTransport({
      webRtcServer: life.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      appData: { microphoneId },
    });
    await transport.setMaxIncomingBitrate(MAX_INCOMING_BPS);
    const microphone = new BrowserMicrophone({
      microphoneId,
      ownerId,
      transport,
      life,
      nowMs: clock.monotonicMs(),
      onEnd: (ended, reason) => {
        if (this.#open.get(microphoneId) === ended) this.#open.delete(microphoneId);
        logger.info({ microphoneId, reason, malformed: ended.malformed }, 'microphone closed');
      },
    });
    this.#open.set(microphoneId, microphone);
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected' || state === 'closed') microphone.end(`the browser cannot be reached any more (ICE ${state})`);
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'failed' || state === 'closed') microphone.end(`the secure connection to the browser ended (DTLS ${state})`);
    });
    transport.observer.once('close', () => microphone.end('the media process ended'));
    const plain = <Value>(value: Value): Record<string, unknown> => ({ ...value }) as Record<string, unknown>;
    return {
      microphoneId,
      routerRtpCapabilities: plain(life.router.rtpCapabilities),
      transport: {
        id: transport.id,
        iceParameters: plain(transport.iceParameters),
        iceCandidates: withAnnounced(transport.iceCandidates, this.#deps.announced()).map(plain),
        dtlsParameters: plain(transport.dtlsParameters),
      },
    };
  }

  async connect(microphoneId: string, dtlsParameters: Record<string, unknown>): Promise<void> {
    const microphone = this.#at(microphoneId, 'opened');
    microphone.stage = 'connected';
    await refusing('dtlsParameters', () =>
      microphone.transport.connect({ dtlsParameters: dtlsParameters as unknown as types.DtlsParameters }),
    );
  }

  /** @returns the producer's id, which mediasoup-client wants to know */
  async produce(microphoneId: string, rtpParameters: Record<string, unknown>): Promise<string> {
    const microphone = this.#at(microphoneId, 'connected');
    const { transport, life } = microphone;
    const { clock } = this.#deps;
    const producer = await refusing('rtpParameters', () =>
      transport.produce({ kind: 'audio', rtpParameters: rtpParameters as unknown as types.RtpParameters }),
    );
    const consumer = await life.direct.consume({ producerId: producer.id, rtpCapabilities: life.router.rtpCapabilities });
    consumer.on('rtp', (rtp) => microphone.receive(rtp, clock.monotonicMs(), clock.nowMs()));
    microphone.lastHeardMs = clock.monotonicMs();
    microphone.stage = 'producing';
    return producer.id;
  }

  closeMicrophone(microphoneId: string): void {
    this.#open.get(microphoneId)?.end('closed');
  }

  #at(microphoneId: string, stage: Stage): BrowserMicrophone {
    const microphone = this.#open.get(microphoneId);
    if (!microphone) throw unknownMicrophone(microphoneId);
    if (microphone.stage !== stage) throw wrongStage(microphone.stage, stage);
    return microphone;
  }

  #endInactive(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const microphone of [...this.#open.values()]) {
      const silentMs = nowMs - microphone.lastHeardMs;
      if (microphone.stage === 'producing' ? silentMs > INACTIVE_MS : silentMs > UNUSED_MS) {
        microphone.end(`nothing arrived from the browser for ${Math.round(silentMs / 1000)} s`);
      }
    }
  }
}

/** The same sockets once more under their public addresses, which the browser tries after those of our own network. */
function withAnnounced(candidates: readonly types.IceCandidate[], announced: ListenAddresses): types.IceCandidate[] {
  const outside = candidates.flatMap((candidate) => {
    const address = announced[isIP(candidate.address) === 6 ? 'ipv6' : 'ipv4'];
    if (address === undefined || address === candidate.address) return [];
    return [{ ...candidate, address, ip: address, foundation: `${candidate.foundation}public`, priority: candidate.priority - 1 }];
  });
  return [...candidates, ...outside];
}

/** What the browser sent is mediasoup's to check; its complaint becomes a refusal. */
async function refusing<Value>(what: string, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    throw new AppError({
      code: 'distribution.microphone_refused',
      status: 422,
      words: {
        vi: 'Trình duyệt gửi thông số micro không hợp lệ. Hãy tải lại trang rồi thử lại.',
        en: 'The browser sent invalid microphone parameters. Reload the page and try again.',
      },
      details: { what, reason: errorText(error) },
      cause: error,
    });
  }
}

function unknownMicrophone(microphoneId: string): AppError {
  return new AppError({
    code: 'distribution.microphone_unknown',
    status: 404,
    words: { vi: 'Micro này không còn mở. Hãy mở lại micro.', en: 'This microphone is not open any more. Open it again.' },
    details: { microphoneId },
  });
}

function wrongStage(is: Stage, wanted: Stage): AppError {
  return new AppError({
    code: 'distribution.microphone_stage',
    status: 409,
    words: {
      vi: 'Micro đang ở bước khác. Hãy đóng rồi mở lại micro.',
      en: 'The microphone is at another step. Close it and open it again.',
    },
    details: { is, wanted },
  });
}
