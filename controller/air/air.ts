import type { DistributionChannel } from '../distribution/distributor.ts';
import type { Attention } from '../protocol/attention.ts';
import type { Repeat } from '../protocol/broadcasts.ts';
import type { SentStretch } from '../protocol/sent-sound.ts';
import type { PaceOptions } from './pace.ts';
import type { PacketMs } from './packing.ts';
import type { RelayOptions } from './relay-source.ts';

/** A packet of a source, before it gets its place on the air timeline. */
export interface SourcePacket {
  /** RFC 6716 packet of `durationMs`. */
  payload: Buffer;
  durationMs: number;
  /**
   * Of a source's first packet: so much of its beginning lies before the position that was asked for (the encoder's
   * pre-skip, or the part of a packet in whose middle the position lies). It is sent early, so that the position itself is on time.
   */
  preRollMs?: number;
  /** `begins`: a giving of the whole message begins with this packet, at its pre-roll's end. `pause`: silence between two of them. */
  pass?: 'begins' | 'pause';
  /** It announces the programme and is none of it. */
  isChime?: boolean;
  /** Of a packet that somebody sends us as the sound happens: it goes out at once, placed by these. Absent: air/ paces it. */
  arrival?: { mediaTimeMs: number; receivedAtMs: number };
}

/**
 * Where a programme's sound comes from. A recorded source is pulled ahead of time; a live one (microphone, relay) delivers when
 * sound exists and answers null from `read` when it has ended.
 */
export interface ProgrammeSource {
  readonly kind: 'recorded' | 'live';
  /** null: open-ended, or not known before `start` has resolved. */
  readonly durationMs: number | null;
  /** Some seconds before `start`, when it is known that it comes: opens what takes time. */
  prepare?(): void;
  /**
   * `skipMs`: begin this far into the programme; an open-ended source has nothing to skip. `follows`: another source sounds already, so
   * this one must not wait for its sound.
   */
  start(options?: { skipMs: number; follows?: boolean }): Promise<void>;
  /** The next packet, or null at the end. Rejects with an AppError that names what failed. */
  read(): Promise<SourcePacket | null>;
  close(): Promise<void>;
}

/** One giving of a message by capture instants, epoch ms. Where the sender had to jump inside it, nobody has heard it whole. */
export interface Pass {
  fromMs: number;
  untilMs: number;
}

export interface AirRequest {
  broadcastId: string;
  channel: Pick<DistributionChannel, 'send'>;
  source: ProgrammeSource;
  /** Shorter packets of the source are joined up to this length, ms, and leave as much later. Default: they are sent as they come. */
  packetMs?: number;
  /** Wall-clock instant of the first sample's capture; first sound = startAtMs + playout delay of the channel. In the past or 0: now. */
  startAtMs: number;
  /**
   * So far in the past `startAtMs` is kept, ms: what should have left by then leaves at once, much faster than it sounds, and uses up some of the playout delay. The first
   * sound comes that much sooner. Absent: 0.
   */
  overdueMs?: number;
  /** Skips this much of a recorded source (resume after pre-emption or restart). */
  skipMs: number;
  /** Its copy is written whatever the disk says. */
  isEmergency?: boolean;
  /** How far ahead of its instant a paced packet is sent, and how many times real time it may go until it is; absent: what repair needs. */
  pace?: PaceOptions;
  /** A message was sent from its first sample to its last; not told of one that was begun in its middle or broken off. */
  onPass?(pass: Pass): void;
  /** Every some seconds: what has been on air since the last time; a chime is not in it. */
  onSent?(stretch: SentStretch): void;
  /** About every 500 ms. */
  onProgress(progress: AirProgress): void;
}

export interface AirProgress {
  /** How far into the programme the air is (including skipMs). */
  positionMs: number;
  /** Of what is going out, dBFS. */
  levelDb: number;
  /** Some programme above silence was on air since the last time: no chime, no silence that keeps the channel. */
  isProgramme: boolean;
}

export type AirEnd = { how: 'finished' } | { how: 'stopped' } | { how: 'failed'; error: unknown };

export interface AirRun {
  readonly broadcastId: string;
  /** Position in the programme, ms, including skipMs. */
  positionMs(): number;
  /** Ends after the packet under way. Resolves when nothing more is sent. */
  stop(): Promise<void>;
  /** Resolves (never rejects) when the last packet was sent. */
  readonly ended: Promise<AirEnd>;
  /** Wall-clock instant at which the last sample sent so far is captured; sound lasts until this + playout delay. */
  sentUntilMs(): number;
}

/** What comes before a programme. */
export interface Opening {
  /** The station's chime. */
  chime: boolean;
  /** An emergency's attention signal; where there is one, there is no chime. */
  attention?: Attention | null;
}

export interface Air {
  start(): Promise<void>;
  close(): Promise<void>;
  play(request: AirRequest): AirRun;
  /** Holds these masters in memory, and no others: they sound while the disk hangs. */
  keepAtHand(masterPaths: readonly string[]): void;
  recordedSource(options: Opening & { masterPath: string; repeat: Repeat; pauseMs: number; packetMs: PacketMs }): ProgrammeSource;
  relaySource(options: Opening & RelayOptions): ProgrammeSource;
  microphoneSource(options: Opening & { broadcastId: string; microphoneId: string; maxDurationMs: number }): ProgrammeSource;
  /** A source that plays one after the other, for example a spoken notice and then a relay. */
  sequence(sources: readonly ProgrammeSource[]): ProgrammeSource;
  /** An attention signal exactly as it would go out, for a person to listen to. Ogg Opus. */
  attentionAudio(attention: Attention): Promise<Buffer>;
}
