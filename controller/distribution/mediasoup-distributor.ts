import { availableParallelism } from 'node:os';
import * as mediasoup from 'mediasoup';
import type { Registry } from 'prom-client';
import type { Clock, Timer } from '../clock.ts';
import type { AppEvents } from '../events.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import { PILOT_PERIOD_MS } from '../protocol/media.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Channel, type ChannelDeps } from './channel.ts';
import { type Distributor, type DistributorStats, EMERGENCY_CHANNEL_ID, type MediaPacket } from './distributor.ts';
import { DistributorLoad } from './distributor-load.ts';
import { exposeDistributorMetrics } from './distributor-metrics.ts';
import { silentPacket } from './flush.ts';
import { MediaWorker, workerLost } from './media-worker.ts';
import { Microphones } from './microphones.ts';
import type { ListenAddresses } from './network-addresses.ts';
import { createPublicAddress } from './public-address.ts';
import { notAttached, SpeakerPaths } from './speaker-paths.ts';
import { explainWorkerStart } from './start-errors.ts';

export interface DistributorDeps {
  /** UDP (and for microphones TCP) ports, inclusive; each speaker takes one, each worker one more for its microphones. */
  mediaPorts: { min: number; max: number };
  /** `0.0.0.0` together with `::` is one dual-stack socket for each speaker; leave a family out when the machine lacks it. */
  listen: ListenAddresses;
  /** Name or address by which speakers and browsers outside our own network reach us (a port-forwarding router before us). */
  publicAddress?: string;
  /** Path of the mediasoup-worker binary; default: the one that mediasoup was installed with. */
  workerBin?: string;
  /** Default: one for each core. */
  workerCount?: number;
  /** Default: what a packet costs decides (worker-limits.ts). */
  maxPathsPerWorker?: number;
  clock: Clock;
  logger: Logger;
  onCondition(condition: AppEvents['system.condition']): void;
  registry?: Registry;
}

/** A speaker asks for its first pilot every second; answers to many speakers of a worker are gathered for this long. */
const FIRST_PILOT_MS = 100;
/** Packets of an emergency follow each other faster than this until the last of them has been sent, pauses between two givings aside. */
const FLOWING_MS = 1000;
const WORKER_WAIT_MS = 5000;
const LONGEST_UNTOLD_MS = 1000;

