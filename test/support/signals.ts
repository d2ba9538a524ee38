/** Small deterministic generator (mulberry32), so that test signals are the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Something an encoder takes for a voice: a gliding buzz through two formants, in syllables with pauses.
 * @returns mono samples at 48 kHz within +-0.6
 */
export function speechLike(sampleCount: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const out = new Float32Array(sampleCount);
  let phase = 0;
  for (let at = 0; at < sampleCount; ) {
    const syllable = Math.floor(48_000 * (0.12 + 0.15 * random()));
    const pause = random() < 0.2 ? Math.floor(48_000 * 0.1) : 0;
    const pitchHz = 110 + 60 * random();
    const formants = [400 + 500 * random(), 1100 + 1200 * random()];
    for (let i = 0; i < syllable && at < sampleCount; i++, at++) {
      const envelope = Math.sin((Math.PI * i) / syllable);
      phase += (2 * Math.PI * pitchHz * (1 + (0.15 * i) / syllable)) / 48_000;
      let value = 0;
      for (let harmonic = 1; harmonic <= 24; harmonic++) {
        const hz = harmonic * pitchHz;
        const gain = formants.reduce((sum, formant) => sum + 1 / (1 + ((hz - formant) / 120) ** 2), 0.02);
        value += gain * Math.sin(harmonic * phase);
      }
      out[at] = Math.max(-0.6, Math.min(0.6, 0.12 * envelope * value + 0.003 * (random() - 0.5)));
    }
    at += pause;
  }
  return out;
}
