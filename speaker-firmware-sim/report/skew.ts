import { Histogram } from './histogram.ts';

/** "Settled" begins so long after the later of two speakers began to sound. */
export const SETTLING_MS = 2000;

export interface SoundingSpeaker {
  hamletId: string;
  channelId: string;
  /** True time minus due time of what it plays now. */
  syncErrorMs: number;
  soundingForMs: number;
}

/** Differences between any two speakers of a hamlet that play the same channel at the same instant. */
export class SkewMeter {
  readonly all = new Histogram();
  readonly settled = new Histogram();
  /** Since the last `recent()`, for live display. */
  readonly #recent = new Histogram();

  sample(speakers: readonly SoundingSpeaker[]): void {
    const groups = new Map<string, SoundingSpeaker[]>();
    for (const speaker of speakers) {
      const key = `${speaker.hamletId}\n${speaker.channelId}`;
      const group = groups.get(key);
      if (group) group.push(speaker);
      else groups.set(key, [speaker]);
    }
    for (const group of groups.values()) this.#pairs(group);
  }

  recent(): { p50: number; p99: number } {
    const result = { p50: this.#recent.percentile(0.5), p99: this.#recent.percentile(0.99) };
    this.#recent.reset();
    return result;
  }

  #pairs(group: readonly SoundingSpeaker[]): void {
    for (let first = 0; first < group.length; first++) {
      const a = group[first] as SoundingSpeaker;
      for (let second = first + 1; second < group.length; second++) {
        const b = group[second] as SoundingSpeaker;
        const skewMs = Math.abs(a.syncErrorMs - b.syncErrorMs);
        this.all.add(skewMs);
        this.#recent.add(skewMs);
        if (Math.min(a.soundingForMs, b.soundingForMs) >= SETTLING_MS) this.settled.add(skewMs);
      }
    }
  }
}
