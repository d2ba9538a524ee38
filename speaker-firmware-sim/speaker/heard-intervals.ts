import { HEARD_HOLE_MAX_MS, HEARD_INTERVALS_MAX } from '../../controller/protocol/media.ts';
import type { Receipt } from '../../controller/protocol/speaker-control.ts';

/**
 * Which parts of a programme came out of the loudspeaker, told by when they were captured: two speakers that played the same words have the same intervals,
 * however late each of them was. Holes up to HEARD_HOLE_MAX_MS are none to a listener. Bounded: where there are too many pieces, the shortest is left out,
 * never a hole.
 */
export class HeardIntervals {
  #intervals: { fromMs: number; untilMs: number }[] = [];

  /** Sound captured in this interval came out. Calls come in the order in which it sounds. */
  add(fromMs: number, untilMs: number): void {
    const last = this.#intervals[this.#intervals.length - 1];
    if (last && fromMs < last.fromMs) this.#insert(fromMs, untilMs);
    else if (last && fromMs - last.untilMs <= HEARD_HOLE_MAX_MS) last.untilMs = Math.max(last.untilMs, untilMs);
    else this.#intervals.push({ fromMs, untilMs });
    if (this.#intervals.length > HEARD_INTERVALS_MAX) this.#dropShortest();
  }

  list(): Receipt['heard'] {
    return this.#intervals.map((interval) => ({ ...interval }));
  }

  /** The sender's clock was set back: what sounds now was captured before what sounded last. */
  #insert(fromMs: number, untilMs: number): void {
    const merged: { fromMs: number; untilMs: number }[] = [];
    for (const interval of [...this.#intervals, { fromMs, untilMs }].sort((one, other) => one.fromMs - other.fromMs)) {
      const last = merged[merged.length - 1];
      if (last && interval.fromMs - last.untilMs <= HEARD_HOLE_MAX_MS) last.untilMs = Math.max(last.untilMs, interval.untilMs);
      else merged.push({ ...interval });
    }
    this.#intervals = merged;
  }

  #dropShortest(): void {
    let shortest = 0;
    this.#intervals.forEach((interval, index) => {
      const best = this.#intervals[shortest] as { fromMs: number; untilMs: number };
      if (interval.untilMs - interval.fromMs < best.untilMs - best.fromMs) shortest = index;
    });
    this.#intervals.splice(shortest, 1);
  }
}
