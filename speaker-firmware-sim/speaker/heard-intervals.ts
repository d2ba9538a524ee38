import { HEARD_HOLE_MAX_MS, HEARD_INTERVALS_MAX } from '../../controller/protocol/media.ts';
import type { Receipt } from '../../controller/protocol/speaker-control.ts';

type Interval = Receipt['heard'][number];

/**
 * Which parts of a programme came out of the loudspeaker without a break, told by when they were captured: two speakers that played the same words have the same
 * intervals, however late each of them was. Holes up to HEARD_HOLE_MAX_MS are none to a listener; a longer pause parts two intervals, also where nothing was lost and
 * they touch. Bounded: where there are too many pieces, the shortest is left out, never a hole.
 */
export class HeardIntervals {
  #intervals: Interval[] = [];
  #soundedUntilMs = Number.NEGATIVE_INFINITY;

  /**
   * Sound captured from `fromMs` to `untilMs` came out. Calls come in the order in which it sounds.
   * @param soundsAtMs when its first sample left the loudspeaker, on any steady clock
   */
  add(fromMs: number, untilMs: number, soundsAtMs: number): void {
    const isUnbroken = soundsAtMs - this.#soundedUntilMs <= HEARD_HOLE_MAX_MS;
    this.#soundedUntilMs = soundsAtMs + (untilMs - fromMs);
    const last = this.#intervals[this.#intervals.length - 1];
    const followsOn = last !== undefined && fromMs >= last.fromMs && fromMs - last.untilMs <= HEARD_HOLE_MAX_MS;
    if (isUnbroken && followsOn) last.untilMs = Math.max(last.untilMs, untilMs);
    // What sounds again after the sender's clock was set back is another hearing: the older of the two gives way where they overlap.
    else this.#begin({ fromMs, untilMs });
  }

  /** In order of capture, none overlapping. */
  list(): Receipt['heard'] {
    const list: Interval[] = [];
    for (const interval of this.#intervals.toSorted((one, other) => one.fromMs - other.fromMs)) {
      const last = list[list.length - 1];
      if (last) last.untilMs = Math.min(last.untilMs, interval.fromMs);
      list.push({ ...interval });
    }
    return list.filter(({ fromMs, untilMs }) => untilMs > fromMs);
  }

  #begin(interval: Interval): void {
    this.#intervals.push(interval);
    if (this.#intervals.length <= HEARD_INTERVALS_MAX) return;
    const lengths = this.#intervals.map(({ fromMs, untilMs }) => untilMs - fromMs);
    // Not the one that is still growing.
    lengths.pop();
    this.#intervals.splice(lengths.indexOf(Math.min(...lengths)), 1);
  }
}
