/**
 * How fast the playout may run after its schedule. Right after the start the clock estimate still improves and nobody has a pitch in the ear yet;
 * afterwards a change stays below what is heard (300 ppm is half a cent).
 */
const SETTLING_MS = 2000;
const SETTLING_LIMIT_PPM = 2000;
const STEADY_LIMIT_PPM = 300;
/** The error decays with this time constant while within the limit. */
const TIME_CONSTANT_MS = 250;
/** Beyond this an echo would be heard for as long as slewing takes: jump. */
const JUMP_ABOVE_MS = 10;

export class RateControl {
  #startedAtMs = Number.NEGATIVE_INFINITY;

  /** A hard set at `nowMs`: start of a sound, or a jump. */
  start(nowMs: number): void {
    this.#startedAtMs = nowMs;
  }

  mustJump(errorMs: number): boolean {
    return Math.abs(errorMs) > JUMP_ABOVE_MS;
  }

  /** Factor on the source's advance; `errorMs` is where the playout should be minus where it is. */
  correction(errorMs: number, nowMs: number): number {
    const limit = (nowMs - this.#startedAtMs < SETTLING_MS ? SETTLING_LIMIT_PPM : STEADY_LIMIT_PPM) / 1e6;
    return 1 + Math.max(-limit, Math.min(limit, errorMs / TIME_CONSTANT_MS));
  }
}
