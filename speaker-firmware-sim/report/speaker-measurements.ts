import type { Channel } from '../speaker/channel.ts';
import type { PlaySession } from '../speaker/play-session.ts';
import { BLOCK_MS, type RenderedBlock } from '../speaker/playout.ts';
import { Histogram } from './histogram.ts';

/** A run may last for weeks. */
const MOST_FIRST_SOUNDS = 100;

/** When a broadcast began to sound on one speaker, in true time. */
export interface FirstSound {
  speakerId: string;
  hamletId: string;
  channelId: string;
  /** null while the channel's broadcast had no name yet. */
  broadcastId: string | null;
  /** True instant of the first sounding sample. */
  trueMs: number;
  /** When that sample should have sounded by its own time stamp and this speaker's delays. */
  dueMs: number;
  /** Capture instant of that sample. */
  captureAtMs: number;
}

/** What a speaker's loudspeaker does now, for skew. */
export interface NowSounding {
  channel: Channel;
  trueMs: number;
  syncErrorMs: number;
  sinceMs: number;
}

export interface SoundTotals {
  playedMs: number;
  fecMs: number;
  concealedMs: number;
  dryMs: number;
  mutedMs: number;
  /** Part of concealed and muted sound that fell into an outage of the link or shortly after it. */
  inOutageMs: number;
}

/** The truth about one speaker, which no controller ever sees. */
export class SpeakerMeasurements {
  readonly #speakerId: string;
  readonly #hamletId: string;
  readonly #wasDown: (fromMs: number, untilMs: number) => boolean;
  #firstSounds: FirstSound[] = [];
  readonly totals: SoundTotals = { playedMs: 0, fecMs: 0, concealedMs: 0, dryMs: 0, mutedMs: 0, inOutageMs: 0 };
  readonly captureToHornMs = new Histogram();
  /** Of it, what somebody says live. It begins where the controller stamps the sound: the way from the mouth to there is not the speaker's to know. */
  readonly liveToHornMs = new Histogram();
  readonly syncErrorMs = new Histogram();
  #now: NowSounding | undefined;
  /** Sounded from concealment while it was unclear whether more would come. */
  #dryMs = 0;
  sessionsEnded = 0;
  onFirstSound: ((sound: FirstSound) => void) | undefined;

  constructor(options: { speakerId: string; hamletId: string; wasDown: (fromMs: number, untilMs: number) => boolean }) {
    this.#speakerId = options.speakerId;
    this.#hamletId = options.hamletId;
    this.#wasDown = options.wasDown;
  }

  /** undefined when the speaker has been silent at this instant. */
  sounding(trueNowMs: number): NowSounding | undefined {
    return this.#now && Math.abs(trueNowMs - this.#now.trueMs) < 100 ? this.#now : undefined;
  }

  /** In order of time. A channel's broadcast id is filled in once it is known. */
  get firstSounds(): readonly FirstSound[] {
    return this.#firstSounds;
  }

  firstSound(channel: Channel, trueMs: number, dueMs: number): void {
    const delayMs = channel.description.playoutDelayMs;
    const sound: FirstSound = {
      speakerId: this.#speakerId,
      hamletId: this.#hamletId,
      channelId: channel.description.channelId,
      broadcastId: channel.session?.broadcastId ?? channel.description.broadcastId,
      trueMs,
      dueMs,
      captureAtMs: dueMs - delayMs,
    };
    this.#firstSounds.push(sound);
    if (this.#firstSounds.length > MOST_FIRST_SOUNDS) this.#firstSounds.shift();
    this.onFirstSound?.(sound);
  }

  block(block: RenderedBlock): void {
    const { channel, coverage, trueMs } = block;
    if (this.#now?.channel === channel && trueMs - this.#now.trueMs < 500) {
      this.#now.trueMs = trueMs;
      this.#now.syncErrorMs = block.syncErrorMs;
    } else this.#now = { channel, trueMs, syncErrorMs: block.syncErrorMs, sinceMs: trueMs };
    if (coverage === 'packet') {
      if (block.afterLoss) this.totals.concealedMs += this.#dryMs;
      if (block.afterLoss && this.#dryMs > 0) this.#blameOutage(channel, trueMs, this.#dryMs);
      this.#dryMs = 0;
      this.totals.playedMs += BLOCK_MS;
      this.captureToHornMs.add(trueMs - block.captureAtMs);
      if (channel.description.class === 'live') this.liveToHornMs.add(trueMs - block.captureAtMs);
      this.syncErrorMs.add(Math.abs(block.syncErrorMs));
    } else if (coverage === 'fec') this.totals.fecMs += BLOCK_MS;
    else if (coverage === 'dry') {
      this.totals.dryMs += BLOCK_MS;
      this.#dryMs += BLOCK_MS;
    } else {
      this.totals.concealedMs += BLOCK_MS + this.#dryMs;
      this.#blameOutage(channel, trueMs, BLOCK_MS + this.#dryMs);
      this.#dryMs = 0;
    }
  }

  muted(channel: Channel, trueMs: number): void {
    this.totals.mutedMs += BLOCK_MS;
    this.#blameOutage(channel, trueMs, BLOCK_MS);
  }

  sessionEnded(channel: Channel, session: PlaySession): void {
    this.sessionsEnded++;
    this.#dryMs = 0;
    for (const sound of this.#firstSounds) {
      if (sound.channelId === channel.description.channelId && sound.broadcastId === null) sound.broadcastId = session.broadcastId;
    }
  }

  reset(): void {
    this.#firstSounds = [];
    this.sessionsEnded = 0;
    this.captureToHornMs.reset();
    this.liveToHornMs.reset();
    this.syncErrorMs.reset();
    Object.assign(this.totals, { playedMs: 0, fecMs: 0, concealedMs: 0, dryMs: 0, mutedMs: 0, inOutageMs: 0 });
  }

  /** Packets of the outage were due a playout delay later at most; retransmission adds its own second. */
  #blameOutage(channel: Channel, trueMs: number, durationMs: number): void {
    if (this.#wasDown(trueMs - channel.description.playoutDelayMs - 1000, trueMs)) this.totals.inOutageMs += durationMs;
  }
}
