import type { Receipt } from '../../controller/protocol/speaker-control.ts';
import type { Amplifier } from './amplifier.ts';
import { HeardIntervals } from './heard-intervals.ts';
import { LevelLog } from './level-log.ts';
import type { StreamCounts } from './loss-tracker.ts';

const SILENCE_DB = -120;
/** Above it a working amplifier must draw current. */
const LOUD_DB = -40;

/** What one speaker played of one broadcast on one channel, block by block. Becomes a receipt. */
export class PlaySession {
  readonly channelId: string;
  broadcastId: string | null;
  /** Capture instants of its first sound, and up to which it has sounded. */
  beganAtMs = 0;
  capturedUntilMs = 0;
  firstSoundAtMs: number | undefined;
  lastSoundAtMs = 0;
  playedMs = 0;
  concealedMs = 0;
  fecMs = 0;
  mutedMs = 0;
  /** Of it, because the pole is muted. */
  mutedByConfigMs = 0;
  preemptedMs = 0;
  maxSyncErrorMs = 0;
  amplifierOk = true;
  lastInterimAtMs = 0;
  readonly heard = new HeardIntervals();
  readonly #levels = new LevelLog();
  #currentSumMa = 0;
  #currentCount = 0;
  /** Sounded while it was unclear whether more would come; counts as concealed only if more did come with a gap. */
  #dryMs = 0;
  #levelPower = 0;
  #levelMs = 0;
  readonly #startCounts: StreamCounts;
  readonly #startLate: number;

  constructor(channelId: string, broadcastId: string | null, counts: StreamCounts, late: number) {
    this.channelId = channelId;
    this.broadcastId = broadcastId;
    this.#startCounts = counts;
    this.#startLate = late;
  }

  get sounded(): boolean {
    return this.firstSoundAtMs !== undefined;
  }

  /** `gapWasLoss`: there had been a dry spell before this packet, and sequence numbers say that packets are missing. */
  addPacketSound(durationMs: number, fromMs: number, untilMs: number, gapWasLoss: boolean): void {
    if (gapWasLoss) this.concealedMs += this.#dryMs;
    if (gapWasLoss) this.playedMs += this.#dryMs;
    this.#dryMs = 0;
    this.firstSoundAtMs ??= fromMs;
    this.lastSoundAtMs = untilMs;
    this.playedMs += durationMs;
  }

  /** A sample of this capture instant sounds now. */
  soundsFrom(captureAtMs: number): void {
    if (this.sounded) return;
    this.beganAtMs = captureAtMs;
    this.capturedUntilMs = captureAtMs;
  }

  /** @see HeardIntervals.add */
  addHeard(fromMs: number, untilMs: number, soundsAtMs: number): void {
    this.capturedUntilMs = untilMs;
    this.heard.add(fromMs, untilMs, soundsAtMs);
  }

  addFec(durationMs: number, untilMs: number): void {
    this.fecMs += durationMs;
    this.playedMs += durationMs;
    this.lastSoundAtMs = untilMs;
  }

  addConcealed(durationMs: number, untilMs: number): void {
    this.concealedMs += durationMs + this.#dryMs;
    this.playedMs += durationMs + this.#dryMs;
    this.#dryMs = 0;
    this.lastSoundAtMs = untilMs;
  }

  addDry(durationMs: number): void {
    this.#dryMs += durationMs;
  }

  addMuted(durationMs: number): void {
    this.mutedMs += durationMs;
  }

  addMutedByConfig(durationMs: number): void {
    this.mutedMs += durationMs;
    this.mutedByConfigMs += durationMs;
  }

  addPreempted(durationMs: number): void {
    this.preemptedMs += durationMs;
  }

  /** How loud a block came out, and when it was captured. */
  addLevel(captureAtMs: number, levelDb: number, durationMs: number): void {
    this.#levels.add(captureAtMs, levelDb, durationMs);
    this.#levelPower += 10 ** (levelDb / 10) * durationMs;
    this.#levelMs += durationMs;
  }

  /** What the amplifier does while this plays; its current counts where something loud asks for one. */
  addAmplifier(amplifier: Pick<Amplifier, 'healthy' | 'drives' | 'facts'>, programmeDb: number): void {
    this.amplifierOk &&= amplifier.healthy && amplifier.drives;
    if (programmeDb <= LOUD_DB) return;
    this.#currentSumMa += amplifier.facts().currentMa;
    this.#currentCount += 1;
  }

  get levelDb(): number {
    return this.#levelMs > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(this.#levelPower / this.#levelMs + 1e-12)) : SILENCE_DB;
  }

  /** Tells each second's level once. undefined while nothing was due or the broadcast has no name yet. */
  receipt(receiptId: string, counts: StreamCounts, late: number, final: boolean): Receipt | undefined {
    const nothingDue = this.playedMs + this.mutedMs + this.preemptedMs === 0;
    if (this.broadcastId === null || nothingDue) return undefined;
    return {
      receiptId,
      broadcastId: this.broadcastId,
      channelId: this.channelId,
      firstSoundAtMs: this.firstSoundAtMs ?? 0,
      lastSoundAtMs: this.sounded ? this.lastSoundAtMs : 0,
      playedMs: this.playedMs,
      concealedMs: this.concealedMs,
      fecMs: this.fecMs,
      mutedMs: this.mutedMs,
      mutedByConfigMs: this.mutedByConfigMs,
      preemptedMs: this.preemptedMs,
      packetsReceived: Math.max(0, counts.received - this.#startCounts.received),
      packetsLost: Math.max(0, counts.lost - this.#startCounts.lost),
      packetsLate: Math.max(0, late - this.#startLate),
      packetsRepaired: Math.max(0, counts.repaired - this.#startCounts.repaired),
      maxSyncErrorMs: this.maxSyncErrorMs,
      meanOutputLevelDb: Math.min(20, this.levelDb),
      amplifierOk: this.amplifierOk,
      ...(this.#currentCount > 0 ? { amplifierCurrentMa: Math.round(this.#currentSumMa / this.#currentCount) } : {}),
      levels: this.#levels.take(final),
      heard: this.heard.list(),
      final,
    };
  }
}
