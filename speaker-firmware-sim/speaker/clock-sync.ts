/**
 * Offset and rate of the controller's clock as seen from the device's, from exchanges of four time stamps (RFC 5905 section 8).
 *
 * Every exchange bounds the offset from both sides: t2 - t1 is the offset plus the way up, t3 - t4 the offset minus the way down. Ways only ever get longer
 * than their floor, never shorter. So the estimate is the middle line of the widest parallel strip between all upper and all lower bounds
 * (V. Paxson 1998 and S. Moon et al. 1999 use the same geometry for one-way delays). It needs no packet that was quick in both directions, as picking
 * the shortest round trip does: on a mobile path its error is several times smaller for the same number of exchanges.
 *
 * What remains is half the difference between the floors of the two ways. Neighbours on the same kind of path share it, so it cancels in their skew.
 */
export interface Exchange {
  /** Device's clock at sending and at arrival of the answer. */
  t1Ms: number;
  t4Ms: number;
  /** Controller's clock at arrival of the question and at sending of the answer. */
  t2Ms: number;
  t3Ms: number;
}

export interface ClockEstimate {
  /** Controller minus device at `atLocalMs`. */
  offsetMs: number;
  atLocalMs: number;
  /** How much faster the controller's clock runs than the device's. */
  driftPpm: number;
  /** Half of the strip's width: the offset can't be further off than this, floors included. */
  errorMs: number;
}

interface Bound {
  upAtMs: number;
  upperMs: number;
  downAtMs: number;
  lowerMs: number;
  roundTripMs: number;
}

const MOST_EXCHANGES = 128;
/** Exchanges older than this say nothing that the crystal's wander has not blurred. */
const LONGEST_MEMORY_MS = 600_000;
/** How fast an old bound loosens: the crystal's wander over a minute or so. */
const AGEING_PPM = 0.3;
/** Cheap crystals: what is believed of the drift before anything was measured, one standard deviation. */
const PRIOR_DRIFT_PPM = 30;
/** Weight of that belief against the width of the strip; found by simulation (clock-sync.test.ts holds the figures). */
const PRIOR_WEIGHT = 0.08;
const WIDEST_DRIFT_PPM = 400;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SEARCH_STEPS = 24;
/** How sharply a narrower strip counts against a drift: the noise times this, divided by the number of exchanges (exponential delays give 1). */
const LIKELIHOOD_WIDTH = 8;
/** Drifts on either side of the best one over which the estimate is averaged. */
const AVERAGED = 8;
/** Log-likelihood at which averaging ends. */
const NEGLIGIBLE = 2.5;
/** A strip this much narrower than the shortest round trip: the device's clock has jumped. */
const STEP_TOLERANCE_MS = 1;

export class ClockSync {
  #bounds: Bound[] = [];
  #estimate: ClockEstimate | undefined;
  #steps = 0;

  get estimate(): ClockEstimate | undefined {
    return this.#estimate;
  }

  /** Exchanges in the present estimate. */
  get exchanges(): number {
    return this.#bounds.length;
  }

  /** Jumps of the device's clock that were noticed. */
  get steps(): number {
    return this.#steps;
  }

