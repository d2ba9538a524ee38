/** Turns of the event loop come late by less than this without anybody having been away. */
const NOTICED_MS = 1000;

/**
 * Notices that this process itself stood still (stopped, swapped out, a debugger): what did not come meanwhile could not come, and is nobody's silence. Instants are of the steady clock.
 */
export class OwnAbsence {
  readonly #periodMs: number;
  #lastMs: number | undefined;

  /** @param periodMs how often it is asked when all is well */
  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** For how long we were away before this instant, ms; 0: we were not. Told once. */
  before(nowMs: number): number {
    const lateMs = this.#lastMs === undefined ? 0 : nowMs - this.#lastMs - this.#periodMs;
    this.#lastMs = nowMs;
    return lateMs > NOTICED_MS ? lateMs : 0;
  }
}
