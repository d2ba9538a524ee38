/** A live packet's own figures: when its sound was on the sender's clock, and when it came here. */
export interface Arrival {
  mediaTimeMs: number;
  receivedAtMs: number;
  durationMs: number;
  /** Too quiet for a missing or doubled frame to be heard. */
  quiet: boolean;
}

/** Kept after the sender's usual arrival, so that nine packets in ten leave before their capture instant. */
const MARGIN_MS = 3;
const WINDOW_PACKETS = 200;
const JUDGE_EVERY_PACKETS = 25;
const USUAL_SHARE = 0.95;
/** Judgements (half a second each) over which a shorter delay must have sufficed: a sender that stutters now and then would otherwise slip to and fro. */
const CALM_JUDGEMENTS = 40;
/** Late by this much, waiting for a quiet moment costs more than a slip that may be heard. */
const URGENT_MS = 40;
/**
 * A broadcast begins while the controller is busy with opening it: its first packets are stamped late. In the first judgements the latest packets
 * decide, and what is too much is taken out at once - the announcer is drawing breath.
 */
const SETTLING_JUDGEMENTS = 4;
const SETTLING_PACKETS = 15;
/** A jump of the sender's clock, not jitter: another track, a suspended page. */
const JUMP_MS = 2000;
/** Delay that an unlucky first packet left behind; taken out at once. */
const EXCESS_MS = 100;

/**
 * Puts live packets on our clock without touching them. What the speakers get stays strictly linear (960 samples for 20 ms);
 * the sender's clock may be off by tens of ppm, so the sum of arrival delays creeps: once it amounts to a whole packet, one
 * packet's time is left out or one packet is dropped, in a quiet moment (at 50 ppm every 7 minutes). The alternative, slewing
 * the capture times by ppm, would make RTP timestamps and capture times contradict each other on every speaker.
 *
 * Pure: time enters with the packets.
 */
export class LivePlacement {
  #offsetMs: number | undefined;
  #delays: number[] = [];
  /** Delays that sufficed at the last judgements. */
  #usuals: number[] = [];
  #sinceJudged = 0;
  #judgements = 0;
  /** Packets' time to add (later) or to take away (earlier) at the next quiet packet. */
  #slip: 'later' | 'earlier' | undefined;
  slips = 0;
  anchors = 0;

  /** Capture instant on our clock; undefined: leave this packet out (the sender's clock runs fast). */
  place(arrival: Arrival): number | undefined {
    const delayMs = arrival.receivedAtMs - arrival.mediaTimeMs;
    if (this.#offsetMs === undefined || Math.abs(delayMs - this.#offsetMs) > JUMP_MS) {
      this.#offsetMs = delayMs + MARGIN_MS;
      this.#delays = [];
      this.#usuals = [];
      this.#slip = undefined;
      this.#sinceJudged = 0;
      this.#judgements = 0;
      this.anchors += 1;
    }
    this.#delays.push(delayMs);
    if (this.#delays.length > WINDOW_PACKETS) this.#delays.shift();
    this.#sinceJudged += 1;
    if (this.#sinceJudged >= JUDGE_EVERY_PACKETS) this.#judge(this.#offsetMs, arrival.durationMs);
    if (this.#slip && arrival.quiet) {
      const earlier = this.#slip === 'earlier';
      this.#offsetMs += earlier ? -arrival.durationMs : arrival.durationMs;
      this.#slip = undefined;
      this.#usuals = [];
      this.slips += 1;
      if (earlier) return undefined;
    }
    return arrival.mediaTimeMs + this.#offsetMs;
  }

  #judge(offsetMs: number, durationMs: number): void {
    this.#sinceJudged = 0;
    this.#judgements += 1;
    if (this.#judgements <= SETTLING_JUDGEMENTS && this.#settle(offsetMs, durationMs)) return;
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const usualMs = (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * USUAL_SHARE))] ?? offsetMs) + MARGIN_MS;
    const excessMs = offsetMs - usualMs;
    this.#usuals.push(usualMs);
    if (this.#usuals.length > CALM_JUDGEMENTS) this.#usuals.shift();
    const isCalm = this.#usuals.length === CALM_JUDGEMENTS && offsetMs - Math.max(...this.#usuals) > durationMs + MARGIN_MS;
    if (excessMs > EXCESS_MS || excessMs < -URGENT_MS) {
      // Whole packets, so that decoders conceal whole frames.
      const packets = excessMs > 0 ? Math.floor(excessMs / durationMs) : Math.ceil(excessMs / durationMs) - 1;
      this.#offsetMs = offsetMs - packets * durationMs;
      this.#slip = undefined;
      this.anchors += 1;
    } else if (isCalm) this.#slip = 'earlier';
    else if (excessMs < -durationMs / 2) this.#slip = 'later';
    else this.#slip = undefined;
  }

  /** @returns whether the sound was moved closer */
  #settle(offsetMs: number, durationMs: number): boolean {
    const latest = this.#delays.slice(-SETTLING_PACKETS);
    const excessMs = offsetMs - (Math.max(...latest) + MARGIN_MS);
    if (excessMs <= durationMs) return false;
    this.#offsetMs = offsetMs - Math.floor(excessMs / durationMs) * durationMs;
    this.#delays = latest;
    this.anchors += 1;
    return true;
  }
}
