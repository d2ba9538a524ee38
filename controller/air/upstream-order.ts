const HALF = 2 ** 15;

interface Held<Packet> {
  packet: Packet;
  sequence: number;
  untilMs: number;
}

/**
 * Puts packets of one RTP stream back into order. Behind a gap they are held for a moment: the missing one may only be
 * late, or mediasoup's NACK to the browser may bring it. Pure; sequence numbers are those of the wire (16 bits).
 */
export class UpstreamOrder<Packet> {
  #holdMs: number;
  #next: number | undefined;
  #held: Held<Packet>[] = [];
  lost = 0;
  late = 0;

  constructor(options: { holdMs: number }) {
    this.#holdMs = options.holdMs;
  }

  /** @returns what can go on now, in order */
  push(packet: Packet, wireSequence: number, nowMs: number): Packet[] {
    const sequence = this.#next === undefined ? wireSequence : this.#unwrap(wireSequence, this.#next);
    this.#next ??= sequence;
    if (sequence < this.#next || this.#held.some((held) => held.sequence === sequence)) {
      this.late += 1;
      return [];
    }
    this.#held.push({ packet, sequence, untilMs: nowMs + this.#holdMs });
    this.#held.sort((a, b) => a.sequence - b.sequence);
    return this.take(nowMs);
  }

  /** What may go on at this instant: all up to the first gap, and what has waited long enough behind it. */
  take(nowMs: number): Packet[] {
    const ready: Packet[] = [];
    for (;;) {
      const first = this.#held[0];
      if (!first) return ready;
      const next = this.#next ?? first.sequence;
      if (first.sequence !== next && !this.#held.some((held) => held.untilMs <= nowMs)) return ready;
      this.lost += first.sequence - next;
      this.#next = first.sequence + 1;
      this.#held.shift();
      ready.push(first.packet);
    }
  }

  /** When `take` would give something; undefined: nothing is held. */
  dueMs(): number | undefined {
    return this.#held.length === 0 ? undefined : Math.min(...this.#held.map((held) => held.untilMs));
  }

  #unwrap(wire: number, near: number): number {
    const difference = (((wire - near) & 0xffff) ^ HALF) - HALF;
    return near + difference;
  }
}
