import { OPUS_CLOCK_RATE_HZ } from '../../controller/protocol/media.ts';
import { ArrivalClock, mayPlayWithoutClock } from './arrival-clock.ts';
import type { Channel } from './channel.ts';
import type { ClockSync } from './clock-sync.ts';
import type { BufferedPacket, Coverage } from './jitter-buffer.ts';
import { Loudness } from './loudness.ts';
import type { OpusPlayer } from './opus-player.ts';
import type { Oscillator } from './oscillator.ts';
import { RateControl } from './rate-control.ts';

/** The DAC takes sound in blocks of this length of its own crystal. */
export const BLOCK_MS = 10;
/** Blocks are rendered so that the DAC's buffer reaches this far ahead. */
export const DAC_LEAD_MS = 20;
const SAMPLES_PER_MS = OPUS_CLOCK_RATE_HZ / 1000;
const BLOCK_SAMPLES = BLOCK_MS * SAMPLES_PER_MS;
const SILENCE_FRAME_SAMPLES = 20 * SAMPLES_PER_MS;
/** A packet must have arrived this long before its block sounds, however late the simulating process itself is. */
const LATEST_ARRIVAL_MS = DAC_LEAD_MS - BLOCK_MS;
/** A pause of the simulating process longer than this is not rendered afterwards. */
const LONGEST_CATCH_UP_MS = 1000;

const SILENCE = { channel: null, broadcastId: null };

/** One rendered block that sounded, with the truth that only the simulator knows. */
export interface RenderedBlock {
  channel: Channel;
  coverage: Coverage;
  /** True instant of the block's first sample at the DAC. */
  trueMs: number;
  /** True instant minus the instant at which this sample should have sounded: positive is late. */
  syncErrorMs: number;
  captureAtMs: number;
  /** First packet after a gap in which packets are missing: what sounded dry before it was concealed loss. */
  afterLoss: boolean;
}

export interface PlayoutEvents {
  /** The loudspeaker changed what it plays; null is silence. `soundAtMs` is controller time as the speaker estimates it. */
  playing(channel: Channel | null, soundAtMs: number): void;
  /** First sounding sample of a session: true instant, and the instant at which it was due. */
  firstSound(channel: Channel, trueMs: number, dueMs: number): void;
  block(block: RenderedBlock): void;
  /** Due, but neither played nor concealed. */
  muted(channel: Channel): void;
  /** A closed channel has played out. */
  drained(channel: Channel): void;
}

/** Where decoded sound goes; absent for speakers whose sound nobody listens to. */
export interface SoundSink {
  player(channel: Channel): OpusPlayer | undefined;
  /** 480 samples that leave the DAC between two true instants. */
  write(samples: Float32Array, fromTrueMs: number, untilTrueMs: number): void;
}

export interface PlayoutOptions {
  oscillator: Oscillator;
  clock: ClockSync;
  events: PlayoutEvents;
  sink: SoundSink | undefined;
  /** Whether the amplifier makes sound of what the DAC plays at this true instant, or is still waking up. */
  isAwakeAt(trueMs: number): boolean;
  /** Where in its block grid the DAC started, 0 to BLOCK_MS. */
  dacPhaseMs: number;
}

/**
 * The renderer: for each block of the DAC it finds the channel that has the loudspeaker, the media position that is due by the synchronised clock,
 * and follows it by changing the resampling rate inaudibly.
 */
export class Playout {
  readonly #options: PlayoutOptions;
  readonly #rate = new RateControl();
  readonly #arrivalClock = new ArrivalClock();
  #channels: readonly Channel[] = [];
  #winner: Channel | undefined;
  /** What was said last: another broadcast on the same channel is news, too. */
  #announced: { channel: Channel | null; broadcastId: string | null } = SILENCE;
  /** Controller time up to which the DAC has been given sound. */
  #renderedUntilMs = 0;
  #position = 0;
  #nextPhaseMs: number | undefined;
  readonly #samples = new Float32Array(BLOCK_SAMPLES);
  readonly #fading = new Float32Array(BLOCK_SAMPLES);
  alignDelayMs = 0;
  readonly loudness = new Loudness();
  /** Blocks rendered after their instant because the simulating process was late; a real device would not have been. */
  hostLateBlocks = 0;
  resyncs = 0;
  /** RMS of the last block, dBFS; an assumed programme level where nothing is decoded. */
  levelDb = -120;
  /** The same before volume and gain: the programme's own level, as telemetry and receipts tell it. */
  programmeDb = -120;

  constructor(options: PlayoutOptions) {
    this.#options = options;
  }

  /** Highest class first, newer before older. */
  setChannels(channels: readonly Channel[]): void {
    this.#channels = channels.toSorted((a, b) => b.rank - a.rank || b.order - a.order);
    if (this.#winner && !channels.includes(this.#winner)) {
      this.#winner = undefined;
      this.#announce(null, this.#renderedUntilMs);
    }
  }

  get winner(): Channel | undefined {
    return this.#winner;
  }
  /** Buffered ahead on the channel that plays. */
  get bufferMs(): number {
    return this.#winner ? this.#winner.buffer.aheadOf(this.#position) / SAMPLES_PER_MS : 0;
  }