/** The media plane on mediasoup. closing.md says who closes what. */
export function createDistributor(deps: DistributorDeps): Distributor {
  const { clock, logger } = deps;
  const publicAddress = createPublicAddress({ name: deps.publicAddress, clock, logger });
  const lostListeners = new Set<(speakerIds: readonly SpeakerId[], reason: string) => void>();
  const openListeners = new Set<(speakerId: SpeakerId) => void>();
  const channels = new Map<string, Channel>();
  const waitingForWorker = new Set<() => void>();
  const firstPilots = new Map<MediaWorker, Timer>();
  const counters = { packetsSent: 0, pilotsSent: 0, packetsDropped: 0, workerDeaths: 0 };
  let pilotTimer: Timer | undefined;
  let lastEmergencyMs = Number.NEGATIVE_INFINITY;
  let running = false;

  const tellLost = (speakerIds: readonly SpeakerId[], reason: string): void => {
    if (speakerIds.length === 0 || !running) return;
    logger.warn({ speakers: speakerIds.length, reason }, 'media paths lost');
    for (const listener of lostListeners) listener(speakerIds, reason);
  };

  /** Speakers of dead workers that have not been told yet. */
  const lostInWorker = new Map<MediaWorker, SpeakerId[]>();
  const tellLostOf = (worker: MediaWorker): void => {
    const lost = lostInWorker.get(worker) ?? [];
    lostInWorker.delete(worker);
    tellLost(lost, 'a media worker died');
  };
  const workers = Array.from({ length: deps.workerCount ?? Math.max(1, availableParallelism()) }, (_, index) => {
    return new MediaWorker({
      index,
      mediaPorts: deps.mediaPorts,
      listen: deps.listen,
      workerBin: deps.workerBin,
      clock,
      logger,
      onDied(worker, reason) {
        counters.workerDeaths += 1;
        logger.error({ worker: worker.index, reason }, 'media worker died');
        lostInWorker.set(worker, [...(lostInWorker.get(worker) ?? []), ...paths.dropWorker(worker)]);
        deps.onCondition(workerDied(worker.index));
        // Told when the process is back: speakers that came sooner would all crowd into the workers that are left.
        clock.after('media paths of a dead worker', LONGEST_UNTOLD_MS, () => tellLostOf(worker));
      },
      onBack(worker) {
        deps.onCondition(workerBack(worker.index));
        for (const wake of [...waitingForWorker]) wake();
        tellLostOf(worker);
      },
    });
  });

  const load = new DistributorLoad({
    workers: () => workers,
    maxPathsPerWorker: deps.maxPathsPerWorker,
    clock,
    logger,
    onCondition: deps.onCondition,
  });
  const reserveWorker = async (): Promise<MediaWorker> => {
    const find = (): MediaWorker | undefined =>
      workers.filter((worker) => worker.isAlive()).sort((a, b) => a.speakers + a.reserved - b.speakers - b.reserved)[0];
    let worker = find();
    if (!worker && running) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          timer.cancel();
          waitingForWorker.delete(wake);
          resolve();
        };
        const timer = clock.after('a media worker', WORKER_WAIT_MS, wake);
        waitingForWorker.add(wake);
      });
      worker = find();
    }
    if (!worker) throw workerLost(undefined);
    worker.reserved += 1;
    return worker;
  };

  const paths = new SpeakerPaths({
    mediaPorts: deps.mediaPorts,
    listen: deps.listen,
    announced: () => publicAddress.current(),
    async reserveWorker() {
      const worker = await reserveWorker();
      try {
        load.requireRoom(worker);
        return worker;
      } catch (error) {
        worker.reserved -= 1;
        throw error;
      }
    },
    onMade: (path) => emergency.addSpeaker(path.speakerId),
    onOpen(path) {
      firstPilotSoon(path.worker);
      for (const listener of openListeners) listener(path.speakerId);
    },
    onGone(path) {
      for (const channel of channels.values()) channel.removeSpeaker(path.speakerId);
    },
    onLost: (path, reason) => tellLost([path.speakerId], reason),
  });
  const microphones = new Microphones({ clock, logger, reserveWorker, announced: () => publicAddress.current() });

  const channelDeps: ChannelDeps = {
    clock,
    memberOf(speakerId) {
      const path = paths.get(speakerId);
      if (!path) throw notAttached(speakerId);
      return path;
    },
    workers: () => workers,
    countSent(packets) {
      counters.packetsSent += packets;
    },
    countDropped(packets) {
      counters.packetsDropped += packets;
    },
    onStreamLost(speakerId, reason) {
      paths.detach(speakerId);
      tellLost([speakerId], reason);
    },
    onClosed: (channel) => void channels.delete(channel.channelId),
  };
  const emergency = new Channel({ channelId: EMERGENCY_CHANNEL_ID, class: 'emergency' }, channelDeps);
  channels.set(EMERGENCY_CHANNEL_ID, emergency);
  /** What slices get: it cannot close the standing channel, and its programme holds the pilots back. */
  const standing = {
    channelId: emergency.channelId,
    class: emergency.class,
    send(packet: MediaPacket) {
      lastEmergencyMs = clock.monotonicMs();
      emergency.send(packet);
    },
    flush: () => emergency.flush(),
    addSpeaker: (speakerId: SpeakerId) => emergency.addSpeaker(speakerId),
    removeSpeaker: (speakerId: SpeakerId) => emergency.removeSpeaker(speakerId),
    streams: () => emergency.streams(),
    close() {},
  };

  /** A programme that flows on the channel proves the paths by itself. Much of an emergency is sent ahead: then pilots flow again while it still plays, and a new path needs one. */
  const emergencyFlows = (): boolean => clock.monotonicMs() - lastEmergencyMs < FLOWING_MS;
  const pilot = (): MediaPacket => silentPacket(clock.nowMs(), false);
  function firstPilotSoon(worker: MediaWorker): void {
    if (!firstPilots.has(worker)) firstPilotIn(worker, FIRST_PILOT_MS);
  }
  function firstPilotIn(worker: MediaWorker, afterMs: number): void {
    const timer = clock.after('first pilot of new speakers', afterMs, () => {
      firstPilots.delete(worker);
      // It may have been the last packet that the new path just missed.
      if (emergencyFlows()) return firstPilotIn(worker, FLOWING_MS);
      counters.pilotsSent += 1;
      emergency.sendInto(worker, pilot());
    });
    firstPilots.set(worker, timer);
  }

  const subscribe = <Listener>(set: Set<Listener>, listener: Listener): (() => void) => {
    set.add(listener);
    return () => void set.delete(listener);
  };

  const stats = async (): Promise<DistributorStats> => {
    const figures = await Promise.all(workers.map((worker) => worker.stats()));
    return {
      workers: figures.filter((figure) => figure !== undefined),
      channels: channels.size,
      microphones: microphones.count(),
      livePacketMs: load.livePacketMs(),
      pathsOpen: [...paths.all()].filter((path) => path.open).length,
      ...counters,
    };
  };
  if (deps.registry) exposeDistributorMetrics(deps.registry, stats);

  return {
    async start() {
      running = true;
      mediasoup.setLogEventListeners({
        onwarn: (namespace, log) => logger.debug({ namespace }, log),
        // A worker told to end complains that its pipe closes; only in mid-life does that mean anything.
        onerror: (namespace, log, error) => logger[running ? 'warn' : 'debug']({ namespace, error: error?.message }, log),
      });
      const [started] = await Promise.all([Promise.allSettled(workers.map((worker) => worker.start())), publicAddress.start()]);
      const failed = started.find((result) => result.status === 'rejected');
      if (failed) {
        running = false;
        publicAddress.close();
        await Promise.all(workers.map((worker) => worker.close()));
        throw explainWorkerStart(failed.reason, { mediaPorts: deps.mediaPorts, workerBin: deps.workerBin });
      }
      microphones.start();
      load.start();
      pilotTimer = clock.every('pilot', PILOT_PERIOD_MS, () => {
        if (emergencyFlows()) return;
        counters.pilotsSent += 1;
        emergency.send(pilot());
      });
    },
    async close() {
      running = false;
      publicAddress.close();
      load.close();
      pilotTimer?.cancel();
      for (const timer of firstPilots.values()) timer.cancel();
      firstPilots.clear();
      for (const wake of [...waitingForWorker]) wake();
      microphones.close();
      for (const channel of [...channels.values()]) channel.close();
      paths.closeAll();
      await Promise.all(workers.map((worker) => worker.close()));
    },
    attachSpeaker: (speakerId, options) => paths.attach(speakerId, options),
    detachSpeaker: (speakerId) => paths.detach(speakerId),
    isAttached: (speakerId) => paths.get(speakerId) !== undefined,
    isPathOpen: (speakerId) => paths.get(speakerId)?.open ?? false,
    async openChannel(options) {
      if (channels.has(options.channelId)) throw new Error(`channel ${options.channelId} is open already`);
      const channel = new Channel(options, channelDeps);
      channels.set(options.channelId, channel);
      return channel;
    },
    emergencyChannel: () => standing,
    openMicrophone: (microphoneId, ownerId) => microphones.open(microphoneId, ownerId),
    microphoneOwner: (microphoneId) => microphones.owner(microphoneId),
    connectMicrophone: (microphoneId, dtlsParameters) => microphones.connect(microphoneId, dtlsParameters),
    produceMicrophone: (microphoneId, rtpParameters) => microphones.produce(microphoneId, rtpParameters),
    microphone: (microphoneId) => microphones.get(microphoneId),
    closeMicrophone: (microphoneId) => microphones.closeMicrophone(microphoneId),
    livePacketMs: () => load.livePacketMs(),
    fillSpeed: (packetMs) => load.fillSpeed(packetMs),
    onPathsLost: (listener) => subscribe(lostListeners, listener),
    onPathOpen: (listener) => subscribe(openListeners, listener),
    stats,
  };
}

function workerDied(index: number): AppEvents['system.condition'] {
  return {
    code: 'distribution.worker_died',
    subject: String(index),
    state: 'raised',
    vi: `Tiến trình phát âm thanh số ${index + 1} bị dừng đột ngột và đang tự khởi động lại; các cụm loa của nó mất tiếng trong lúc chờ.`,
    en: `Media process ${index + 1} died and is being started again; its speakers are silent meanwhile.`,
  };
}

function workerBack(index: number): AppEvents['system.condition'] {
  return {
    code: 'distribution.worker_died',
    subject: String(index),
    state: 'cleared',
    vi: `Tiến trình phát âm thanh số ${index + 1} đã dừng đột ngột và được khởi động lại; các cụm loa của nó có tiếng trở lại.`,
    en: `Media process ${index + 1} died and was started again; its speakers sound again.`,
  };
}
