/**
 * Counts of non-negative values in buckets of constant relative width: bounded memory for any number of samples, percentiles within half a bucket (1 %).
 */
const BUCKETS_PER_DECADE = 116;
const SMALLEST = 1e-3;
const DECADES = 9;

export interface Percentiles {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

export class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS_PER_DECADE * DECADES + 2);
  #count = 0;
  #max = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }
  get max(): number {
    return this.#max;
  }
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  add(value: number, times = 1): void {
    if (!Number.isFinite(value)) return;
    const magnitude = Math.max(0, value);
    const bucket = magnitude < SMALLEST ? 0 : 1 + Math.floor(Math.log10(magnitude / SMALLEST) * BUCKETS_PER_DECADE);
    const index = Math.min(bucket, this.#buckets.length - 1);
    this.#buckets[index] = (this.#buckets[index] as number) + times;
    this.#count += times;
    this.#sum += magnitude * times;
    if (magnitude > this.#max) this.#max = magnitude;
  }

  /** 0 when nothing was counted. `share` is between 0 and 1. */
  percentile(share: number): number {
    if (this.#count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < this.#buckets.length; index++) {
      seen += this.#buckets[index] as number;
      if (seen >= wanted) return index === 0 ? 0 : Math.min(this.#max, SMALLEST * 10 ** ((index - 0.5) / BUCKETS_PER_DECADE));
    }
    return this.#max;
  }

  percentiles(): Percentiles {
    return { count: this.#count, p50: this.percentile(0.5), p90: this.percentile(0.9), p99: this.percentile(0.99), max: this.#max };
  }

  merge(other: Histogram): void {
    for (let index = 0; index < this.#buckets.length; index++) {
      this.#buckets[index] = (this.#buckets[index] as number) + (other.#buckets[index] as number);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#max = 0;
    this.#sum = 0;
  }

  /** Shares in `rows` steps of equal ratio between the 1st and the 99.9th percentile, for a picture in the terminal. */
  picture(rows: number): { from: number; to: number; share: number }[] {
    if (this.#count === 0) return [];
    const low = Math.max(SMALLEST, this.percentile(0.01));
    const high = Math.max(low * 1.01, this.percentile(0.999));
    const ratio = (high / low) ** (1 / rows);
    const lines = Array.from({ length: rows }, (_, row) => ({ from: low * ratio ** row, to: low * ratio ** (row + 1), share: 0 }));
    for (let index = 0; index < this.#buckets.length; index++) {
      const value = index === 0 ? 0 : SMALLEST * 10 ** ((index - 0.5) / BUCKETS_PER_DECADE);
      const row = Math.max(0, Math.min(rows - 1, Math.floor(Math.log(Math.max(value, low) / low) / Math.log(ratio))));
      (lines[row] as { share: number }).share += (this.#buckets[index] as number) / this.#count;
    }
    return lines;
  }
}