  /** Power lost or firmware stuck: what the DAC had is gone. */
  halt(): void {
    this.#winner = undefined;
    this.#announced = SILENCE;
    this.#nextPhaseMs = undefined;
    this.#silent();
  }

  /** Renders what the DAC needs by now. Called every few milliseconds for each speaker. */
  pump(trueNowMs: number): void {
    if (!this.#hasWork()) {
      this.#nextPhaseMs = undefined;
      return;
    }
    const phaseNowMs = this.#options.oscillator.phaseMs(trueNowMs);
    const untilMs = phaseNowMs + DAC_LEAD_MS;
    if (this.#nextPhaseMs === undefined || this.#nextPhaseMs < phaseNowMs - LONGEST_CATCH_UP_MS) {
      const grid = this.#options.dacPhaseMs;
      this.#nextPhaseMs = Math.ceil((phaseNowMs + LATEST_ARRIVAL_MS - grid) / BLOCK_MS) * BLOCK_MS + grid;
    }
    while (this.#nextPhaseMs <= untilMs) {
      if (this.#nextPhaseMs < phaseNowMs) this.hostLateBlocks++;
      this.#render(this.#nextPhaseMs);
      this.#nextPhaseMs += BLOCK_MS;
    }
  }

  #hasWork(): boolean {
    if (this.#winner) return true;
    for (const channel of this.#channels) if (!channel.buffer.idle || channel.closing || channel.hasPendingName) return true;
    return false;
  }

  #render(phaseMs: number): void {
    const { oscillator, clock, events } = this.#options;
    const localMs = oscillator.localMsOfPhase(phaseMs);
    const synchronisedMs = clock.controllerMs(localMs);
    const controllerMs =
      synchronisedMs ??
      this.#arrivalClock.controllerMs(localMs, this.#channels, this.#winner !== undefined, (atMs) => oscillator.localMs(atMs));
    if (controllerMs === undefined) return;
    const trueMs = oscillator.trueMsOfPhase(phaseMs);
    const deadlineMs = trueMs - LATEST_ARRIVAL_MS;
    const previous = this.#winner;
    const isAwake = this.#options.isAwakeAt(trueMs);
    let isSwallowed = false;
    let winner: Channel | undefined;
    for (const channel of this.#channels) {
      if (channel.buffer.baseMs === undefined) {
        if (channel.closing) events.drained(channel);
        continue;
      }
      if (synchronisedMs === undefined && !mayPlayWithoutClock(channel)) continue;
      if (channel !== previous) channel.adoptDelays(this.alignDelayMs);
      channel.wait(controllerMs, deadlineMs);
      const wanted = channel.buffer.positionAt(controllerMs - channel.delayMs - channel.addedDelayMs);
      const position = channel === previous ? this.#follow(wanted, controllerMs) : wanted;
      channel.buffer.advance(position);
      const coverage = channel.buffer.coverage(position, BLOCK_SAMPLES, deadlineMs);
      if (coverage === 'nothing') {
        channel.fellQuiet(channel.buffer.captureAtMs(position));
        if (channel.closing && channel.buffer.length === 0) events.drained(channel);
        continue;
      }
      if (winner || isSwallowed) {
        channel.silentSession(channel.buffer.captureAtMs(position)).addPreempted(BLOCK_MS);
        continue;
      }
      if (this.loudness.isMuted(channel.description)) {
        // After the last packet only a next one shows whether anything was due.
        if (coverage !== 'dry') channel.silentSession(channel.buffer.captureAtMs(position)).addMutedByConfig(BLOCK_MS);
        continue;
      }
      if (coverage === 'missing') {
        channel.silentSession(channel.buffer.captureAtMs(position)).addMuted(BLOCK_MS);
        events.muted(channel);
        continue;
      }
      if (!isAwake) {
        isSwallowed = true;
        if (coverage === 'dry') continue;
        channel.silentSession(channel.buffer.captureAtMs(position)).addMuted(BLOCK_MS);
        events.muted(channel);
        continue;
      }
      winner = channel;
      if (channel !== previous) this.#rate.start(controllerMs);
      this.#sound(channel, coverage, { position, wanted, phaseMs, trueMs, controllerMs, deadlineMs }, previous);
    }
    this.#winner = winner;
    this.#renderedUntilMs = controllerMs + BLOCK_MS;
    if (!winner && previous) this.#announce(null, controllerMs);
  }

  /** Says what plays from when on, if that is news. */
  #announce(channel: Channel | null, soundAtMs: number): void {
    if (channel === null) this.#silent();
    const broadcastId = channel?.session?.broadcastId ?? null;
    if (channel === this.#announced?.channel && broadcastId === this.#announced.broadcastId) return;
    this.#announced = { channel, broadcastId };
    this.#options.events.playing(channel, soundAtMs);
  }

  #silent(): void {
    this.levelDb = -120;
    this.programmeDb = -120;
  }

