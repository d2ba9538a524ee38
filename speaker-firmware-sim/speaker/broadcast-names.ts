/** Of one channel; older ones can't sound any more. */
const MOST_NAMES = 16;

/**
 * Which broadcast a channel carries, by capture time: packets and their names travel on different ways, and either may be late. Sound belongs to what was named for the instant at which
 * it was captured, whenever it comes.
 */
export class BroadcastNames {
  #names: { sinceMs: number; broadcastId: string | null }[] = [];

  /** From this capture instant on. What was named for later is void. */
  set(broadcastId: string | null, sinceMs: number): void {
    this.#names = this.#names.filter((name) => name.sinceMs < sinceMs);
    this.#names.push({ sinceMs, broadcastId });
    if (this.#names.length > MOST_NAMES) this.#names.shift();
  }

  /** null: none, or not said yet. */
  at(captureAtMs: number): string | null {
    return this.#names.findLast((name) => name.sinceMs <= captureAtMs)?.broadcastId ?? null;
  }
}
