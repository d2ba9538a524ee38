/** Late for this long without one packet in time: not a stall that is over, but a way that takes longer than was thought. */
const SUSTAINED_MS = 1000;
const FEWEST_PACKETS = 5;
const SPARE_MS = 60;
/** Coarse, so that neighbours on the same slow way choose the same. */
const STEP_MS = 200;
const MOST_MS = 2000;

/**
 * Notices on a live channel that everything comes too late, and how much later it has to sound: a voice that is heard late is better than one that is not heard. Emergencies have
 * a rule of their own (patience.ts). Pure.
 */
export class LateWatch {
  #addedMs = 0;
  #sinceMs: number | undefined;
  #packets = 0;
  #worstMs = 0;

  /** Delay to add to the channel's own, for the rest of its broadcast. */
  get addedMs(): number {
    return this.#addedMs;
  }

  /**
   * A packet with programme sound has come.
   * @param lateMs how long after the last moment at which it could have sounded at its instant, without the added delay; negative: before
   */
  arrived(atMs: number, lateMs: number): void {
    if (lateMs <= this.#addedMs) {
      this.#sinceMs = undefined;
      return;
    }
    if (this.#sinceMs === undefined) {
      this.#sinceMs = atMs;
      this.#packets = 0;
      this.#worstMs = 0;
    }
    this.#packets++;
    this.#worstMs = Math.max(this.#worstMs, lateMs);
    if (atMs - this.#sinceMs < SUSTAINED_MS || this.#packets < FEWEST_PACKETS) return;
    this.#addedMs = Math.min(MOST_MS, Math.ceil((this.#worstMs + SPARE_MS) / STEP_MS) * STEP_MS);
    this.#sinceMs = undefined;
  }

  reset(): void {
    this.#addedMs = 0;
    this.#sinceMs = undefined;
  }
}