  /** Position of the playing channel in this block: where the last one ended, unless it is too far from where it should be. */
  #follow(wanted: number, controllerMs: number): number {
    const errorMs = (wanted - this.#position) / SAMPLES_PER_MS;
    if (!this.#rate.mustJump(errorMs)) return this.#position;
    this.resyncs++;
    this.#rate.start(controllerMs);
    return wanted;
  }

  #sound(
    channel: Channel,
    coverage: Coverage,
    at: { position: number; wanted: number; phaseMs: number; trueMs: number; controllerMs: number; deadlineMs: number },
    previous: Channel | undefined,
  ): void {
    const { oscillator, clock, events, sink } = this.#options;
    const errorMs = (at.wanted - at.position) / SAMPLES_PER_MS;
    const step = (1 + (clock.estimate?.driftPpm ?? 0) / 1e6) * this.#rate.correction(errorMs, at.controllerMs);
    const packet = coverage === 'packet' ? channel.buffer.at(at.position, at.deadlineMs) : undefined;
    // Sound that begins inside the block begins there to the sample.
    const leadIn = packet ? Math.max(0, packet.position - at.position) : 0;
    const soundAtMs = at.controllerMs + leadIn / SAMPLES_PER_MS;
    const delayMs = channel.delayMs;
    const soundsFromMs = channel.buffer.captureAtMs(at.position + leadIn);
    const session = packet ? channel.soundingSession(soundsFromMs) : channel.silentSession(soundsFromMs);
    this.#announce(channel, soundAtMs);
    if (packet && !session.sounded) {
      const dueMs = channel.buffer.captureAtMs(at.position + leadIn) + delayMs;
      events.firstSound(channel, oscillator.trueMsOfPhase(at.phaseMs + leadIn / SAMPLES_PER_MS), dueMs);
    }
    const afterLoss = packet !== undefined && channel.lastPlayedIndex !== undefined && packet.index > channel.lastPlayedIndex + 1;
    if (packet) channel.lastPlayedIndex = packet.index;
    if (coverage === 'packet') session.addPacketSound(BLOCK_MS - leadIn / SAMPLES_PER_MS, soundAtMs, at.controllerMs + BLOCK_MS, afterLoss);
    else if (coverage === 'fec') session.addFec(BLOCK_MS, at.controllerMs + BLOCK_MS);
    else if (coverage === 'conceal') session.addConcealed(BLOCK_MS, at.controllerMs + BLOCK_MS);
    else session.addDry(BLOCK_MS);
    if (coverage === 'packet' || coverage === 'fec') {
      session.addHeard(soundsFromMs, channel.buffer.captureAtMs(at.position + BLOCK_SAMPLES), soundAtMs);
    }
    session.maxSyncErrorMs = Math.max(session.maxSyncErrorMs, Math.abs(errorMs) + channel.addedDelayMs);
    const captureAtMs = channel.buffer.captureAtMs(at.position);
    events.block({ channel, coverage, trueMs: at.trueMs, syncErrorMs: at.trueMs - captureAtMs - delayMs, captureAtMs, afterLoss });
    const gainDb = this.loudness.gainDb(channel.description);
    this.levelDb = Math.max(-120, assumedDb(packet) + gainDb);
    if (sink) this.#emit(sink, channel, at.position, step, previous, at.phaseMs);
    this.programmeDb = Math.max(-120, this.levelDb - gainDb);
    session.addLevel(soundsFromMs, this.programmeDb, BLOCK_MS);
    this.#position = at.position + BLOCK_SAMPLES * step;
  }

  #emit(sink: SoundSink, channel: Channel, position: number, step: number, previous: Channel | undefined, phaseMs: number): void {
    const samples = this.#samples;
    const player = sink.player(channel);
    if (player) player.read(channel.buffer, position, step, samples);
    else samples.fill(0);
    scale(samples, this.loudness.gainDb(channel.description));
    // Pre-emption: the old programme fades out while the new one fades in, within one block.
    const old = previous && previous !== channel ? sink.player(previous) : undefined;
    if (old && previous) {
      old.read(previous.buffer, this.#position, 1, this.#fading);
      scale(this.#fading, this.loudness.gainDb(previous.description));
      for (let index = 0; index < BLOCK_SAMPLES; index++) {
        const share = index / BLOCK_SAMPLES;
        samples[index] = (samples[index] as number) * share + (this.#fading[index] as number) * (1 - share);
      }
    }
    let power = 0;
    for (const sample of samples) power += sample * sample;
    this.levelDb = Math.max(-120, 10 * Math.log10(power / BLOCK_SAMPLES + 1e-12));
    const { oscillator } = this.#options;
    sink.write(samples, oscillator.trueMsOfPhase(phaseMs), oscillator.trueMsOfPhase(phaseMs + BLOCK_MS));
  }
}

/** Where nothing is decoded: frames of three bytes or less are silence. */
function assumedDb(packet: BufferedPacket | undefined): number {
  return packet && packet.payload.length <= (3 * packet.samples) / SILENCE_FRAME_SAMPLES ? -120 : -20;
}

function scale(samples: Float32Array, gainDb: number): void {
  if (gainDb === 0) return;
  const factor = 10 ** (gainDb / 20);
  for (let index = 0; index < samples.length; index++) samples[index] = (samples[index] as number) * factor;
}
