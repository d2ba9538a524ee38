import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { wavHeader } from './wav.ts';

const SAMPLES_PER_MS = 48;
const FLUSH_SAMPLES = 48_000;
/** Samples kept from the previous block, for interpolation across the seam. */
const SEAM = 3;

export interface RecordingFacts {
  speakerId: string;
  hamletId: string;
  sampleRateHz: number;
  /** True time of the file's first sample, epoch ms. */
  firstSampleAtMs: number;
  samples: number;
  /** Rate of the speaker's crystal against true time at the end, ppm. */
  driftPpm: number;
}

/**
 * What one horn played, on the timeline of true time: sample n of the file sounded at `firstSampleAtMs` + n/48 ms, whatever the speaker's crystal did.
 * Two horns' files, or a horn's and the master, can thus be laid on each other.
 */
export class HornRecorder {
  readonly #file: string;
  readonly #firstSampleAtMs: number;
  readonly #handle: number;
  #samples = 0;
  #pending = new Int16Array(FLUSH_SAMPLES);
  #pendingSamples = 0;
  /** The last block with its instants, so that a seam is interpolated and not guessed. */
  readonly #window = new Float32Array(SEAM + 480);
  #lastUntilMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(file: string, firstSampleAtMs: number) {
    this.#file = file;
    this.#firstSampleAtMs = firstSampleAtMs;
    this.#handle = openSync(file, 'w');
    writeSync(this.#handle, wavHeader(0));
  }

  /** `samples` left the DAC evenly between the two true instants. Gaps since the last block are silence. */
  write(samples: Float32Array, fromTrueMs: number, untilTrueMs: number): void {
    if (this.#closed) return;
    const joins = Math.abs(fromTrueMs - this.#lastUntilMs) < 0.5 / SAMPLES_PER_MS;
    const window = this.#window;
    if (joins) window.copyWithin(0, 480, 480 + SEAM);
    else window.fill(0, 0, SEAM);
    window.set(samples, SEAM);
    this.#lastUntilMs = untilTrueMs;
    // Interpolation needs two samples after the place it looks at: the file runs that far behind the DAC.
    const perMs = samples.length / (untilTrueMs - fromTrueMs);
    const firstMs = fromTrueMs - (SEAM - 1) / perMs;
    const next = Math.max(this.#samples, Math.ceil((firstMs - this.#firstSampleAtMs) * SAMPLES_PER_MS));
    if (next > this.#samples) this.#silence(next - this.#samples);
    for (;;) {
      const at = (this.#firstSampleAtMs + this.#samples / SAMPLES_PER_MS - fromTrueMs) * perMs + SEAM;
      if (at >= SEAM + samples.length - 2) break;
      this.#push(cubic(window, at));
    }
  }

  /** Completes the file up to `untilTrueMs` with silence and writes the facts beside it (FILE.json). */
  close(untilTrueMs: number, facts: Omit<RecordingFacts, 'firstSampleAtMs' | 'samples' | 'sampleRateHz'>): void {
    if (this.#closed) return;
    const missing = Math.floor((untilTrueMs - this.#firstSampleAtMs) * SAMPLES_PER_MS) - this.#samples;
    if (missing > 0) this.#silence(missing);
    this.#flush();
    this.#closed = true;
    writeSync(this.#handle, wavHeader(this.#samples), 0, undefined, 0);
    closeSync(this.#handle);
    const all: RecordingFacts = { ...facts, sampleRateHz: 48_000, firstSampleAtMs: this.#firstSampleAtMs, samples: this.#samples };
    writeFileSync(`${this.#file}.json`, `${JSON.stringify(all, undefined, 2)}\n`);
  }

  #silence(count: number): void {
    for (let index = 0; index < count; index++) this.#push(0);
  }

  #push(value: number): void {
    this.#pending[this.#pendingSamples++] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)));
    this.#samples++;
    if (this.#pendingSamples === FLUSH_SAMPLES) this.#flush();
  }

  #flush(): void {
    writeSync(this.#handle, Buffer.from(this.#pending.buffer, 0, this.#pendingSamples * 2));
    this.#pendingSamples = 0;
  }
}

/** Catmull-Rom at a place with one sample before and two after it inside the window. */
function cubic(window: Float32Array, at: number): number {
  const whole = Math.floor(at);
  const t = at - whole;
  const p0 = window[whole - 1] ?? 0;
  const p1 = window[whole] ?? 0;
  const p2 = window[whole + 1] ?? 0;
  const p3 = window[whole + 2] ?? 0;
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}
