import type { Random } from '../random.ts';

/**
 * The crystal of one speaker: it drives both the device's clock and its DAC. Its rate differs from true time by a constant and by a random walk
 * (temperature). Only the simulator knows true time; the firmware under simulation sees `localMs` alone.
 */
export interface OscillatorOptions {
  /** Constant part of the rate error; cheap crystals are within +-50 ppm. */
  driftPpm: number;
  /** Random walk of the rate: standard deviation after one second, ppm. */
  wanderPpm: number;
  /** Local clock minus true time at the start. */
  offsetMs: number;
  startTrueMs: number;
  random: Random;
}

interface Segment {
  trueMs: number;
  phaseMs: number;
  rate: number;
}

const SEGMENT_MS = 1000;
/** Instants up to this far back stay exact; older ones are extrapolated along the oldest kept segment. */
const SEGMENTS_KEPT = 16;

export class Oscillator {
  readonly #segments: Segment[];
  readonly #random: Random;
  readonly #wanderPpm: number;
  /** As it was made, whatever a fault does to it. */
  readonly ownDriftPpm: number;
  #driftPpm: number;
  #wanderNowPpm = 0;
  #offsetMs: number;

  constructor(options: OscillatorOptions) {
    this.ownDriftPpm = options.driftPpm;
    this.#driftPpm = options.driftPpm;
    this.#wanderPpm = options.wanderPpm;
    this.#random = options.random;
    this.#offsetMs = options.offsetMs;
    this.#segments = [{ trueMs: options.startTrueMs, phaseMs: options.startTrueMs, rate: 1 + options.driftPpm / 1e6 }];
  }

  /** Rate error now, ppm: constant part and wander. */
  get ratePpm(): number {
    return this.#driftPpm + this.#wanderNowPpm;
  }

  /** Oscillations counted so far, as milliseconds of a perfect crystal. Never steps: the DAC runs on it. */
  phaseMs(trueMs: number): number {
    const segment = this.#segmentAtTrue(trueMs);
    return segment.phaseMs + (trueMs - segment.trueMs) * segment.rate;
  }

  /** When, in true time, the crystal reaches this phase. */
  trueMsOfPhase(phaseMs: number): number {
    const newest = this.#segments[this.#segments.length - 1] as Segment;
    if (phaseMs >= newest.phaseMs) this.#segmentAtTrue(newest.trueMs + (phaseMs - newest.phaseMs) / newest.rate);
    for (let index = this.#segments.length - 1; index > 0; index--) {
      const segment = this.#segments[index] as Segment;
      if (phaseMs >= segment.phaseMs) return segment.trueMs + (phaseMs - segment.phaseMs) / segment.rate;
    }
    const oldest = this.#segments[0] as Segment;
    return oldest.trueMs + (phaseMs - oldest.phaseMs) / oldest.rate;
  }

  /** What the device's own clock shows. */
  localMs(trueMs: number): number {
    return this.phaseMs(trueMs) + this.#offsetMs;
  }

  localMsOfPhase(phaseMs: number): number {
    return phaseMs + this.#offsetMs;
  }

  trueMsOfLocal(localMs: number): number {
    return this.trueMsOfPhase(localMs - this.#offsetMs);
  }

  /** Fault: the device's clock jumps. The DAC does not. */
  step(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Fault: the crystal changes its rate from `trueMs` on. */
  setDrift(trueMs: number, driftPpm: number): void {
    const phaseMs = this.phaseMs(trueMs);
    while (this.#segments.length > 1 && (this.#segments[this.#segments.length - 1] as Segment).trueMs > trueMs) this.#segments.pop();
    this.#driftPpm = driftPpm;
    this.#push({ trueMs, phaseMs, rate: 1 + this.ratePpm / 1e6 });
  }

  #segmentAtTrue(trueMs: number): Segment {
    let newest = this.#segments[this.#segments.length - 1] as Segment;
    while (trueMs >= newest.trueMs + SEGMENT_MS) {
      this.#wanderNowPpm += this.#random.normal() * this.#wanderPpm;
      newest = {
        trueMs: newest.trueMs + SEGMENT_MS,
        phaseMs: newest.phaseMs + SEGMENT_MS * newest.rate,
        rate: 1 + this.ratePpm / 1e6,
      };
      this.#push(newest);
    }
    for (let index = this.#segments.length - 1; index > 0; index--) {
      const segment = this.#segments[index] as Segment;
      if (trueMs >= segment.trueMs) return segment;
    }
    return this.#segments[0] as Segment;
  }

  #push(segment: Segment): void {
    this.#segments.push(segment);
    if (this.#segments.length > SEGMENTS_KEPT) this.#segments.shift();
  }
}
