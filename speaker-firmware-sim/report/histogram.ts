/**
 * Counts of non-negative values in buckets of constant relative width: bounded memory for any number of samples, percentiles within half a bucket (1 %).
 */
const BUCKETS_PER_DECADE = 116;
const SMALLEST = 1e-3;
const DECADES = 9;

/** Buckets of a report: so many of the fine ones together, 8 % wide. */
const FINE_IN_COARSE = 4;

/** Values from `from` up to `to`; only buckets with something in them are listed. */
export interface Bucket {
  from: number;
  to: number;
  count: number;
}

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
    if (other.#count === 0) return;
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

  buckets(): Bucket[] {
    const list: Bucket[] = [];
    if (this.#buckets[0]) list.push({ from: 0, to: SMALLEST, count: this.#buckets[0] });
    const edge = (index: number): number => Number((SMALLEST * 10 ** (index / BUCKETS_PER_DECADE)).toPrecision(6));
    for (let start = 1; start < this.#buckets.length; start += FINE_IN_COARSE) {
      let count = 0;
      for (const fine of this.#buckets.subarray(start, start + FINE_IN_COARSE)) count += fine;
      if (count > 0) list.push({ from: edge(start - 1), to: Math.max(edge(start - 1 + FINE_IN_COARSE), this.#overflow(start)), count });
    }
    return list;
  }

  /** The last bucket has no edge of its own. */
  #overflow(start: number): number {
    return start + FINE_IN_COARSE > this.#buckets.length ? this.#max : 0;
  }
}

export function histogramOf(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** Shares in at most `rows` steps of equal ratio between the 1st and the 99.9th percentile, for a picture in the terminal. What is zero has a row of its own. */
export function pictureOf(buckets: readonly Bucket[], rows: number): { from: number; to: number; share: number }[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const zero = buckets.filter(({ from }) => from === 0).map(({ from, to, count }) => ({ from, to, share: count / total }));
  const above = buckets.filter(({ from }) => from > 0);
  if (above.length === 0) return zero;
  const totalAbove = above.reduce((sum, { count }) => sum + count, 0);
  const at = (share: number): Bucket => {
    let seen = 0;
    for (const bucket of above) {
      seen += bucket.count;
      if (seen >= share * totalAbove) return bucket;
    }
    return above[above.length - 1] as Bucket;
  };
  const low = at(0.01).from;
  const high = at(0.999).to;
  const lines = Math.max(1, Math.min(rows, above.filter(({ from, to }) => to > low && from < high).length));
  const ratio = (high / low) ** (1 / lines);
  const picture = Array.from({ length: lines }, (_, row) => ({ from: low * ratio ** row, to: low * ratio ** (row + 1), share: 0 }));
  for (const { from, to, count } of above) {
    const row = Math.floor(Math.log(Math.sqrt(from * to) / low) / Math.log(ratio));
    (picture[Math.max(0, Math.min(lines - 1, row))] as { share: number }).share += count / total;
  }
  return [...zero, ...picture];
}
