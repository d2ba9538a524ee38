import { AUDIBLE_DB, type SentStretch } from '../protocol/sent-sound.ts';
import { SILENCE_DB } from './level-meter.ts';

/** So often what was sent is told: a process that is killed takes no more of it along. */
const TELL_EVERY_MS = 15_000;
/** A hole as short is none in what was sent; positions are sums of fractions. */
const APART_MS = 100;
const SECOND_MS = 1000;

/** One packet that was on air. */
export interface AiredPacket {
  captureAtMs: number;
  durationMs: number;
  levelDb: number;
  /** Where in the programme it lies; null: live sound has no other place than its instant. */
  positionMs: number | null;
}

/**
 * What a broadcast really sent, second by second: silence that keeps the channel, a dead station and a forgotten microphone are there as the silence that they are.
 * Sums up what the meter has measured in any case.
 */
export class SentSound {
  readonly #tell: (stretch: SentStretch) => void;
  #stretch: SentStretch | undefined;
  #second = 0;
  #energy = 0;
  #energyMs = 0;
  #isAudible = false;

  constructor(tell: (stretch: SentStretch) => void) {
    this.#tell = tell;
  }

  add(packet: AiredPacket): void {
    const { captureAtMs, durationMs, levelDb, positionMs } = packet;
    if (this.#stretch && !follows(this.#stretch, packet)) this.flush();
    if (this.#stretch && captureAtMs - this.#stretch.fromMs >= TELL_EVERY_MS) this.flush();
    this.#stretch ??= { fromMs: captureAtMs, untilMs: captureAtMs, positionMs, db: [] };
    const second = Math.floor(captureAtMs / SECOND_MS);
    if (this.#energyMs > 0 && second !== this.#second) this.#endSecond(this.#stretch);
    this.#second = second;
    if (levelDb > SILENCE_DB) this.#energy += 10 ** (levelDb / 10) * durationMs;
    this.#energyMs += durationMs;
    this.#isAudible ||= levelDb >= AUDIBLE_DB;
    this.#stretch.untilMs = captureAtMs + durationMs;
  }

  /** Tells what was not told yet. */
  flush(): void {
    const stretch = this.#stretch;
    if (!stretch) return;
    this.#endSecond(stretch);
    this.#stretch = undefined;
    this.#tell(stretch);
  }

  /** Whether anything above silence was on air since the last call. */
  takeAudible(): boolean {
    const isAudible = this.#isAudible;
    this.#isAudible = false;
    return isAudible;
  }

  #endSecond(stretch: SentStretch): void {
    const level = this.#energyMs === 0 || this.#energy === 0 ? SILENCE_DB : 10 * Math.log10(this.#energy / this.#energyMs);
    stretch.db.push(Math.round(Math.max(SILENCE_DB, level)));
    this.#energy = 0;
    this.#energyMs = 0;
  }
}

function follows(stretch: SentStretch, { captureAtMs, positionMs }: AiredPacket): boolean {
  if (Math.abs(captureAtMs - stretch.untilMs) > APART_MS) return false;
  if (stretch.positionMs === null || positionMs === null) return stretch.positionMs === positionMs;
  return Math.abs(positionMs - stretch.positionMs - (captureAtMs - stretch.fromMs)) <= APART_MS;
}
