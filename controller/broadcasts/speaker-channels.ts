import type { Clock, Timer } from '../clock.ts';
import type { DistributionChannel, Distributor } from '../distribution/distributor.ts';
import { errorText } from '../errors.ts';
import type { BroadcastClass } from '../protocol/broadcast-class.ts';
import type { ChannelDescription, MediaGrant } from '../protocol/speaker-control.ts';
import type { SpeakerDirectory, SpeakerMediaGranter } from '../speakers/speaker-directory.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A path is granted before anything is known of it; the first beat and pings tell within a second. */
const STANDING_LOOK_PERIOD_MS = 1000;
/** A smaller difference of the standing channel's delay is not worth a message. */
const STANDING_DELAY_STEP_MS = 5;
/** A join that has no answer by then (its media worker hangs) holds nobody back; it may still come. */
const JOIN_PATIENCE_MS = 2000;
/** A path that could not be granted anew is tried again after these; a speaker asks by itself only after it has missed three pilots. */
const REGRANT_MS = [500, 1000, 2000, 4000, 8000];

type Families = readonly ('ipv4' | 'ipv6')[];

/** A broadcast's own channel and who belongs on it. */
export interface OwnChannel {
  channel: DistributionChannel;
  class: BroadcastClass;
  broadcastId: string;
  gainDb: number;
  delayMs(speakerId: string): number;
  clusterIds: ReadonlySet<string>;
}

export interface SpeakerChannelsDeps {
  distributor: Distributor;
  speakers: SpeakerDirectory;
  clock: Clock;
  logger: Logger;
  /** A speaker is on this broadcast's channel now, or hears it now: at its opening, or joining late. */
  onJoined(broadcastId: string): void;
}

/**
 * Keeps every speaker on every channel on which it belongs and tells it so: when a channel opens, when a speaker connects in
 * mid-broadcast, and when a media worker died and took paths with it.
 */
export class SpeakerChannels implements SpeakerMediaGranter {
  #deps: SpeakerChannelsDeps;
  #own = new Map<string, OwnChannel>();
  #standing: { broadcastId: string | null; sinceMs: number; gainDb: number } = { broadcastId: null, sinceMs: 0, gainDb: 0 };
  #standingDelays = new Map<string, number>();
  /** What each speaker asked with, for a new path after its media worker died. */
  #asked = new Map<string, { families: Families; reachedAt: string | undefined }>();
  /** Being granted a path: the grant will name the channels, so nothing else must. */
  #granting = new Map<string, number>();
  #ends: (() => void)[] = [];
  #closing = new AbortController();

