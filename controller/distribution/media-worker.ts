import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { createWorker, type types } from 'mediasoup';
import type { Clock, Timer } from '../clock.ts';
import { AppError, errorText } from '../errors.ts';
import { NICENESS, prefer } from '../processes/priority.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ChannelFeed } from './channel-feed.ts';
import type { WorkerStats } from './distributor.ts';
import { channelRtpParameters, ROUTER_CODECS } from './media-codec.ts';
import { type ListenAddresses, reachableAddresses } from './network-addresses.ts';
import { PacketCost } from './packet-cost.ts';
import type { WorkerLoad } from './worker-limits.ts';
import { endProcess, killProcess } from './worker-process.ts';
import { proveWorker } from './worker-proof.ts';
import { type WorkerWatch, watchWorker } from './worker-watch.ts';

export interface MediaWorkerDeps {
  index: number;
  mediaPorts: { min: number; max: number };
  listen: ListenAddresses;
  workerBin: string | undefined;
  clock: Clock;
  logger: Logger;
  /** The process is gone; everything in it is closed already. */
  onDied(worker: MediaWorker, reason: string): void;
  /** A new process serves after a death. */
  onBack(worker: MediaWorker): void;
}

/** One life of the process and what stands in it. Nothing here outlives a death. */
export interface WorkerLife {
  readonly process: types.Worker;
  readonly router: types.Router;
  /** Our own end: channels are produced into it, microphones are consumed from it. */
  readonly direct: types.DirectTransport;
  readonly webRtcServer: types.WebRtcServer;
  readonly feeds: Map<string, Promise<ChannelFeed>>;
}

const FIRST_RESPAWN_MS = 50;
/** Shorter than a health check waits: a busy worker must not look like a dead one to a supervisor. */
const FIGURES_WITHIN_MS = 500;
const LONGEST_RESPAWN_MS = 10_000;
/** A worker that lived this long is respawned at once again; one that dies sooner waits longer every time. */
const SETTLED_AFTER_MS = 30_000;

/** A place for a mediasoup worker process: it is started, and started again whenever it dies. */
export class MediaWorker {
  readonly index: number;
  /** Speakers with a path in this process, and those whose path is being made. */
  speakers = 0;
  reserved = 0;
  /** Packets sent out to speakers so far, all lives together. */
  fanOut = 0;
  #cost = new PacketCost();
  #usage: { process: types.Worker; asked?: Promise<void> | undefined; last?: types.WorkerResourceUsage } | undefined;
  #watch: WorkerWatch | undefined;
  #deps: MediaWorkerDeps;
  #life: WorkerLife | undefined;
  #bornAtMs = 0;
  #respawnMs = FIRST_RESPAWN_MS;
  #respawn: Timer | undefined;
  #closed = false;

  constructor(deps: MediaWorkerDeps) {
    this.index = deps.index;
    this.#deps = deps;
  }

