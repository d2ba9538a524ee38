import type { types } from 'mediasoup';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import type { ChannelFeed } from './channel-feed.ts';
import type { DistributionChannel, MediaPacket, SpeakerStream } from './distributor.ts';
import { Flush } from './flush.ts';
import { SPEAKER_CAPABILITIES } from './media-codec.ts';
import { type MediaWorker, workerLost } from './media-worker.ts';

/** What a channel needs of an attached speaker. */
export interface ChannelMember {
  readonly speakerId: SpeakerId;
  readonly worker: MediaWorker;
  readonly transport: types.PlainTransport;
}

export interface ChannelDeps {
  clock: Clock;
  /** @throws AppError when the speaker is not attached */
  memberOf(speakerId: SpeakerId): ChannelMember;
  workers(): readonly MediaWorker[];
  countSent(packets: number): void;
  countDropped(packets: number): void;
  /** A consumer that nobody asked to close is gone: the speaker would wait for sound in vain. */
  onStreamLost(speakerId: SpeakerId, reason: string): void;
  onClosed(channel: Channel): void;
}

interface Membership {
  stream: SpeakerStream;
  consumer: types.Consumer;
  feed: ChannelFeed;
  worker: MediaWorker;
}

export class Channel implements DistributionChannel {
  readonly channelId: string;
  readonly class: BroadcastClass;
  #deps: ChannelDeps;
  #members = new Map<SpeakerId, Membership>();
  #streams = new Map<SpeakerId, SpeakerStream>();
  #joining = new Map<SpeakerId, { transport: types.PlainTransport; stream: Promise<SpeakerStream> }>();
  /** Where packets go: the feeds that somebody listens to. Kept apart because `send` runs for every packet. */
  #feeds = new Set<ChannelFeed>();
  #closed = false;
  #flush: Flush;

  constructor(options: { channelId: string; class: BroadcastClass }, deps: ChannelDeps) {
    this.#flush = new Flush(deps.clock, (packet) => this.#sendToAll(packet));
    this.channelId = options.channelId;
    this.class = options.class;
    this.#deps = deps;
  }

  send(packet: MediaPacket): void {
    this.#flush.cancel();
    this.#sendToAll(packet);
  }

  #sendToAll(packet: MediaPacket): void {
    for (const feed of this.#feeds) {
      // What would come too late only makes what follows late, too. An emergency is worth its time: it waits for its turn.
      const isWorthless = this.class !== 'emergency' && feed.worker.isBehind();
      if (!isWorthless && feed.send(packet)) this.#deps.countSent(1);
      else this.#deps.countDropped(1);
    }
  }

  flush(): void {
    this.#flush.begin();
  }

  /** The same, into one worker only. */
  sendInto(worker: MediaWorker, packet: MediaPacket): void {
    const members = [...this.#members.values()];
    const feed = members.find((member) => member.worker === worker)?.feed;
    if (feed?.send(packet)) this.#deps.countSent(1);
  }

  async addSpeaker(speakerId: SpeakerId): Promise<SpeakerStream> {
    if (this.#closed) throw left(speakerId, this.channelId);
    const present = this.#streams.get(speakerId);
    if (present) return present;
    const member = this.#deps.memberOf(speakerId);
    const joining = this.#joining.get(speakerId);
    if (joining?.transport === member.transport) return joining.stream;
    const stream = this.#join(member).finally(() => {
      if (this.#joining.get(speakerId)?.stream === stream) this.#joining.delete(speakerId);
    });
    this.#joining.set(speakerId, { transport: member.transport, stream });
    return stream;
  }

  removeSpeaker(speakerId: SpeakerId): void {
    this.#joining.delete(speakerId);
    const membership = this.#members.get(speakerId);
    if (!membership) return;
    this.#forget(speakerId, membership);
    membership.consumer.close();
  }

  streams(): ReadonlyMap<SpeakerId, SpeakerStream> {
    return this.#streams;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush.cancel();
    this.#members.clear();
    this.#streams.clear();
    this.#joining.clear();
    this.#feeds.clear();
    // Closing the producer closes all its consumers in the worker: one request instead of one for each speaker.
    for (const worker of this.#deps.workers()) worker.closeFeed(this.channelId);
    this.#deps.onClosed(this);
  }

  async #join(member: ChannelMember): Promise<SpeakerStream> {
    const { speakerId, worker, transport } = member;
    let feed: ChannelFeed;
    let consumer: types.Consumer;
    try {
      feed = await worker.feed(this.channelId);
      consumer = await transport.consume({
        producerId: feed.producer.id,
        rtpCapabilities: SPEAKER_CAPABILITIES,
        // Keeps the last eight seconds of packets and answers NACKs; off for audio unless asked for.
        enableRtx: true,
      });
    } catch (error) {
      throw transport.closed || !worker.isAlive() ? workerLost(error) : error;
    }
    const wanted = !this.#closed && this.#joining.get(speakerId)?.transport === transport;
    if (!wanted || transport.closed) {
      consumer.close();
      if (this.#closed) worker.closeFeed(this.channelId);
      throw left(speakerId, this.channelId);
    }
    return this.#enter(member, feed, consumer);
  }

  #enter(member: ChannelMember, feed: ChannelFeed, consumer: types.Consumer): SpeakerStream {
    const { speakerId, transport, worker } = member;
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    const payloadType = consumer.rtpParameters.codecs[0]?.payloadType;
    if (ssrc === undefined || payloadType === undefined) throw new Error('mediasoup made a consumer without SSRC or payload type');
    const membership: Membership = { stream: { ssrc, payloadType }, consumer, feed, worker };
    this.#members.set(speakerId, membership);
    this.#streams.set(speakerId, membership.stream);
    feed.listeners += 1;
    this.#feeds.add(feed);
    consumer.observer.once('close', () => {
      // Whoever closes on purpose forgets the membership first.
      if (this.#members.get(speakerId) !== membership) return;
      this.#forget(speakerId, membership);
      // The end of a transport or of a worker is told by its owner.
      if (!transport.closed) this.#deps.onStreamLost(speakerId, `the stream of channel ${this.channelId} was closed by the media worker`);
    });
    return membership.stream;
  }

  #forget(speakerId: SpeakerId, membership: Membership): void {
    this.#members.delete(speakerId);
    this.#streams.delete(speakerId);
    membership.feed.listeners -= 1;
    if (membership.feed.listeners === 0) this.#feeds.delete(membership.feed);
  }
}

function left(speakerId: SpeakerId, channelId: string): AppError {
  return new AppError({
    code: 'distribution.speaker_left',
    status: 409,
    words: {
      vi: 'Cụm loa vừa rời kênh này hoặc kênh đã đóng.',
      en: 'The speaker has just left this channel, or the channel was closed.',
    },
    details: { speakerId, channelId },
  });
}
