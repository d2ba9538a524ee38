const SAMPLES_PER_MS = 48;
const RTP_MODULUS = 2 ** 32;

/** Where a packet lies: both stamps come from one count of samples, so they cannot drift apart. */
export interface Place {
  rtpTimestamp: number;
  captureAtMs: number;
}

/**
 * The timeline of one run: samples at 48 kHz counted from an origin in wall-clock time. RTP timestamps are the samples since
 * the Unix epoch (modulo 2^32), so that successive runs on a standing channel, and its pilots, lie on one line.
 */
export class Timeline {
  #originMs: number;
  #baseRtp: number;
  #nextSample = 0;

  constructor(originMs: number) {
    this.#originMs = originMs;
    this.#baseRtp = Math.round(originMs * SAMPLES_PER_MS) % RTP_MODULUS;
  }

  /** Capture instant of the next sample: the end of all that was placed. */
  endMs(): number {
    return this.#originMs + this.#nextSample / SAMPLES_PER_MS;
  }

  endSample(): number {
    return this.#nextSample;
  }

  /** Right behind the last packet. */
  append(durationMs: number): Place {
    const place = this.#at(this.#nextSample);
    this.#nextSample += Math.round(durationMs * SAMPLES_PER_MS);
    return place;
  }

  /** Leaves a gap up to this instant (rounded to a sample). An instant before the end changes nothing. */
  skipTo(captureAtMs: number): void {
    this.#nextSample = Math.max(this.#nextSample, this.sampleAt(captureAtMs));
  }

  /** Sample count of an instant; within two samples of the end it is the end (rounding of the other side's clock). */
  sampleAt(captureAtMs: number): number {
    const sample = Math.round((captureAtMs - this.#originMs) * SAMPLES_PER_MS);
    return Math.abs(sample - this.#nextSample) <= 2 ? this.#nextSample : sample;
  }

  #at(sample: number): Place {
    return { rtpTimestamp: (this.#baseRtp + sample) % RTP_MODULUS, captureAtMs: this.#originMs + sample / SAMPLES_PER_MS };
  }
}
