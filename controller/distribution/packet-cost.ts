/**
 * What one packet to one speaker costs a media worker, learned from the worker itself: encryption and the kernel's work differ tenfold between
 * machines. Pure.
 */

/** On a virtual core of a small server with AES instructions (AMD EPYC). Half of it is the kernel's. */
const FIRST_GUESS_US = 11;
const LEAST_US = 2;
const MOST_US = 200;
/** Fewer packets than this say little: processor time comes in steps, and a worker does other things, too. */
const WINDOW_PACKETS = 20_000;
/** The middle one of so many windows counts: a storm of speakers that come at once is no packet's cost. */
const WINDOWS = 5;

export class PacketCost {
  #windows: number[] = [];
  #packets = 0;
  #cpuMs = 0;

  /** Packets sent to speakers and processor time since the last call. */
  observe(packets: number, cpuMs: number): void {
    this.#packets += packets;
    this.#cpuMs += cpuMs;
    if (packets === 0) {
      // Idle time between programmes would be counted as the next one's.
      this.#packets = this.#cpuMs = 0;
      return;
    }
    if (this.#packets < WINDOW_PACKETS) return;
    this.#windows.push(Math.min(MOST_US, Math.max(LEAST_US, (1000 * this.#cpuMs) / this.#packets)));
    if (this.#windows.length > WINDOWS) this.#windows.shift();
    this.#packets = this.#cpuMs = 0;
  }

  /** µs of processor time for one packet to one speaker. */
  get us(): number {
    const sorted = [FIRST_GUESS_US, ...this.#windows].slice(-WINDOWS).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? FIRST_GUESS_US;
  }
}
