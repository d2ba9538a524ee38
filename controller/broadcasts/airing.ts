import type { Air, AirEnd, AirProgress, AirRun, ProgrammeSource } from '../air/air.ts';
import { shortThenLong } from '../air/index.ts';
import type { PaceOptions } from '../air/pace.ts';
import type { Clock } from '../clock.ts';
import type { DistributionChannel, Distributor } from '../distribution/distributor.ts';
import type { SentStretch } from '../protocol/sent-sound.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CaptureInterval } from './hearing.ts';
import { passBeganMs } from './length.ts';
import { choosePlayoutDelays, type PlayoutDelays } from './playout-delays.ts';
import type { BroadcastRecord } from './record.ts';
import type { SpeakerChannels } from './speaker-channels.ts';
import { awakeAtMs, longestWakeUpMs } from './wake-up.ts';

/** A recording goes on a little before the place where it was cut off, so that no word is lost. */
const RESUME_OVERLAP_MS = 1000;
/** Frames in one packet of a recording: three times fewer packets to encrypt and fan out. */
const RECORDED_PACKET_MS = 120;
/** Of a microphone, where nothing forces longer ones. */
const LIVE_PACKET_MS = 20;
/** A station is heard a second late in any case. */
const RELAY_PACKET_MS = 60;
/**
 * An emergency is sent as far ahead as the media workers allow: what stands still on the way, or in this process, for less than this is not heard once it is built up. A stop
 * takes back what was sent. After a stall that even this does not cover, everybody goes on together from now.
 */
const EMERGENCY_LEAD_MS = 6000;
const EMERGENCY_FILL_SPEED_MAX = 4;
/** Where a second's packets can't be sent so much faster than they sound, what goes on begins at its usual delay. */
const CATCH_UP_SPEED = 4;
/** Nothing is sent further ahead; a last sound that seems to be has a clock behind it that was set back. */
const LONGEST_LEAD_MS = EMERGENCY_LEAD_MS + 1000;

export interface AiringDeps {
  air: Air;
  distributor: Distributor;
  channels: SpeakerChannels;
  clock: Clock;
  logger: Logger;
  speakers: Parameters<typeof choosePlayoutDelays>[0]['speakers'] & Parameters<typeof longestWakeUpMs>[0];
}

export interface AiringFacts {
  onProgress(progress: Pick<AirProgress, 'levelDb' | 'isProgramme'>): void;
  /** So much was on air; also told of what was when it ended. */
  onSentSound(stretch: SentStretch): void;
  /** The message was sent once from its first word to its last. */
  onPass(pass: CaptureInterval): void;
  /** The programme's own end is on its way: all of it was sent, and the last of it is still to sound. */
  onSent(): void;
  /** The programme's own end: its last sound is over, or its source failed. Not after `pause` or `stop`. */
  onEnd(end: AirEnd): void;
}

/** One broadcast's sound: its channel, its source, and how far it has come. */
export class Airing {
  readonly record: BroadcastRecord;
  readonly usesStanding: boolean;
  readonly delays: PlayoutDelays;
  /** Live frames are joined into packets of this length; undefined: they go out as they come. */
  readonly #joinedMs: number | undefined;
  #deps: AiringDeps;
  #facts: AiringFacts;
  #masterPath: string | null = null;
  #isOpen = false;
  #run: AirRun | undefined;
  /** When the run's programme position was `#runFromMs`. */
  #runFromMs = 0;
  /** A pause under way; the next sound has to wait for it. */
  #pausing: Promise<void> | undefined;
  /** To go on when the pause is over; another pause that came meanwhile has taken it away. */
  #goesOn: symbol | undefined;
  #isStopped = false;
  #ending = new AbortController();
  #channel: DistributionChannel | undefined;
  /** Before that some amplifier still sleeps; an emergency waits for none. */
  #awakeAtMs = 0;
  /** Opened ahead of its time, not on air yet. */
  #prepared: ProgrammeSource | undefined;