  constructor(deps: SpeakerChannelsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { distributor, clock } = this.#deps;
    this.#ends.push(distributor.onPathsLost((speakerIds, reason) => this.#replacePaths(speakerIds, reason)));
    this.#ends.push(distributor.onPathOpen((speakerId) => this.#pathOpened(speakerId)));
    const look: Timer = clock.every('standing channel delays', STANDING_LOOK_PERIOD_MS, () => this.#followStandingDelays());
    this.#ends.push(() => look.cancel());
  }

  close(): void {
    this.#closing.abort(new Error('the channels are closing'));
    for (const end of this.#ends.splice(0)) end();
  }

  /**
   * Puts the channel's speakers on it and tells them; speakers that are not connected follow when they are. Resolves in bounded time,
   * also while some have no answer yet.
   */
  async open(own: OwnChannel): Promise<void> {
    this.#own.set(own.channel.channelId, own);
    const joined = Promise.all([...own.clusterIds].map((clusterId) => this.#join(own, clusterId)));
    const waiting = new AbortController();
    const patience = this.#deps.clock.sleep(JOIN_PATIENCE_MS, waiting.signal).catch(() => undefined);
    await Promise.race([joined, patience]);
    waiting.abort(new Error('all have joined'));
  }

  /** Changes which clusters belong on the channel. @param silent where one that leaves is silent at once; elsewhere it plays out what was sent */
  setClusters(channelId: string, clusterIds: ReadonlySet<string>, silent: ReadonlySet<string>): void {
    const own = this.#own.get(channelId);
    if (!own) return;
    const before = own.clusterIds;
    own.clusterIds = clusterIds;
    for (const clusterId of before) if (!clusterIds.has(clusterId)) this.#leave(own, clusterId, silent.has(clusterId));
    for (const clusterId of clusterIds) if (!before.has(clusterId)) void this.#join(own, clusterId);
  }

  /** @param immediately silence at once; otherwise what was sent is played out. */
  closeChannel(channelId: string, immediately: boolean): void {
    const own = this.#own.get(channelId);
    if (!own) return;
    this.#own.delete(channelId);
    for (const speakerId of own.channel.streams().keys())
      this.#deps.speakers.send(speakerId, { type: 'channel.close', channelId, immediately });
    if (immediately) own.channel.flush();
    own.channel.close();
  }

  /** Every speaker of this broadcast is on its channel, and hears it: nobody is waited for. */
  isComplete(broadcastId: string): boolean {
    const { distributor, speakers } = this.#deps;
    const own = [...this.#own.values()].find((each) => each.broadcastId === broadcastId);
    const speakerIds = [...(own?.clusterIds ?? [])].flatMap((clusterId) => speakers.speakerOf(clusterId) ?? []);
    const hears = (speakerId: string): boolean => own?.channel.streams().has(speakerId) === true && distributor.isPathOpen(speakerId);
    return speakerIds.length > 0 && speakerIds.every(hears);
  }

  /** How many speakers are on the channel now. */
  joined(channelId: string): number {
    return this.#own.get(channelId)?.channel.streams().size ?? 0;
  }

  /** Says whose sound the standing emergency channel carries. Packets may flow before: the speakers play them anyway. */
  announceStanding(broadcastId: string, gainDb: number): void {
    this.#standing = { broadcastId, sinceMs: this.#deps.clock.nowMs(), gainDb };
    this.#tellAllStanding(false);
  }

  /** The standing emergency channel is idle again. @param immediately silence at once; otherwise what was sent is played out, however late it arrives */
  endStanding(immediately: boolean): void {
    this.#standing = { broadcastId: null, sinceMs: this.#deps.clock.nowMs(), gainDb: 0 };
    if (immediately) this.#deps.distributor.emergencyChannel().flush();
    this.#tellAllStanding(immediately);
  }

  /** The delay at which this speaker plays the standing channel. */
  standingDelayMs(speakerId: string): number {
    const known = this.#standingDelays.get(speakerId);
    if (known !== undefined) return known;
    const delayMs = this.#deps.speakers.playoutDelayMs(speakerId, 'emergency');
    this.#standingDelays.set(speakerId, delayMs);
    return delayMs;
  }

  async grant(speakerId: string, families: Families, reachedAt?: string): Promise<MediaGrant> {
    const { distributor, speakers } = this.#deps;
    this.#asked.set(speakerId, { families, reachedAt });
    this.#granting.set(speakerId, (this.#granting.get(speakerId) ?? 0) + 1);
    try {
      const path = await distributor.attachSpeaker(speakerId, { families, ...(reachedAt === undefined ? {} : { reachedAt }) });
      const stream = await distributor.emergencyChannel().addSpeaker(speakerId);
      this.#standingDelays.delete(speakerId);
      const channels: ChannelDescription[] = [
        {
          channelId: distributor.emergencyChannel().channelId,
          class: 'emergency',
          ...stream,
          playoutDelayMs: this.standingDelayMs(speakerId),
          ...this.#standing,
          standing: true,
        },
      ];
      const clusterId = speakers.clusterOf(speakerId)?.clusterId;
      const told = new Set<string>();
      // A channel may open while an earlier one is being joined: go on until all are named.
      for (let next = this.#nextFor(clusterId, told); next; next = this.#nextFor(clusterId, told)) {
        told.add(next.channel.channelId);
        try {
          channels.push(await this.#describe(next, speakerId));
        } catch (error) {
          // Over while it was being joined: the others are wanted all the same.
          if (this.#own.get(next.channel.channelId) === next) throw error;
        }
      }
      const own = [...this.#own.values()].filter(({ channel }) => told.has(channel.channelId));
      // A cluster may be lost while a later channel is being joined.
      for (const { channel, clusterIds } of own)
        if (clusterId !== undefined && !clusterIds.has(clusterId)) channel.removeSpeaker(speakerId);
      const joined = own.filter(({ channel }) => channel.streams().has(speakerId));
      for (const { broadcastId } of joined) this.#deps.onJoined(broadcastId);
      const ids = new Set(joined.map(({ channel }) => channel.channelId));
      return { ...path, channels: channels.filter((channel) => channel.standing || ids.has(channel.channelId)) };
    } finally {
      const left = (this.#granting.get(speakerId) ?? 1) - 1;
      if (left > 0) this.#granting.set(speakerId, left);
      else this.#granting.delete(speakerId);
    }
  }

  release(speakerId: string): void {
    this.#asked.delete(speakerId);
    this.#standingDelays.delete(speakerId);
    this.#deps.distributor.detachSpeaker(speakerId);
  }

  #nextFor(clusterId: string | undefined, told: ReadonlySet<string>): OwnChannel | undefined {
    if (clusterId === undefined) return undefined;
    for (const own of this.#own.values()) if (own.clusterIds.has(clusterId) && !told.has(own.channel.channelId)) return own;
    return undefined;
  }

  async #describe(own: OwnChannel, speakerId: string): Promise<ChannelDescription> {
    const stream = await own.channel.addSpeaker(speakerId);
    return {
      channelId: own.channel.channelId,
      class: own.class,
      ...stream,
      playoutDelayMs: own.delayMs(speakerId),
      gainDb: own.gainDb,
      broadcastId: own.broadcastId,
      // It carries nothing else.
      sinceMs: 0,
      standing: false,
    };
  }

  async #join(own: OwnChannel, clusterId: string): Promise<void> {
    const { distributor, speakers, logger } = this.#deps;
    const speakerId = speakers.speakerOf(clusterId);
    if (speakerId === undefined || !distributor.isAttached(speakerId) || this.#granting.has(speakerId)) return;
    try {
      const channel = await this.#describe(own, speakerId);
      if (!this.#belongs(own, clusterId)) {
        own.channel.removeSpeaker(speakerId);
        return;
      }
      if (speakers.send(speakerId, { type: 'channel.open', channel })) this.#deps.onJoined(own.broadcastId);
    } catch (error) {
      // Its path went away meanwhile; it is granted anew with this channel.
      logger.debug({ speakerId, channelId: own.channel.channelId, error: errorText(error) }, 'a speaker could not join a channel');
    }
  }

  /** Its channels were granted before, and carried nothing to it until now. */
  #pathOpened(speakerId: string): void {
    for (const { channel, broadcastId } of this.#own.values()) if (channel.streams().has(speakerId)) this.#deps.onJoined(broadcastId);
  }

  #belongs(own: OwnChannel, clusterId: string): boolean {
    return this.#own.get(own.channel.channelId) === own && own.clusterIds.has(clusterId);
  }

  #leave(own: OwnChannel, clusterId: string, immediately: boolean): void {
    const speakerId = this.#deps.speakers.speakerOf(clusterId);
    if (speakerId === undefined || !own.channel.streams().has(speakerId)) return;
    own.channel.removeSpeaker(speakerId);
    this.#deps.speakers.send(speakerId, { type: 'channel.close', channelId: own.channel.channelId, immediately });
  }

  #tellAllStanding(immediately: boolean): void {
    for (const speakerId of this.#deps.distributor.emergencyChannel().streams().keys()) this.#tellStanding(speakerId, immediately);
  }

  #tellStanding(speakerId: string, immediately = false): void {
    const { distributor, speakers } = this.#deps;
    speakers.send(speakerId, {
      type: 'channel.change',
      channelId: distributor.emergencyChannel().channelId,
      ...this.#standing,
      immediately,
      playoutDelayMs: this.standingDelayMs(speakerId),
    });
  }

  /** While nothing sounds on it, the standing channel's delay follows what is known of the network; a hamlet moves together. */
  #followStandingDelays(): void {
    if (this.#standing.broadcastId !== null) return;
    for (const [speakerId, toldMs] of this.#standingDelays) {
      if (!this.#deps.speakers.isConnected(speakerId)) {
        // It is told anew when it is back.
        this.#standingDelays.delete(speakerId);
        continue;
      }
      const delayMs = this.#deps.speakers.playoutDelayMs(speakerId, 'emergency');
      if (Math.abs(delayMs - toldMs) < STANDING_DELAY_STEP_MS) continue;
      this.#standingDelays.set(speakerId, delayMs);
      this.#tellStanding(speakerId);
    }
  }

  #replacePaths(speakerIds: readonly string[], reason: string): void {
    const { logger } = this.#deps;
    logger.warn({ speakers: speakerIds.length, reason }, 'media paths were lost; granting new ones');
    for (const speakerId of speakerIds) void this.#grantAnew(speakerId);
  }

  async #grantAnew(speakerId: string): Promise<void> {
    const { speakers, clock, logger } = this.#deps;
    const asked = this.#asked.get(speakerId);
    // A speaker that went, or asked by itself meanwhile, needs none from here.
    const isWanted = (): boolean => asked !== undefined && this.#asked.get(speakerId) === asked && speakers.isConnected(speakerId);
    for (let attempt = 0; asked && isWanted() && !this.#closing.signal.aborted; attempt++) {
      try {
        const granting = this.grant(speakerId, asked.families, asked.reachedAt);
        // `grant` notes what was asked; it is the same.
        this.#asked.set(speakerId, asked);
        const grant = await granting;
        speakers.send(speakerId, { type: 'media.setup', grant });
        return;
      } catch (error) {
        const pauseMs = REGRANT_MS[attempt];
        logger[pauseMs === undefined ? 'error' : 'warn'](
          { speakerId, error: errorText(error), pauseMs },
          'a speaker could not be granted a new media path',
        );
        if (pauseMs === undefined) return;
        await clock.sleep(pauseMs, this.#closing.signal).catch(() => undefined);
      }
    }
  }
}
