import type { ChannelDescription, ToSpeakerBody } from '../../controller/protocol/speaker-control.ts';
import { Channel } from './channel.ts';
import type { PlaySession } from './play-session.ts';

export interface ChannelSetEvents {
  /** Channels came or went. */
  changed(): void;
  /** A broadcast on a channel is over for this speaker. */
  sessionEnded(channel: Channel, session: PlaySession): void;
  /** The channel is gone. */
  closed(channel: Channel): void;
}

/** The channels that the controller has told this speaker of. */
export class ChannelSet {
  readonly #events: ChannelSetEvents;
  readonly #byId = new Map<string, Channel>();
  readonly #bySsrc = new Map<number, Channel>();
  #list: readonly Channel[] = [];
  #order = 0;

  constructor(events: ChannelSetEvents) {
    this.#events = events;
  }

  get list(): readonly Channel[] {
    return this.#list;
  }
  bySsrc(ssrc: number): Channel | undefined {
    return this.#bySsrc.get(ssrc);
  }
  get(channelId: string): Channel | undefined {
    return this.#byId.get(channelId);
  }
  /** A broadcast is announced or sounding: the clock matters. */
  get active(): boolean {
    return this.#list.some(
      (channel) => !channel.description.standing || channel.description.broadcastId !== null || channel.session !== undefined,
    );
  }

  /** A broadcast was announced, or sound is here that nobody announced yet: an emergency's first packets. The amplifier is needed. */
  get expectSound(): boolean {
    return this.#list.some(
      ({ description, buffer, session }) => !description.standing || buffer.firstProgramme !== undefined || session !== undefined,
    );
  }

  /** A media grant lists all channels: others are over. */
  replaceAll(descriptions: readonly ChannelDescription[]): void {
    const named = new Set(descriptions.map((description) => description.channelId));
    for (const channel of this.#list) if (!named.has(channel.description.channelId)) this.close(channel.description.channelId, false);
    for (const description of descriptions) this.open(description);
  }

  open(description: ChannelDescription): void {
    const known = this.#byId.get(description.channelId);
    if (known) {
      known.closing = false;
      known.update(description);
    } else {
      const channel: Channel = new Channel(description, this.#order++, (session) => this.#events.sessionEnded(channel, session));
      this.#byId.set(description.channelId, channel);
    }
    this.#rebuild();
  }

  change(change: Omit<Extract<ToSpeakerBody, { type: 'channel.change' }>, 'type'>): boolean {
    const channel = this.#byId.get(change.channelId);
    if (!channel) return false;
    channel.description = { ...channel.description, gainDb: change.gainDb, playoutDelayMs: change.playoutDelayMs };
    if (change.broadcastId !== null) channel.order = this.#order++;
    if (change.immediately) channel.stop(change.sinceMs);
    channel.nameBroadcast(change.broadcastId, change.sinceMs);
    this.#rebuild();
    return true;
  }

  /** `immediately`: what is buffered is dropped; otherwise it plays out first and `drained` is called later. */
  close(channelId: string, immediately: boolean): boolean {
    const channel = this.#byId.get(channelId);
    if (!channel) return false;
    channel.buffer.end();
    if (!immediately && channel.buffer.length > 0) channel.closing = true;
    else this.drained(channel);
    return true;
  }

  /** A closing channel has nothing left. */
  drained(channel: Channel): void {
    if (this.#byId.get(channel.description.channelId) !== channel) return;
    this.#byId.delete(channel.description.channelId);
    const session = channel.endSession();
    if (session) this.#events.sessionEnded(channel, session);
    this.#events.closed(channel);
    this.#rebuild();
  }

  /** Power off: everything is forgotten, and what was playing is told in its receipts as far as it came. */
  clear(): void {
    for (const channel of this.#list) this.drained(channel);
  }

  #rebuild(): void {
    this.#list = [...this.#byId.values()];
    this.#bySsrc.clear();
    for (const channel of this.#list) this.#bySsrc.set(channel.description.ssrc, channel);
    this.#events.changed();
  }
}