  /** @param options.usesStanding sounds on the standing emergency channel instead of opening one */
  constructor(deps: AiringDeps, facts: AiringFacts, record: BroadcastRecord, options: { usesStanding: boolean; isScheduled: boolean }) {
    this.#deps = deps;
    this.#facts = facts;
    this.record = record;
    this.usesStanding = options.usesStanding;
    this.#joinedMs = options.usesStanding ? undefined : joinedPacketMs(record, deps.distributor);
    const joiningMs = record.content.kind === 'microphone' && this.#joinedMs !== undefined ? this.#joinedMs - LIVE_PACKET_MS : 0;
    this.delays = options.usesStanding
      ? standingDelays(deps, record)
      : choosePlayoutDelays({ ...record, isScheduled: options.isScheduled, speakers: deps.speakers, joiningMs });
  }

  get channelId(): string {
    return this.usesStanding ? this.#deps.distributor.emergencyChannel().channelId : this.record.broadcastId;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Live sound can't wait: under a higher class it flows on unheard and is heard again afterwards. */
  get isLive(): boolean {
    return this.record.content.kind !== 'bulletin';
  }

  /** @param masterPath of the bulletin; null for other content */
  setMaster(masterPath: string | null): void {
    this.#masterPath = masterPath;
  }

  /** The bulletin's file; two bulletins with the same sound have the same. */
  get masterPath(): string | null {
    return this.#masterPath;
  }

  /** Opens the channel and puts the speakers on it that are there. */
  async open(): Promise<void> {
    if (this.usesStanding || this.#isOpen) return;
    const { broadcastId, class: broadcastClass, gainDb } = this.record;
    const channel = await this.#deps.distributor.openChannel({ channelId: broadcastId, class: broadcastClass });
    this.#isOpen = true;
    if (this.#isStopped) return channel.close();
    this.#prepareSource();
    // Before the speakers are on it: the first of them may set the start off while others are still joining.
    this.#channel = channel;
    const clusterIds = new Set(this.record.clusterIds);
    await this.#deps.channels.open({
      channel,
      class: broadcastClass,
      broadcastId,
      gainDb,
      delayMs: (speakerId) => this.delays.of(speakerId),
      clusterIds,
    });
    if (broadcastClass === 'emergency') return;
    const { speakers, clock } = this.#deps;
    this.#awakeAtMs = awakeAtMs(longestWakeUpMs(speakers, this.record.clusterIds), clock.nowMs());
  }

  /** When its first sound would come if it began now. */
  soundsAtMs(): number {
    const notBeforeMs = Math.max(this.record.startedAtMs === null ? this.record.startsAtMs : 0, this.#awakeAtMs);
    return Math.max(notBeforeMs, this.#deps.clock.nowMs() + this.delays.firstMs - this.#overdueMs());
  }

  /**
   * What goes on is waited for: it sounds as soon as a packet is at every pole, though the channel's delay, for repair, is longer. The packets between are sent at once. What of
   * them is lost on the way was heard before: it goes on a little before the place where it was cut off.
   */
  #overdueMs(): number {
    const { record } = this;
    if (record.startedAtMs === null || record.class === 'emergency' || record.content.kind === 'microphone') return 0;
    const { speakers, distributor } = this.#deps;
    if (distributor.fillSpeed(RECORDED_PACKET_MS) < CATCH_UP_SPEED) return 0;
    const poles = record.clusterIds.flatMap((clusterId) => speakers.speakerOf(clusterId) ?? []);
    const soonestMs = Math.max(0, ...poles.map((speakerId) => speakers.playoutDelayMs(speakerId, 'emergency')));
    return poles.length > 0 ? Math.max(0, this.delays.firstMs - soonestMs) : 0;
  }

  /** Begins, or goes on where it was. Answers the instant of the first sound, epoch ms. */
  begin(): number {
    const soundsAtMs = this.soundsAtMs();
    if (this.#pausing) {
      const goesOn = Symbol();
      this.#goesOn = goesOn;
      void this.#pausing.then(() => this.#goOn(goesOn));
    } else {
      this.#play(soundsAtMs - this.delays.firstMs);
    }
    return soundsAtMs;
  }

  /** How much of the programme has sounded by now, ms. */
  heardMs(): number {
    return this.#run ? this.#heardAt(this.#run, this.#deps.clock.nowMs()) : this.record.positionMs;
  }

  /** Falls silent everywhere at `atMs`, when another's sound begins; the position is kept to go on from. */
  pause(atMs: number): void {
    this.#goesOn = undefined;
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    const { clock } = this.#deps;
    const pausing = (async () => {
      // Until then its sound is still due at the speakers.
      const waitMs = atMs - this.delays.lastMs - clock.nowMs();
      if (waitMs > 0) await clock.sleep(waitMs, this.#ending.signal).catch(() => undefined);
      await run.stop();
      // What was sent ahead would be heard when the other one falls silent, in the middle of a sentence.
      if (this.record.class === 'emergency') this.#soundingChannel()?.flush();
      this.record.positionMs = Math.max(this.#runFromMs, this.#heardAt(run, Math.max(atMs, clock.nowMs())) - RESUME_OVERLAP_MS);
    })().finally(() => {
      if (this.#pausing === pausing) this.#pausing = undefined;
    });
    this.#pausing = pausing;
  }

  /** Sends nothing more, and leaves everything else as it is: the controller is going down and means to go on when it is back. */
  abandon(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const run = this.#run;
    if (run) this.record.positionMs = this.heardMs();
    this.#run = undefined;
    this.#ending.abort(new Error('the broadcast ends'));
    void this.#prepared?.close();
    this.#prepared = undefined;
    void run?.stop();
  }

  /** Ends for good. @param immediately cuts off what the speakers have buffered */
  stop(immediately: boolean): void {
    if (this.#isStopped) return;
    this.abandon();
    if (this.usesStanding) this.#deps.channels.endStanding(immediately);
    else this.#deps.channels.closeChannel(this.channelId, immediately);
  }

  #soundingChannel(): DistributionChannel | undefined {
    return this.usesStanding ? this.#deps.distributor.emergencyChannel() : this.#channel;
  }

  #goOn(goesOn: symbol): void {
    if (this.#goesOn !== goesOn) return;
    this.#goesOn = undefined;
    try {
      this.#play(0);
    } catch (error) {
      this.#facts.onEnd({ how: 'failed', error });
    }
  }

  #play(captureAtMs: number): void {
    if (this.#isStopped) return;
    const { record } = this;
    const channel = this.#soundingChannel();
    if (!channel) throw new Error(`broadcast ${record.broadcastId} begins without a channel`);
    this.#runFromMs = this.isLive ? 0 : record.class === 'emergency' ? passBeganMs(record) : record.positionMs;
    if (!this.isLive) record.positionMs = this.#runFromMs;
    const source = this.#prepared ?? this.#makeSource();
    this.#prepared = undefined;
    const run = this.#deps.air.play({
      broadcastId: record.broadcastId,
      channel,
      source,
      ...(this.#joinedMs === undefined ? {} : { packetMs: this.#joinedMs }),
      startAtMs: captureAtMs,
      overdueMs: this.#overdueMs(),
      skipMs: this.#runFromMs,
      ...(record.class === 'emergency' ? { isEmergency: true, pace: this.#emergencyPace() } : {}),
      onPass: (pass) => {
        if (this.#run === run) this.#facts.onPass(pass);
      },
      onSent: (stretch) => this.#facts.onSentSound(stretch),
      onProgress: (progress) => {
        if (this.#run !== run) return;
        record.positionMs = this.heardMs();
        this.#facts.onProgress(progress);
      },
    });
    this.#run = run;
    void run.ended.then((end) => this.#ended(run, end));
    // The first packet is on its way before anybody is told.
    if (this.usesStanding) this.#deps.channels.announceStanding(record.broadcastId, record.gainDb);
  }

  /** A stall that some pole's delay still covers is caught up with; after a longer one, all poles have a hole, and the same. */
  #emergencyPace(): PaceOptions {
    return {
      leadMs: EMERGENCY_LEAD_MS,
      fillSpeed: Math.min(EMERGENCY_FILL_SPEED_MAX, this.#deps.distributor.fillSpeed(RECORDED_PACKET_MS)),
      lostAfterMs: Math.max(300, this.delays.lastMs),
    };
  }

  async #ended(run: AirRun, end: AirEnd): Promise<void> {
    if (this.#run !== run) return;
    if (end.how === 'finished') {
      this.#facts.onSent();
      const { clock } = this.#deps;
      const soundsForMs = Math.min(run.sentUntilMs() - clock.nowMs(), LONGEST_LEAD_MS) + this.delays.lastMs;
      if (soundsForMs > 0) await clock.sleep(soundsForMs, this.#ending.signal).catch(() => undefined);
      if (this.#run !== run) return;
    }
    // What finished was heard whole, also where the sleep ended a fraction early.
    this.record.positionMs = this.#heardAt(run, end.how === 'finished' ? Infinity : this.#deps.clock.nowMs());
    this.#run = undefined;
    this.#facts.onEnd(end);
  }

  /** The air's position belongs to the capture instant "now"; what sounds was captured a playout delay ago. */
  #heardAt(run: AirRun, atMs: number): number {
    const sentUntilMs = run.sentUntilMs();
    const positionAtMs = Math.min(this.#deps.clock.nowMs(), sentUntilMs);
    const soundingMs = Math.min(atMs - this.delays.lastMs, sentUntilMs);
    return Math.max(this.#runFromMs, run.positionMs() + soundingMs - positionAtMs);
  }

  /** A station takes seconds to answer. */
  #prepareSource(): void {
    if (this.record.content.kind !== 'relay' || this.#run) return;
    this.#prepared = this.#makeSource();
    this.#prepared.prepare?.();
  }

  #makeSource(): ProgrammeSource {
    const { content, chime, attention, broadcastId } = this.record;
    const opening = { chime, attention };
    if (content.kind === 'relay') {
      const { url, durationMs } = content;
      const { startedAtMs } = this.record;
      // One that goes on ends at its hour, however late its sound comes again after a restart.
      const again = startedAtMs === null ? {} : { endsAtMs: startedAtMs + durationMs };
      return this.#deps.air.relaySource({ broadcastId, url, durationMs, ...opening, hasBegun: startedAtMs !== null, ...again });
    }
    if (content.kind === 'microphone') return this.#deps.air.microphoneSource({ broadcastId, ...content, ...opening });
    if (this.#masterPath === null) throw new Error(`broadcast ${this.record.broadcastId} begins without a master`);
    return this.#deps.air.recordedSource({
      masterPath: this.#masterPath,
      repeat: content.repeat,
      pauseMs: content.pauseMs,
      ...opening,
      packetMs: this.record.class === 'emergency' ? shortThenLong : RECORDED_PACKET_MS,
    });
  }
}

/** A microphone waits for longer packets only where there are too many speakers for short ones. */
function joinedPacketMs({ content }: BroadcastRecord, distributor: Distributor): number | undefined {
  if (content.kind === 'relay') return RELAY_PACKET_MS;
  const packetMs = content.kind === 'microphone' ? distributor.livePacketMs() : LIVE_PACKET_MS;
  return packetMs > LIVE_PACKET_MS ? packetMs : undefined;
}

function standingDelays(deps: AiringDeps, record: BroadcastRecord): PlayoutDelays {
  const speakerIds = record.clusterIds.flatMap((clusterId) => deps.speakers.speakerOf(clusterId) ?? []);
  const delays = speakerIds.map((speakerId) => deps.channels.standingDelayMs(speakerId));
  const fallbackMs = 400;
  return {
    of: (speakerId) => deps.channels.standingDelayMs(speakerId),
    firstMs: delays.length > 0 ? Math.min(...delays) : fallbackMs,
    lastMs: delays.length > 0 ? Math.max(...delays) : fallbackMs,
  };
}