  /** @throws when the process cannot be started or cannot bind a port */
  async start(): Promise<void> {
    await this.#spawn();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#respawn?.cancel();
    const process = this.#life?.process;
    this.#life = undefined;
    await endProcess(process, this.#deps.clock);
  }

  isAlive(): boolean {
    return this.#life !== undefined;
  }

  /** True from the instant of a death, also while the objects of the process are still being closed one by one. */
  isDying(): boolean {
    return this.#life?.process.closed ?? true;
  }

  /** How far it is behind with what it was sent, ms. */
  lagMs(): number {
    return this.#watch?.lagMs() ?? 0;
  }

  isBehind(): boolean {
    return this.#watch?.isBehind() ?? false;
  }

  countFanOut(packets: number): void {
    this.fanOut += packets;
  }

  load(): WorkerLoad {
    return { paths: this.speakers + this.reserved, packetUs: this.#cost.us };
  }

  /** @throws AppError `distribution.worker_lost` while the process is down */
  life(): WorkerLife {
    if (!this.#life) throw workerLost(undefined);
    return this.#life;
  }

  /** The channel's way into this worker; made at the first call in each life. */
  feed(channelId: string): Promise<ChannelFeed> {
    const life = this.life();
    let feed = life.feeds.get(channelId);
    if (!feed) {
      feed = this.#openFeed(life, channelId);
      life.feeds.set(channelId, feed);
      feed.catch(() => life.feeds.delete(channelId));
    }
    return feed;
  }

  closeFeed(channelId: string): void {
    const feed = this.#life?.feeds.get(channelId);
    this.#life?.feeds.delete(channelId);
    feed?.then(
      (open) => open.close(),
      // It never opened; whoever asked for it has been told.
      () => undefined,
    );
  }

  async stats(): Promise<WorkerStats | undefined> {
    const process = this.#life?.process;
    if (!process) return undefined;
    const usage = await this.#usageOf(process);
    if (this.#life?.process !== process) return undefined;
    return {
      pid: process.pid,
      speakers: this.speakers,
      fanOut: this.fanOut,
      lagMs: this.lagMs(),
      packetUs: this.#cost.us,
      cpuUserMs: usage?.ru_utime ?? 0,
      cpuSystemMs: usage?.ru_stime ?? 0,
      maxRssKb: usage?.ru_maxrss ?? 0,
    };
  }

  /** One that is too busy to answer lives all the same: whoever asks gets what was known last, and no second question is put to it. */
  async #usageOf(process: types.Worker): Promise<types.WorkerResourceUsage | undefined> {
    if (this.#usage?.process !== process) this.#usage = { process };
    const known = this.#usage;
    known.asked ??= process
      .getResourceUsage()
      .then(
        (usage) => {
          known.last = usage;
        },
        (error: unknown) =>
          this.#deps.logger.debug({ error: errorText(error), pid: process.pid }, 'media worker died while it was asked for its figures'),
      )
      .finally(() => {
        known.asked = undefined;
      });
    const late = Promise.withResolvers<void>();
    const timer = this.#deps.clock.after('figures of a media worker', FIGURES_WITHIN_MS, late.resolve);
    await Promise.race([known.asked, late.promise]);
    timer.cancel();
    return known.last;
  }

  async #spawn(): Promise<void> {
    const { workerBin, clock, logger } = this.#deps;
    const process = await createWorker({ logLevel: 'warn', ...(workerBin === undefined ? {} : { workerBin }) });
    prefer(process.pid, NICENESS.mediaWorker);
    const watch = this.#watchOver(process);
    process.observer.once('close', () => watch.cancel());
    try {
      const router = await process.createRouter({ mediaCodecs: ROUTER_CODECS });
      if (!(await proveWorker(router, this.#deps))) {
        logger.warn(
          { pid: process.pid, worker: this.index },
          'media worker could not be asked whether it keeps strangers out: it took no datagram',
        );
      }
      const direct = await router.createDirectTransport();
      const webRtcServer = await process.createWebRtcServer({ listenInfos: this.#microphoneSockets() });
      if (process.closed) throw new Error('the media worker died while it was set up');
      if (this.#closed) return await endProcess(process, clock);
      this.#life = { process, router, direct, webRtcServer, feeds: new Map() };
      this.#watch = watch;
    } catch (error) {
      await endProcess(process, clock);
      throw error;
    }
    this.#bornAtMs = clock.monotonicMs();
    process.once('died', (error) => this.#onDeath(error.message));
    process.observer.once('close', () => {
      // mediasoup closes its workers by itself when this process is told to end (SIGINT, SIGTERM): no death, no new life.
      if (this.#life?.process === process && !process.died) {
        this.#life = undefined;
        logger.info({ pid: process.pid }, 'media worker closed with this process');
      }
    });
    logger.info({ pid: process.pid, worker: this.index }, 'media worker runs');
  }

  /** Killed, a hung process takes the way of every death: whoever waits for its answers is refused, and a new one is started. */
  #watchOver(process: types.Worker): WorkerWatch {
    const { clock, logger } = this.#deps;
    const about = { pid: process.pid, worker: this.index };
    let before: { cpuMs: number; fanOut: number } | undefined;
    return watchWorker(process, clock, {
      onFigures: ({ userMs, kernelMs }) => {
        const now = { cpuMs: userMs + kernelMs, fanOut: this.fanOut };
        // A storm of speakers that come is not the cost of packets.
        if (before && this.reserved === 0) this.#cost.observe(now.fanOut - before.fanOut, now.cpuMs - before.cpuMs);
        before = now;
      },
      onVerdict: (verdict, lagMs) => logger.info({ ...about, verdict, lagMs }, 'media worker: another state'),
      onHung: (silentMs) => {
        logger.error({ ...about, silentMs }, 'media worker does not answer; killing it');
        killProcess(process.pid);
      },
    });
  }

  #onDeath(reason: string): void {
    this.#life = undefined;
    this.#watch = undefined;
    this.speakers = 0;
    if (this.#closed) return;
    const settled = this.#deps.clock.monotonicMs() - this.#bornAtMs > SETTLED_AFTER_MS;
    this.#respawnMs = settled ? FIRST_RESPAWN_MS : this.#respawnMs;
    this.#deps.onDied(this, reason);
    this.#respawnLater();
  }

  #respawnLater(): void {
    const delayMs = this.#respawnMs;
    this.#respawnMs = Math.min(LONGEST_RESPAWN_MS, this.#respawnMs * 2);
    this.#respawn = this.#deps.clock.after('respawn of a media worker', delayMs, () => {
      this.#spawn().then(
        () => {
          if (!this.#closed) this.#deps.onBack(this);
        },
        (error) => {
          this.#deps.logger.error({ error: errorText(error), worker: this.index }, 'media worker cannot be started again');
          if (!this.#closed) this.#respawnLater();
        },
      );
    });
  }

  async #openFeed(life: WorkerLife, channelId: string): Promise<ChannelFeed> {
    const ssrc = randomInt(1, 2 ** 32);
    const producer = await life.direct.produce({ kind: 'audio', rtpParameters: channelRtpParameters(ssrc), appData: { channelId } });
    return new ChannelFeed(producer, ssrc, this);
  }

  /**
   * One port for all microphones of this worker, UDP and (for networks that let nothing else out) TCP. These name our own network's
   * addresses; each microphone is told the public ones of its time beside them.
   */
  #microphoneSockets(): types.TransportListenInfo[] {
    const { listen, mediaPorts } = this.#deps;
    const families = (['ipv4', 'ipv6'] as const).filter((family) => listen[family] !== undefined);
    const addresses = reachableAddresses({ families, listen, announced: {}, interfaces: networkInterfaces() });
    return addresses.flatMap(({ family, ip: announcedAddress }) => {
      const ip = listen[family] as string;
      const common = { ip, announcedAddress, portRange: mediaPorts, ...(family === 'ipv6' ? { flags: { ipv6Only: true } } : {}) };
      return [
        { protocol: 'udp' as const, ...common },
        { protocol: 'tcp' as const, ...common },
      ];
    });
  }
}

export function workerLost(cause: unknown): AppError {
  return new AppError({
    code: 'distribution.worker_lost',
    status: 503,
    words: {
      vi: 'Tiến trình phát âm thanh vừa dừng và đang khởi động lại. Hãy thử lại sau vài giây.',
      en: 'The media process has just died and is being started again. Try again in a few seconds.',
    },
    cause,
  });
}
