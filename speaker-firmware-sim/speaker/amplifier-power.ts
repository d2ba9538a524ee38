/** How long the amplifier stays on after it was last wanted. */
const POWER_DOWN_AFTER_MS = 30_000;

/**
 * The amplifier's supply: down while nothing is wanted of it, and silent until it has woken up. What the DAC plays meanwhile is lost. With a wake-up
 * of 0 it never powers down.
 */
export class AmplifierPower {
  readonly wakeUpMs: number;
  #switchedOnAtMs: number | undefined;
  #wantedAtMs = Number.NEGATIVE_INFINITY;

  constructor(wakeUpMs: number) {
    this.wakeUpMs = wakeUpMs;
  }

  /** @param isWanted sound is announced or here */
  tick(nowMs: number, isWanted: boolean): void {
    if (isWanted) {
      this.#wantedAtMs = nowMs;
      this.#switchedOnAtMs ??= nowMs;
    } else if (nowMs - this.#wantedAtMs >= POWER_DOWN_AFTER_MS) {
      this.#switchedOnAtMs = undefined;
    }
  }

  /** The mains are gone, or the firmware. */
  cut(): void {
    this.#switchedOnAtMs = undefined;
  }

  /** Draws more than its standby. */
  get isOn(): boolean {
    return this.wakeUpMs === 0 || this.#switchedOnAtMs !== undefined;
  }

  /** Whether sound at this instant reaches the horns. */
  isAwakeAt(trueMs: number): boolean {
    if (this.wakeUpMs === 0) return true;
    return this.#switchedOnAtMs !== undefined && trueMs >= this.#switchedOnAtMs + this.wakeUpMs;
  }
}
