/** RFC 3711 asks for at least 64; retransmissions at seconds of playout delay come further back. */
export const REPLAY_WINDOW = 1024;
/** Windows kept at a time: as many as a speaker may have channels. */
const MOST_STREAMS = 64;
/** Streams that are over: their highest index is remembered. Half a year of broadcasts on one grant. */
const MOST_ENDED_STREAMS = 4096;

/** Which packet indices were seen already (RFC 3711 section 3.3.2), as a ring of bits. */
export class ReplayWindow {
  readonly #bits = new Uint32Array(REPLAY_WINDOW / 32);
  #highest: number;

  /** `highest`: of an earlier window of the same stream; everything up to it counts as seen. */
  constructor(highest = -1) {
    this.#highest = highest;
    if (highest >= 0) this.#bits.fill(0xffffffff);
  }

  get highest(): number {
    return this.#highest;
  }

  seen(index: number): boolean {
    if (index > this.#highest) return false;
    if (index <= this.#highest - REPLAY_WINDOW) return true;
    return (((this.#bits[(index % REPLAY_WINDOW) >>> 5] as number) >>> (index & 31)) & 1) === 1;
  }

  /** Only after the packet proved authentic. */
  accept(index: number): void {
    if (index > this.#highest) {
      const cleared = Math.min(index - this.#highest, REPLAY_WINDOW);
      for (let step = 1; step <= cleared; step++) this.#set(index - cleared + step, false);
      this.#highest = index;
    }
    this.#set(index, true);
  }

  #set(index: number, value: boolean): void {
    const word = (index % REPLAY_WINDOW) >>> 5;
    const mask = 1 << (index & 31);
    this.#bits[word] = value ? (this.#bits[word] as number) | mask : (this.#bits[word] as number) & ~mask;
  }
}

/** RFC 3711 appendix A: the 48-bit index nearest to the highest one seen. `highest` below 0 means nothing was seen: ROC 0. */
export function estimatePacketIndex(sequence: number, highest: number): number {
  if (highest < 0) return sequence;
  const rollover = Math.floor(highest / 65_536);
  const last = highest % 65_536;
  if (last < 32_768 && sequence - last > 32_768) return Math.max(0, rollover - 1) * 65_536 + sequence;
  if (last >= 32_768 && last - 32_768 > sequence) return (rollover + 1) * 65_536 + sequence;
  return rollover * 65_536 + sequence;
}

/**
 * One window for each stream of a grant. Every broadcast brings a new SSRC, so windows of streams that no channel has give way when memory is full; what remains
 * of them is their highest index, and nothing up to it is ever taken again. A window that a channel still needs never goes.
 */
export class ReplayWindows {
  readonly #isLive: (ssrc: number) => boolean;
  readonly #windows = new Map<number, ReplayWindow>();
  readonly #ended = new Map<number, number>();

  constructor(isLive: (ssrc: number) => boolean) {
    this.#isLive = isLive;
  }

  /** A new stream's window is kept by `keep` only, after a packet proved authentic: anybody can invent an SSRC. */
  of(ssrc: number): ReplayWindow {
    return this.#windows.get(ssrc) ?? new ReplayWindow(this.#ended.get(ssrc));
  }

  /** False: so many streams are live that there is no room for another. */
  keep(ssrc: number, window: ReplayWindow): boolean {
    if (this.#windows.has(ssrc)) return true;
    if (this.#windows.size >= MOST_STREAMS && !this.#endOldest()) return false;
    this.#windows.set(ssrc, window);
    this.#ended.delete(ssrc);
    return true;
  }

  /** The oldest stream without a channel: the newest may be one whose announcement is still on its way. */
  #endOldest(): boolean {
    for (const [ssrc, window] of this.#windows) {
      if (this.#isLive(ssrc)) continue;
      this.#windows.delete(ssrc);
      this.#ended.set(ssrc, window.highest);
      if (this.#ended.size > MOST_ENDED_STREAMS) this.#ended.delete(this.#ended.keys().next().value as number);
      return true;
    }
    return false;
  }
}
