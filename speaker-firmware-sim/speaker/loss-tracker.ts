/**
 * Which packets of one stream are missing, when to ask for them again, and the figures of a receiver report.
 * Pure: instants come in as arguments (milliseconds of any one clock).
 */
export interface RepairPolicy {
  /** Round trip to the controller, for the pace of repeated requests. */
  roundTripMs: number;
  /** Reordering is told from loss by waiting this long before the first request. */
  patienceMs: number;
}

interface Missing {
  index: number;
  /** A packet that comes after this has missed its instant. */
  dueMs: number;
  askAtMs: number;
  asked: number;
  /** Perhaps never sent: asked for once or twice, and not counted as lost. */
  speculative: boolean;
}

export interface ArrivedPacket {
  index: number;
  nowMs: number;
  /** Arrival minus capture, on any clocks (only its changes count). */
  transitMs: number;
  /** Latest useful arrival of this packet, on the clock of `nowMs`. */
  dueMs: number;
  packetMs: number;
  /** The packet is the first after silence. */
  marker: boolean;
  policy: RepairPolicy;
}

const MOST_MISSING = 512;
/** A jump in sequence numbers beyond this is a new start of the stream, not loss. */
const LONGEST_GAP = 300;
const MOST_REQUESTS = 10;
/** Packets before the first one that came for which it is worth asking. */
const MOST_SPECULATIVE = 6;
const SPECULATIVE_REQUESTS = 2;
const MOST_REQUESTED_AT_ONCE = 64;

export interface StreamCounts {
  received: number;
  lost: number;
  repaired: number;
}

export class LossTracker {
  #highest: number | undefined;
  #base = 0;
  #missing = new Map<number, Missing>();
  /** Sequence numbers asked for lately. */
  readonly #requested = new Set<number>();
  #received = 0;
  #lost = 0;
  #repaired = 0;
  #jitterMs = 0;
  #lastTransitMs: number | undefined;
  #reported = { expected: 0, received: 0 };

  get counts(): StreamCounts {
    return { received: this.#received, lost: this.#lost, repaired: this.#repaired };
  }
  get missing(): number {
    return this.#missing.size;
  }
  get jitterMs(): number {
    return this.#jitterMs;
  }
  get highest(): number | undefined {
    return this.#highest;
  }

  arrived(packet: ArrivedPacket): 'new' | 'repaired' | 'reordered' {
    const { index, nowMs, dueMs, packetMs, policy, transitMs } = packet;
    this.#received++;
    if (this.#lastTransitMs !== undefined) this.#jitterMs += (Math.abs(transitMs - this.#lastTransitMs) - this.#jitterMs) / 16;
    this.#lastTransitMs = transitMs;
    const missingAt = (lost: number, speculative: boolean): Missing => ({
      index: lost,
      dueMs: dueMs - (index - lost) * packetMs,
      askAtMs: nowMs + policy.patienceMs,
      asked: 0,
      speculative,
    });
    if (this.#highest === undefined) {
      this.#highest = index;
      this.#base = index;
      // A stream begins with a marked packet. When the first to come is not marked, its predecessors may have been lost on the way.
      const earlier = packet.marker ? 0 : Math.min(MOST_SPECULATIVE, index);
      for (let lost = index - earlier; lost < index; lost++) this.#missing.set(lost, missingAt(lost, true));
      return 'new';
    }
    if (index <= this.#highest) {
      const missing = this.#missing.get(index);
      if (!missing) return 'reordered';
      this.#missing.delete(index);
      if (index < this.#base) this.#base = index;
      if (packet.marker) this.#forgetBefore(index);
      if (missing.asked === 0) return 'reordered';
      this.#repaired++;
      return 'repaired';
    }
    const gap = index - this.#highest - 1;
    if (gap > LONGEST_GAP) this.#base += gap;
    else {
      for (let lost = this.#highest + 1; lost < index; lost++) {
        if (this.#missing.size >= MOST_MISSING) this.#giveUp(this.#missing.keys().next().value as number);
        this.#missing.set(lost, missingAt(lost, false));
      }
    }
    this.#highest = index;
    return 'new';
  }

  /** Indices to request now; those whose instant can't be met any more are given up. */
  toRequest(nowMs: number, policy: RepairPolicy): number[] {
    const request: number[] = [];
    for (const missing of this.#missing.values()) {
      // Half a round trip is the least an answer takes, and the request has to travel too.
      if (missing.dueMs < nowMs) {
        this.#giveUp(missing.index);
        continue;
      }
      if (missing.asked >= (missing.speculative ? SPECULATIVE_REQUESTS : MOST_REQUESTS)) continue;
      if (nowMs < missing.askAtMs || request.length >= MOST_REQUESTED_AT_ONCE) continue;
      missing.asked++;
      this.#requested.add(missing.index % 65_536);
      if (this.#requested.size > MOST_MISSING) this.#requested.delete(this.#requested.values().next().value as number);
      missing.askAtMs = nowMs + Math.max(20, policy.roundTripMs * 1.25);
      request.push(missing.index);
    }
    return request;
  }

  /** Whether a packet with this sequence number was asked for lately: two copies of it may come. */
  wasRequested(sequence: number): boolean {
    return this.#requested.has(sequence);
  }

  /** Cumulative figures and the share lost since the previous call (RFC 3550 appendix A.3). */
  report(): { fractionLost: number; cumulativeLost: number; extendedHighestSequence: number } {
    const expected = this.#highest === undefined ? 0 : this.#highest - this.#base + 1;
    const expectedNow = expected - this.#reported.expected;
    const lostNow = expectedNow - (this.#received - this.#reported.received);
    this.#reported = { expected, received: this.#received };
    return {
      fractionLost: expectedNow > 0 && lostNow > 0 ? lostNow / expectedNow : 0,
      cumulativeLost: expected - this.#received,
      extendedHighestSequence: (this.#highest ?? 0) % 4_294_967_296,
    };
  }

  #giveUp(index: number): void {
    const missing = this.#missing.get(index);
    this.#missing.delete(index);
    if (missing && !missing.speculative) this.#lost++;
  }

  #forgetBefore(index: number): void {
    for (const missing of this.#missing.values()) if (missing.speculative && missing.index < index) this.#missing.delete(missing.index);
  }
}
