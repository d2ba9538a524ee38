import { randomBytes, randomUUID } from 'node:crypto';
import {
  type AttachOptions,
  type DistributionChannel,
  type Distributor,
  EMERGENCY_CHANNEL_ID,
  type MediaPacket,
  type MediaPath,
  type Microphone,
  type MicrophonePacket,
  type SpeakerStream,
} from '../../controller/distribution/distributor.ts';
import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import type { SpeakerId } from '../../controller/protocol/ids.ts';
import { ABS_CAPTURE_TIME_ID, OPUS_PAYLOAD_TYPE, SRTP_SUITE } from '../../controller/protocol/media.ts';

/** A channel that remembers what was sent on it and to whom. */
export interface MemoryChannel extends DistributionChannel {
  readonly sent: readonly MediaPacket[];
  /** How many packets had been sent at each flush. */
  readonly flushes: readonly number[];
  readonly closed: boolean;
}

export interface MemoryMicrophone extends Microphone {
  /** A packet arrives from the browser. */
  deliver(packet: MicrophonePacket): void;
  /** The browser is gone. */
  lose(reason: string): void;
}

/** The distributor without a network: what a test of the slices above needs, and handles to make its events happen. */
export interface MemoryDistributor extends Distributor {
  /** Every channel ever opened, closed ones included; the standing emergency channel first. */
  readonly channels: readonly MemoryChannel[];
  openPath(speakerId: SpeakerId): void;
  losePaths(speakerIds: readonly SpeakerId[], reason: string): void;
  addMicrophone(microphoneId: string, ownerId?: string): MemoryMicrophone;
  /** As with so many speakers that live sound goes in longer packets, or emergencies can't be sent far ahead. */
  setLoad(load: { livePacketMs?: number; fillSpeed?: number }): void;
  /** From now on this speaker's way onto a channel waits for this promise; one that never settles is a media worker that hangs. */
  delayJoin(speakerId: SpeakerId, until: Promise<void>): void;
}

