import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import type { OpenMicrophoneResponse } from '../protocol/microphone.ts';
import type { MediaGrant } from '../protocol/speaker-control.ts';

/** One Opus packet with its place on the air timeline. */
export interface MediaPacket {
  /** RFC 6716 packet; may hold several frames. */
  payload: Buffer;
  /** 48 kHz RTP timestamp of the first sample, modulo 2^32. */
  rtpTimestamp: number;
  /** Wall-clock instant of the first sample, epoch ms (abs-capture-time). It sounds at this instant + the channel's playout delay. */
  captureAtMs: number;
  /** First packet after silence (RFC 3551 section 4.1). */
  marker: boolean;
}

/** A speaker's copy of a channel. */
export interface SpeakerStream {
  ssrc: number;
  payloadType: number;
}

/** One programme's way to its speakers: every packet goes once into each media worker, which encrypts and fans it out. */
export interface DistributionChannel {
  readonly channelId: string;
  readonly class: BroadcastClass;
  /** Never throws and never blocks; packets for a dead worker are counted and dropped. */
  send(packet: MediaPacket): void;
  /**
   * What was sent is not wanted any more, however far ahead it was: tells the speakers so in the stream itself, for those whose control channel is down. Said
   * again a moment later in case it gets lost, unless a programme follows before.
   */
  flush(): void;
  /** The speaker must be attached. Answers the existing stream when it is on the channel already. */
  addSpeaker(speakerId: SpeakerId): Promise<SpeakerStream>;
  removeSpeaker(speakerId: SpeakerId): void;
  streams(): ReadonlyMap<SpeakerId, SpeakerStream>;
  close(): void;
}

/** Opus packets as they arrive from a browser's microphone. */
export interface MicrophonePacket {
  payload: Buffer;
  sequenceNumber: number;
  rtpTimestamp: number;
  receivedAtMs: number;
}

export interface Microphone {
  readonly microphoneId: string;
  onPacket(listener: (packet: MicrophonePacket) => void): () => void;
  onClosed(listener: (reason: string) => void): () => void;
  close(): void;
}

export interface AttachOptions {
  /** What the speaker's network can do, best first. */
  families: readonly ('ipv4' | 'ipv6')[];
  /**
   * Our own address at which the speaker's control connection arrived. It is known to be reachable unless a router stands between;
   * `reachableAddresses` says in which order it is granted.
   */
  reachedAt?: string;
}

/** The part of a media grant that distribution knows; broadcasts/ adds the channels. */
export type MediaPath = Omit<MediaGrant, 'channels'>;

export interface DistributorFacts {
  /** A worker died: these speakers' paths are gone; each must be granted a new one. Channels stay and are re-attached. */
  onPathsLost(listener: (speakerIds: readonly SpeakerId[], reason: string) => void): () => void;
  /** The speaker's first authentic packet arrived: media can reach it. */
  onPathOpen(listener: (speakerId: SpeakerId) => void): () => void;
}

/** The seam behind which mediasoup lives; an in-memory twin serves tests of the slices above. */
export interface Distributor extends DistributorFacts {
  /** @throws AppError `distribution.no_port` or `distribution.worker_not_started` */
  start(): Promise<void>;
  close(): Promise<void>;
  /**
   * Makes (or replaces) the speaker's SRTP path with fresh keys.
   * @throws AppError `distribution.full` when one speaker more would take sound from the others, `distribution.no_port`, `distribution.worker_lost`,
   *   `distribution.no_common_family`
   */
  attachSpeaker(speakerId: SpeakerId, options: AttachOptions): Promise<MediaPath>;
  detachSpeaker(speakerId: SpeakerId): void;
  isAttached(speakerId: SpeakerId): boolean;
  isPathOpen(speakerId: SpeakerId): boolean;
  openChannel(options: { channelId: string; class: BroadcastClass }): Promise<DistributionChannel>;
  /**
   * The standing channel for emergencies: open from `start()` on, every attached speaker is on it from its attachment on, and
   * its pilots (SILENT_PAYLOAD_MAX_BYTES) prove the paths. Its `close()` does nothing; `close()` of the distributor ends it.
   */
  emergencyChannel(): DistributionChannel;
  /** @param ownerId who may use it; only this person's broadcasts may take it on air */
  openMicrophone(microphoneId: string, ownerId?: string): Promise<OpenMicrophoneResponse>;
  /** Who opened it; undefined when it is not open, or was opened for nobody in particular. */
  microphoneOwner(microphoneId: string): string | undefined;
  connectMicrophone(microphoneId: string, dtlsParameters: Record<string, unknown>): Promise<void>;
  produceMicrophone(microphoneId: string, rtpParameters: Record<string, unknown>): Promise<string>;
  /** undefined until it has produced, and after it closed. */
  microphone(microphoneId: string): Microphone | undefined;
  closeMicrophone(microphoneId: string): void;
  /**
   * How long live packets have to be so that all speakers get them, ms: 20, or 40 or 60 when there are many speakers. Joining frames adds as much delay
   * as the packets are longer. Chosen for a broadcast when it begins.
   */
  livePacketMs(): number;
  /**
   * How many times real time a programme in packets of this length may be sent ahead to all speakers at once, at least 1: the fullest media worker decides.
   * Changes as speakers come and go.
   */
  fillSpeed(packetMs: number): number;
  /** For /metrics and the bench. */
  stats(): Promise<DistributorStats>;
}

export interface WorkerStats {
  pid: number;
  speakers: number;
  /** Packets sent out to speakers. */
  fanOut: number;
  /** How far it is behind with what it was sent, ms. */
  lagMs: number;
  /** Processor time that a packet to a speaker costs it, µs; learned while it sends. */
  packetUs: number;
  cpuUserMs: number;
  cpuSystemMs: number;
  maxRssKb: number;
}

export interface DistributorStats {
  workers: WorkerStats[];
  channels: number;
  microphones: number;
  livePacketMs: number;
  pathsOpen: number;
  /** Packets given to workers; one worker's fan-out to many speakers counts once. */
  packetsSent: number;
  pilotsSent: number;
  packetsDropped: number;
  workerDeaths: number;
}

export { EMERGENCY_CHANNEL_ID } from '../protocol/media.ts';
