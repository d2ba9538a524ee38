import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { types } from 'mediasoup';
import { AppError } from '../errors.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import { ABS_CAPTURE_TIME_ID, SRTP_KEY_BYTES, SRTP_SALT_BYTES, SRTP_SUITE } from '../protocol/media.ts';
import type { AttachOptions, MediaPath } from './distributor.ts';
import { type MediaWorker, workerLost } from './media-worker.ts';
import { type ListenAddresses, planSocket, reachableAddresses, type SocketPlan } from './network-addresses.ts';

export interface SpeakerPath {
  readonly speakerId: SpeakerId;
  readonly worker: MediaWorker;
  readonly transport: types.PlainTransport;
  /** The speaker's first authentic packet has arrived; media flows. */
  open: boolean;
}

export interface SpeakerPathsDeps {
  mediaPorts: { min: number; max: number };
  listen: ListenAddresses;
  /** Our addresses as the world sees them, as far as they are known now. */
  announced(): ListenAddresses;
  /** The worker with the fewest speakers, with one place more reserved in it; waits a moment for one when all are down. */
  reserveWorker(): Promise<MediaWorker>;
  /** Puts a new path on the standing channels; its grant is handed out afterwards. */
  onMade(path: SpeakerPath): Promise<unknown>;
  onOpen(path: SpeakerPath): void;
  /** The path is gone (replaced, detached, or lost): its channels must forget the speaker. */
  onGone(path: SpeakerPath): void;
  /** The transport closed although nobody asked for it and its worker lives. */
  onLost(path: SpeakerPath, reason: string): void;
}

/** The SRTP paths of all attached speakers. */
export class SpeakerPaths {
  #deps: SpeakerPathsDeps;
  #paths = new Map<SpeakerId, SpeakerPath>();
  /** Attachments of one speaker happen one after the other; the last one wins. */
  #queues = new Map<SpeakerId, Promise<unknown>>();

  constructor(deps: SpeakerPathsDeps) {
    this.#deps = deps;
  }

  get(speakerId: SpeakerId): SpeakerPath | undefined {
    return this.#paths.get(speakerId);
  }

  all(): Iterable<SpeakerPath> {
    return this.#paths.values();
  }

  attach(speakerId: SpeakerId, options: AttachOptions): Promise<MediaPath> {
    const before = this.#queues.get(speakerId) ?? Promise.resolve();
    const attached = before.then(() => this.#make(speakerId, options));
    const settled = attached
      .catch(() => undefined)
      .then(() => {
        if (this.#queues.get(speakerId) === settled) this.#queues.delete(speakerId);
      });
    this.#queues.set(speakerId, settled);
    return attached;
  }

  detach(speakerId: SpeakerId): void {
    const path = this.#paths.get(speakerId);
    if (!path) return;
    this.#remove(path);
    path.transport.close();
  }

  /** Forgets the paths of a dead worker and answers whose they were. */
  dropWorker(worker: MediaWorker): SpeakerId[] {
    const lost = [...this.#paths.values()].filter((path) => path.worker === worker);
    for (const path of lost) this.#remove(path);
    return lost.map((path) => path.speakerId);
  }

  closeAll(): void {
    for (const speakerId of [...this.#paths.keys()]) this.detach(speakerId);
  }

  async #make(speakerId: SpeakerId, options: AttachOptions): Promise<MediaPath> {
    const { listen } = this.#deps;
    const plan = planSocket(listen, options.families);
    if (!plan) throw noCommonFamily(options, listen);
    this.detach(speakerId);
    const worker = await this.#deps.reserveWorker();
    try {
      const made = await this.#makeIn(worker, plan, speakerId, options);
      await this.#deps.onMade(made.path);
      return made.grant;
    } finally {
      worker.reserved -= 1;
    }
  }

  async #makeIn(
    worker: MediaWorker,
    plan: SocketPlan,
    speakerId: SpeakerId,
    options: AttachOptions,
  ): Promise<{ path: SpeakerPath; grant: MediaPath }> {
    const { listen, announced, mediaPorts } = this.#deps;
    const speakerKey = randomBytes(SRTP_KEY_BYTES + SRTP_SALT_BYTES).toString('base64');
    let transport: types.PlainTransport;
    try {
      transport = await worker.life().router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: plan.listenIp, portRange: mediaPorts },
        rtcpMux: true,
        comedia: true,
        enableSrtp: true,
        srtpCryptoSuite: SRTP_SUITE,
        appData: { speakerId },
      });
      await transport.connect({ srtpParameters: { cryptoSuite: SRTP_SUITE, keyBase64: speakerKey } });
    } catch (error) {
      throw worker.isAlive() ? noPort(error, mediaPorts) : workerLost(error);
    }
    const controllerKey = transport.srtpParameters?.keyBase64;
    if (transport.closed || controllerKey === undefined) throw workerLost(new Error('the transport closed while it was set up'));
    const path: SpeakerPath = { speakerId, worker, transport, open: false };
    this.#enter(path);
    const addresses = reachableAddresses({
      families: plan.families,
      listen,
      announced: announced(),
      reachedAt: options.reachedAt,
      interfaces: networkInterfaces(),
    });
    const port = transport.tuple.localPort;
    const grant: MediaPath = {
      transportId: transport.id,
      addresses: addresses.map((address) => ({ ...address, port })),
      srtpSuite: SRTP_SUITE,
      speakerKey,
      controllerKey,
      absCaptureTimeId: ABS_CAPTURE_TIME_ID,
    };
    return { path, grant };
  }

  #enter(path: SpeakerPath): void {
    this.#paths.set(path.speakerId, path);
    path.worker.speakers += 1;
    path.transport.once('tuple', () => {
      path.open = true;
      if (this.#paths.get(path.speakerId) === path) this.#deps.onOpen(path);
    });
    path.transport.observer.once('close', () => {
      // A worker's death is told once for all its speakers by dropWorker; what is closed on purpose has been removed before.
      if (this.#paths.get(path.speakerId) !== path || path.worker.isDying()) return;
      this.#remove(path);
      this.#deps.onLost(path, 'the media worker closed the transport');
    });
  }

  #remove(path: SpeakerPath): void {
    this.#paths.delete(path.speakerId);
    path.worker.speakers = Math.max(0, path.worker.speakers - 1);
    this.#deps.onGone(path);
  }
}

function noCommonFamily(options: AttachOptions, listen: ListenAddresses): AppError {
  return new AppError({
    code: 'distribution.no_common_family',
    status: 409,
    words: {
      vi: 'Cụm loa và máy chủ không có chung loại địa chỉ mạng (IPv4 hoặc IPv6). Kiểm tra cấu hình địa chỉ phát của máy chủ.',
      en: 'The speaker and the server have no address family (IPv4 or IPv6) in common. Check the server’s media addresses.',
    },
    details: { families: options.families, listen },
  });
}

function noPort(cause: unknown, mediaPorts: { min: number; max: number }): AppError {
  return new AppError({
    code: 'distribution.no_port',
    status: 503,
    words: {
      vi: `Không mở được cổng UDP cho cụm loa trong khoảng ${mediaPorts.min}-${mediaPorts.max}. Hãy mở rộng khoảng cổng phát.`,
      en: `No UDP port for the speaker could be opened in ${mediaPorts.min}-${mediaPorts.max}. Widen the range of media ports.`,
    },
    cause,
  });
}

export function notAttached(speakerId: SpeakerId): AppError {
  return new AppError({
    code: 'distribution.not_attached',
    status: 409,
    words: { vi: 'Cụm loa chưa có đường truyền âm thanh.', en: 'The speaker has no media path.' },
    details: { speakerId },
  });
}
