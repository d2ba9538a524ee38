import { rankOf } from '../../controller/protocol/broadcast-class.ts';
import type { ChannelDescription } from '../../controller/protocol/speaker-control.ts';
import { JitterBuffer } from './jitter-buffer.ts';
import { LateWatch } from './late-watch.ts';
import { LossTracker, type StreamCounts } from './loss-tracker.ts';
import { PlaySession } from './play-session.ts';

/** The name of a broadcast follows its first packets within this time; sound without a name from before is the end of another. */
const STRAGGLER_MS = 500;

/** One channel as the speaker holds it: its description, its packets, and what became of them. */
export class Channel {
  readonly buffer = new JitterBuffer();
  description: ChannelDescription;
  readonly rank: number;
  /** Larger is newer; decides between channels of equal class. */
  order: number;
  tracker = new LossTracker();
  packetsLate = 0;
  /** What the listeners of the present broadcast heard; none before its first packet. */
  session: PlaySession | undefined;
  /** Closed by the controller: plays out what it has, then goes. */
  closing = false;
  /** Playout and alignment delay in force. */
  delayMs = 0;
  /** In force beyond that, because everything came too late. */
  addedDelayMs = 0;
  /** Sequence index of the last packet that sounded. */
  lastPlayedIndex: number | undefined;
  #renameAt: number | undefined;
  #endsWhenQuiet = false;
  /** Counters when the previous broadcast on this channel ended: packets arrive long before their session opens. */
  #countsBefore: StreamCounts = { received: 0, lost: 0, repaired: 0 };
  #lateBefore = 0;
  /** Of streams that were replaced. */
  #earlier: StreamCounts = { received: 0, lost: 0, repaired: 0 };
  readonly #late = new LateWatch();
  readonly #onSessionEnd: (session: PlaySession) => void;
  /** Last sender report, for receiver reports. */
  senderReport: { compactNtp: number; arrivalMs: number } | undefined;

  constructor(description: ChannelDescription, order: number, onSessionEnd: (session: PlaySession) => void) {
    this.#onSessionEnd = onSessionEnd;
    this.description = description;
    this.rank = rankOf(description.class);
    this.order = order;
  }

  /** Adopts a newer description of the same channel. A new SSRC is a new stream: its sequence numbers start anew. */
  update(description: ChannelDescription): void {
    if (description.ssrc !== this.description.ssrc) {
      this.lastPlayedIndex = undefined;
      this.#earlier = this.counts;
      this.tracker = new LossTracker();
      this.buffer.restartSequence();
      this.senderReport = undefined;
    }
    this.description = description;
    const ended = this.nameBroadcast(description.broadcastId);
    if (ended) this.#onSessionEnd(ended);
  }

  /**
   * Which broadcast the channel carries from now on. What is buffered still belongs to the old one: its session ends when that has played out.
   * Returns the session that ends at once, if any.
   */
  nameBroadcast(broadcastId: string | null): PlaySession | undefined {
    this.description = { ...this.description, broadcastId };
    if (!this.session) this.#late.reset();
    if (broadcastId !== null) this.buffer.reopen();
    const session = this.session;
    if (!session || session.broadcastId === broadcastId) return undefined;
    // Sound can be here before its name: an emergency's first packets overtake the control channel.
    if (session.broadcastId === null) {
      session.broadcastId = broadcastId;
      return undefined;
    }
    if (broadcastId === null) {
      // The control channel may be quicker than the last packets: what still comes belongs to the old broadcast, until it falls quiet.
      this.#endsWhenQuiet = true;
      this.buffer.end();
      return undefined;
    }
    if (this.buffer.length === 0) return this.endSession();
    this.#renameAt = this.buffer.endPosition;
    return undefined;
  }

  /** Over all streams that the channel has had. */
  get counts(): StreamCounts {
    const { received, lost, repaired } = this.tracker.counts;
    const earlier = this.#earlier;
    return { received: earlier.received + received, lost: earlier.lost + lost, repaired: earlier.repaired + repaired };
  }

  /** @see LateWatch.arrived. What was made beforehand has its second of delay and stays together with its neighbours. */
  watchLateness(atMs: number, lateMs: number): void {
    if (this.description.class === 'emergency' || this.description.class === 'live') this.#late.arrived(atMs, lateMs);
  }

  /** Takes over the delays that are wanted now. Called while the channel does not sound: a change must not be heard as a jump. */
  adoptDelays(alignDelayMs: number): void {
    this.delayMs = this.description.playoutDelayMs + alignDelayMs;
    if (this.addedDelayMs === this.#late.addedMs) return;
    this.addedDelayMs = this.#late.addedMs;
    this.buffer.rewind();
  }

  get hasPendingName(): boolean {
    return this.#renameAt !== undefined || this.#endsWhenQuiet;
  }

  /** Nothing is due: a broadcast whose name was taken back is over. */
  fellQuiet(): void {
    if (!this.#endsWhenQuiet) return;
    const ended = this.endSession();
    if (ended) this.#onSessionEnd(ended);
  }

  /** Sound begins at this instant (controller time). A nameless straggler from long before is not its beginning. */
  forgetStraggler(soundAtMs: number): void {
    const session = this.session;
    if (session?.sounded && session.broadcastId === null && soundAtMs - session.lastSoundAtMs > STRAGGLER_MS) this.endSession();
  }

  /** The playout has reached this position; ends the session whose last packet lies before it. */
  passed(position: number): void {
    if (this.#renameAt === undefined || position < this.#renameAt) return;
    const ended = this.endSession();
    if (ended) this.#onSessionEnd(ended);
  }

  endSession(): PlaySession | undefined {
    const session = this.session;
    this.session = undefined;
    this.#late.reset();
    this.#countsBefore = this.counts;
    this.#lateBefore = this.packetsLate;
    this.#renameAt = undefined;
    this.#endsWhenQuiet = false;
    this.lastPlayedIndex = undefined;
    return session;
  }

  /** The session that a packet or block belongs to. */
  openSession(): PlaySession {
    this.session ??= new PlaySession(this.description.channelId, this.description.broadcastId, this.#countsBefore, this.#lateBefore);
    return this.session;
  }
}
