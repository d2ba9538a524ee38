import { rankOf } from '../../controller/protocol/broadcast-class.ts';
import { OPUS_CLOCK_RATE_HZ } from '../../controller/protocol/media.ts';
import type { ChannelDescription } from '../../controller/protocol/speaker-control.ts';
import { BroadcastNames } from './broadcast-names.ts';
import { JitterBuffer } from './jitter-buffer.ts';
import { LateWatch } from './late-watch.ts';
import { LossTracker, type StreamCounts } from './loss-tracker.ts';
import { patientDelayMs } from './patience.ts';
import { PlaySession } from './play-session.ts';

const SAMPLES_PER_MS = OPUS_CLOCK_RATE_HZ / 1000;
/** The name of a broadcast follows its first packets within this time; sound without a name from before is the end of another. */
const STRAGGLER_MS = 500;

/** One channel as the speaker holds it: its description, its packets, and what became of them. */
export class Channel {
  readonly buffer: JitterBuffer;
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
  readonly #names = new BroadcastNames();
  /** Position of the sound for which the added delay was needed. */
  #waitedFor = Number.NEGATIVE_INFINITY;
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
    this.buffer = new JitterBuffer({ patient: this.isPatient });
    this.#names.set(description.broadcastId, description.sinceMs);
  }

  /** Emergencies wait for what comes too late; everything else stays in step with its neighbours. */
  get isPatient(): boolean {
    return this.description.class === 'emergency';
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
    this.nameBroadcast(description.broadcastId, description.sinceMs);
  }

  /** Which broadcast the channel carries from a capture instant on. What was captured before belongs to what was named for it, whenever it comes. */
  nameBroadcast(broadcastId: string | null, sinceMs: number): void {
    this.description = { ...this.description, broadcastId, sinceMs };
    this.#names.set(broadcastId, sinceMs);
    if (!this.session) this.#late.reset();
    if (broadcastId === null) this.buffer.end();
    else this.buffer.expectProgramme(sinceMs);
    // Sound can be here before its name: an emergency's first packets overtake the control channel.
    const { session } = this;
    if (session?.sounded && session.broadcastId === null) session.broadcastId = this.#names.at(session.beganAtMs);
  }

  /** Silent at once, and nothing of what was sent is wanted any more. @param atMs capture instant of the stop */
  stop(atMs: number): void {
    this.buffer.stop(atMs);
    this.#inStep();
    // What was captured later is the next broadcast's.
    if (this.session && !(this.session.sounded && this.session.beganAtMs >= atMs)) this.#end();
  }

  /** Over all streams that the channel has had. */
  get counts(): StreamCounts {
    const { received, lost, repaired } = this.tracker.counts;
    const earlier = this.#earlier;
    return { received: earlier.received + received, lost: earlier.lost + lost, repaired: earlier.repaired + repaired };
  }

  /** @see LateWatch.arrived. What was made beforehand has its second of delay and stays together with its neighbours; an emergency has `wait`. */
  watchLateness(atMs: number, lateMs: number): void {
    if (this.description.class === 'live') this.#late.arrived(atMs, lateMs);
  }

  /**
   * Called before each block. An emergency is delayed until the oldest sound that has come, and was not played, is due: whoever has its packets sounds them. The next pass
   * begins in step with the neighbours again, also where this one has not quite ended.
   * @param deadlineMs what arrived later is not here yet for this block, true time
   */
  wait(controllerMs: number, deadlineMs: number): void {
    if (!this.isPatient || this.buffer.baseMs === undefined) return;
    const inStep = this.buffer.positionAt(controllerMs - this.delayMs);
    const pass = this.addedDelayMs > 0 ? this.buffer.markBetween(this.#waitedFor, inStep) : undefined;
    if (pass !== undefined) {
      this.#inStep();
      this.buffer.advance(pass);
    }
    const oldest = this.buffer.oldestUnplayed(deadlineMs);
    if (oldest === undefined) return;
    const addedMs = patientDelayMs((inStep - oldest) / SAMPLES_PER_MS - this.addedDelayMs, this.addedDelayMs);
    if (addedMs === this.addedDelayMs) return;
    this.addedDelayMs = addedMs;
    this.#waitedFor = oldest;
  }

  /** Takes over the delays that are wanted now. Called while the channel does not sound: a change must not be heard as a jump. */
  adoptDelays(alignDelayMs: number): void {
    this.delayMs = this.description.playoutDelayMs + alignDelayMs;
    if (this.isPatient || this.addedDelayMs === this.#late.addedMs) return;
    this.addedDelayMs = this.#late.addedMs;
    this.buffer.rewind();
  }

  /** The broadcast that sounds was named to be over, or another follows. */
  get hasPendingName(): boolean {
    return this.session !== undefined && this.session.broadcastId !== this.description.broadcastId;
  }

  /** Nothing is due of what was captured at this instant: a broadcast that was named to end before it is over. */
  fellQuiet(captureAtMs: number): void {
    if (!this.session || this.#names.at(captureAtMs) === this.session.broadcastId) return;
    this.#end();
    this.#inStep();
  }

  /** The session to which a sample of this capture instant belongs that sounds now. The one before it is over with the first sound of the next. */
  soundingSession(captureAtMs: number): PlaySession {
    const name = this.#names.at(captureAtMs);
    const { session } = this;
    if (session && session.broadcastId === null) {
      const isStraggler = session.sounded && captureAtMs - session.capturedUntilMs > STRAGGLER_MS;
      if (isStraggler) this.#end();
      else session.broadcastId = session.sounded ? this.#names.at(session.beganAtMs) : name;
    }
    if (this.session && this.session.broadcastId !== name) this.#end();
    this.session ??= this.#newSession(name);
    this.session.soundsFrom(captureAtMs);
    return this.session;
  }

  /** The session to which a sample of this capture instant belongs that was due and does not sound. What was invented after the end of a broadcast begins no other. */
  silentSession(captureAtMs: number): PlaySession {
    const name = this.#names.at(captureAtMs);
    const isAnother = name !== null && this.session && this.session.broadcastId !== null && this.session.broadcastId !== name;
    if (isAnother) this.#end();
    this.session ??= this.#newSession(name);
    return this.session;
  }

  #inStep(): void {
    if (!this.isPatient) return;
    this.addedDelayMs = 0;
    this.#waitedFor = Number.NEGATIVE_INFINITY;
  }

  #newSession(broadcastId: string | null): PlaySession {
    return new PlaySession(this.description.channelId, broadcastId, this.#countsBefore, this.#lateBefore);
  }

  endSession(): PlaySession | undefined {
    const session = this.session;
    this.session = undefined;
    this.#late.reset();
    this.#countsBefore = this.counts;
    this.#lateBefore = this.packetsLate;
    this.lastPlayedIndex = undefined;
    return session;
  }

  #end(): void {
    const ended = this.endSession();
    // What never got a name is nobody's, and no receipt's.
    if (ended && ended.broadcastId !== null) this.#onSessionEnd(ended);
  }
}