export function createMemoryDistributor(): MemoryDistributor {
  const attached = new Map<SpeakerId, { open: boolean }>();
  const channels: MemoryChannel[] = [];
  const microphones = new Map<string, MemoryMicrophone>();
  const delays = new Map<SpeakerId, Promise<void>>();
  const owners = new Map<string, string>();
  const lostListeners = new Set<(speakerIds: readonly SpeakerId[], reason: string) => void>();
  const openListeners = new Set<(speakerId: SpeakerId) => void>();
  const load = { livePacketMs: 20, fillSpeed: 4 };
  let nextSsrc = 1;
  let packetsSent = 0;

  const makeChannel = (channelId: string, broadcastClass: BroadcastClass): MemoryChannel => {
    const streams = new Map<SpeakerId, SpeakerStream>();
    const sent: MediaPacket[] = [];
    const flushes: number[] = [];
    let closed = false;
    return {
      channelId,
      class: broadcastClass,
      sent,
      flushes,
      flush: () => void flushes.push(sent.length),
      get closed() {
        return closed;
      },
      send(packet) {
        if (closed) return;
        sent.push(packet);
        packetsSent += 1;
      },
      async addSpeaker(speakerId) {
        if (!attached.has(speakerId)) throw new Error(`${speakerId} is not attached`);
        if (channelId !== EMERGENCY_CHANNEL_ID) await delays.get(speakerId);
        if (closed) throw new Error(`channel ${channelId} is closed`);
        const stream = streams.get(speakerId) ?? { ssrc: nextSsrc++, payloadType: OPUS_PAYLOAD_TYPE };
        streams.set(speakerId, stream);
        return stream;
      },
      removeSpeaker: (speakerId) => void streams.delete(speakerId),
      streams: () => streams,
      close() {
        if (channelId === EMERGENCY_CHANNEL_ID) return;
        closed = true;
        streams.clear();
      },
    };
  };
  const emergency = makeChannel(EMERGENCY_CHANNEL_ID, 'emergency');
  channels.push(emergency);

  const drop = (speakerId: SpeakerId): void => {
    attached.delete(speakerId);
    for (const channel of channels) channel.removeSpeaker(speakerId);
  };
  const subscribe = <Listener>(set: Set<Listener>, listener: Listener): (() => void) => {
    set.add(listener);
    return () => void set.delete(listener);
  };

  return {
    channels,
    async start() {},
    async close() {
      attached.clear();
      for (const microphone of [...microphones.values()]) microphone.close();
    },
    async attachSpeaker(speakerId: SpeakerId, options: AttachOptions): Promise<MediaPath> {
      drop(speakerId);
      attached.set(speakerId, { open: false });
      await emergency.addSpeaker(speakerId);
      const family = options.families[0] ?? 'ipv4';
      return {
        transportId: randomUUID(),
        addresses: [{ family, ip: family === 'ipv6' ? '::1' : '127.0.0.1', port: 40_000 + (attached.size % 20_000) }],
        srtpSuite: SRTP_SUITE,
        speakerKey: randomBytes(28).toString('base64'),
        controllerKey: randomBytes(28).toString('base64'),
        absCaptureTimeId: ABS_CAPTURE_TIME_ID,
      };
    },
    detachSpeaker: drop,
    isAttached: (speakerId) => attached.has(speakerId),
    isPathOpen: (speakerId) => attached.get(speakerId)?.open ?? false,
    async openChannel(options) {
      const channel = makeChannel(options.channelId, options.class);
      channels.push(channel);
      return channel;
    },
    emergencyChannel: () => emergency,
    openMicrophone: () => Promise.reject(new Error('the memory distributor takes microphones by addMicrophone')),
    connectMicrophone: () => Promise.reject(new Error('the memory distributor takes microphones by addMicrophone')),
    produceMicrophone: () => Promise.reject(new Error('the memory distributor takes microphones by addMicrophone')),
    microphoneOwner: (microphoneId) => (microphones.has(microphoneId) ? owners.get(microphoneId) : undefined),
    microphone: (microphoneId) => microphones.get(microphoneId),
    closeMicrophone: (microphoneId) => microphones.get(microphoneId)?.close(),
    onPathsLost: (listener) => subscribe(lostListeners, listener),
    onPathOpen: (listener) => subscribe(openListeners, listener),
    livePacketMs: () => load.livePacketMs,
    fillSpeed: () => load.fillSpeed,
    setLoad: (change) => void Object.assign(load, change),
    stats: async () => ({
      workers: [],
      channels: channels.filter((channel) => !channel.closed).length,
      microphones: microphones.size,
      livePacketMs: load.livePacketMs,
      pathsOpen: [...attached.values()].filter((path) => path.open).length,
      packetsSent,
      pilotsSent: 0,
      packetsDropped: 0,
      workerDeaths: 0,
    }),
    openPath(speakerId) {
      const path = attached.get(speakerId);
      if (!path) throw new Error(`${speakerId} is not attached`);
      path.open = true;
      for (const listener of openListeners) listener(speakerId);
    },
    losePaths(speakerIds, reason) {
      for (const speakerId of speakerIds) drop(speakerId);
      for (const listener of lostListeners) listener(speakerIds, reason);
    },
    delayJoin: (speakerId, until) => void delays.set(speakerId, until),
    addMicrophone(microphoneId, ownerId) {
      if (ownerId !== undefined) owners.set(microphoneId, ownerId);
      const packetListeners = new Set<(packet: MicrophonePacket) => void>();
      const closedListeners = new Set<(reason: string) => void>();
      const end = (reason: string): void => {
        if (!microphones.delete(microphoneId)) return;
        for (const listener of closedListeners) listener(reason);
      };
      const microphone: MemoryMicrophone = {
        microphoneId,
        onPacket: (listener) => subscribe(packetListeners, listener),
        onClosed: (listener) => subscribe(closedListeners, listener),
        close: () => end('closed'),
        deliver(packet) {
          for (const listener of packetListeners) listener(packet);
        },
        lose: end,
      };
      microphones.set(microphoneId, microphone);
      return microphone;
    },
  };
}