  get shortestRoundTripMs(): number | undefined {
    let shortest: number | undefined;
    for (const bound of this.#bounds) if (shortest === undefined || bound.roundTripMs < shortest) shortest = bound.roundTripMs;
    return shortest;
  }

  /** Median of the latest round trips; for retransmission timing. */
  get typicalRoundTripMs(): number | undefined {
    if (this.#bounds.length === 0) return undefined;
    const latest = this.#bounds.slice(-15).map((bound) => bound.roundTripMs);
    latest.sort((a, b) => a - b);
    return latest[latest.length >> 1];
  }

  /** Controller time at an instant of the device's clock; undefined before the first exchange. */
  controllerMs(localMs: number): number | undefined {
    const estimate = this.#estimate;
    if (!estimate) return undefined;
    return localMs + estimate.offsetMs + (localMs - estimate.atLocalMs) * (estimate.driftPpm / 1e6);
  }

  /** Returns false (and learns nothing) when the stamps contradict themselves. */
  add(exchange: Exchange): boolean {
    const roundTripMs = exchange.t4Ms - exchange.t1Ms - (exchange.t3Ms - exchange.t2Ms);
    const finite = Number.isFinite(roundTripMs) && Number.isFinite(exchange.t2Ms);
    if (!finite || roundTripMs < -STEP_TOLERANCE_MS || exchange.t3Ms < exchange.t2Ms || exchange.t4Ms < exchange.t1Ms) return false;
    const bound: Bound = {
      upAtMs: exchange.t1Ms,
      upperMs: exchange.t2Ms - exchange.t1Ms,
      downAtMs: exchange.t4Ms,
      lowerMs: exchange.t3Ms - exchange.t4Ms,
      roundTripMs: Math.max(0, roundTripMs),
    };
    this.#bounds.push(bound);
    this.#forgetOld(bound.downAtMs);
    this.#fit(bound.downAtMs);
    if (this.#hasStepped()) {
      this.#steps++;
      this.#bounds = [bound];
      this.#fit(bound.downAtMs);
    }
    return true;
  }

  reset(): void {
    this.#bounds = [];
    this.#estimate = undefined;
  }

  /** Tight bounds carry the estimate; when memory is full the loosest of the older half goes. */
  #forgetOld(nowMs: number): void {
    while (this.#bounds[0] && nowMs - this.#bounds[0].downAtMs > LONGEST_MEMORY_MS) this.#bounds.shift();
    if (this.#bounds.length <= MOST_EXCHANGES) return;
    const estimate = this.#estimate;
    let loosest = 0;
    let loosestSlackMs = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < this.#bounds.length / 2; index++) {
      const bound = this.#bounds[index] as Bound;
      const line = (atMs: number): number => (estimate ? estimate.offsetMs + (atMs - estimate.atLocalMs) * (estimate.driftPpm / 1e6) : 0);
      const slackMs = Math.min(bound.upperMs - line(bound.upAtMs), line(bound.downAtMs) - bound.lowerMs);
      if (slackMs > loosestSlackMs) {
        loosestSlackMs = slackMs;
        loosest = index;
      }
    }
    this.#bounds.splice(loosest, 1);
  }

  #fit(nowMs: number): void {
    const noiseMs = this.#noiseMs();
    let low = -WIDEST_DRIFT_PPM;
    let high = WIDEST_DRIFT_PPM;
    const value = (driftPpm: number): number => {
      const strip = this.#strip(driftPpm, nowMs);
      return strip.upperMs - strip.lowerMs - PRIOR_WEIGHT * noiseMs * (driftPpm / PRIOR_DRIFT_PPM) ** 2;
    };
    // The strip's width is concave in the drift (a minimum of straight lines), so a golden-section search finds its top.
    let left = high - GOLDEN * (high - low);
    let right = low + GOLDEN * (high - low);
    let leftValue = value(left);
    let rightValue = value(right);
    for (let step = 0; step < SEARCH_STEPS; step++) {
      if (leftValue < rightValue) {
        low = left;
        left = right;
        leftValue = rightValue;
        right = low + GOLDEN * (high - low);
        rightValue = value(right);
      } else {
        high = right;
        right = left;
        rightValue = leftValue;
        left = high - GOLDEN * (high - low);
        leftValue = value(left);
      }
    }
    this.#estimate = this.#average((low + high) / 2, value, (LIKELIHOOD_WIDTH * noiseMs) / this.#bounds.length + 1e-4, nowMs);
  }

  /**
   * Mean over the drifts that the exchanges allow, each by its likelihood. The widest strip alone leans on three exchanges; the mean is steadier by a third,
   * above all while little is known.
   */
  #average(bestPpm: number, value: (driftPpm: number) => number, scaleMs: number, nowMs: number): ClockEstimate {
    const best = value(bestPpm);
    const reach = (sign: number): number => {
      let distancePpm = 0.5;
      while (distancePpm < WIDEST_DRIFT_PPM / 2 && (best - value(bestPpm + sign * distancePpm)) / scaleMs < NEGLIGIBLE) distancePpm *= 1.6;
      return distancePpm;
    };
    const below = reach(-1);
    const above = reach(1);
    let weights = 0;
    const mean = { offsetMs: 0, driftPpm: 0, errorMs: 0 };
    for (let step = -AVERAGED; step <= AVERAGED; step++) {
      const spacingPpm = step < 0 ? below : above;
      const driftPpm = bestPpm + (spacingPpm * step) / AVERAGED;
      const strip = this.#strip(driftPpm, nowMs);
      const weight = Math.exp((value(driftPpm) - best) / scaleMs) * spacingPpm;
      weights += weight;
      mean.driftPpm += weight * driftPpm;
      mean.offsetMs += (weight * (strip.upperMs + strip.lowerMs)) / 2;
      mean.errorMs += (weight * (strip.upperMs - strip.lowerMs)) / 2;
    }
    return {
      offsetMs: mean.offsetMs / weights,
      driftPpm: mean.driftPpm / weights,
      errorMs: Math.max(0, mean.errorMs / weights),
      atLocalMs: nowMs,
    };
  }

  /** Tightest bounds on the offset at `nowMs` if the clocks part at this rate. */
  #strip(driftPpm: number, nowMs: number): { upperMs: number; lowerMs: number } {
    const slope = driftPpm / 1e6;
    const ageing = AGEING_PPM / 1e6;
    let upperMs = Number.POSITIVE_INFINITY;
    let lowerMs = Number.NEGATIVE_INFINITY;
    for (const bound of this.#bounds) {
      const upAgeMs = nowMs - bound.upAtMs;
      const upper = bound.upperMs + upAgeMs * (slope + ageing);
      if (upper < upperMs) upperMs = upper;
      const downAgeMs = nowMs - bound.downAtMs;
      const lower = bound.lowerMs + downAgeMs * (slope - ageing);
      if (lower > lowerMs) lowerMs = lower;
    }
    return { upperMs, lowerMs };
  }

  /** How uncertain the strip's edges are: what the quicker exchanges exceed the quickest by. */
  #noiseMs(): number {
    const sorted = this.#bounds.map((bound) => bound.roundTripMs).sort((a, b) => a - b);
    const quartile = sorted[sorted.length >> 2] as number;
    return Math.max(0.005, (quartile - (sorted[0] as number)) / 2);
  }

  #hasStepped(): boolean {
    const estimate = this.#estimate;
    const shortest = this.shortestRoundTripMs;
    if (!estimate || shortest === undefined || this.#bounds.length < 3) return false;
    const strip = this.#strip(estimate.driftPpm, estimate.atLocalMs);
    return strip.upperMs - strip.lowerMs < Math.min(-STEP_TOLERANCE_MS, 0.3 * shortest - 3 * this.#noiseMs() - STEP_TOLERANCE_MS);
  }
}
