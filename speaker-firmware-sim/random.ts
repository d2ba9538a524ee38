/** Seeded pseudo-random numbers: the same seed gives the same drifts, delays and losses on every run. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Normal with mean 0 and variance 1. */
  normal(): number;
  /** Exponential with the given mean. */
  exponential(mean: number): number;
  /** A generator of its own, independent of how much this one is used afterwards. */
  fork(name: string): Random;
}

/** FNV-1a over the name, so that forks with other names differ from the first number on. */
function hash(text: string, seed: number): number {
  let value = (seed ^ 0x811c9dc5) >>> 0;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}

/** sfc32 (C. Doty-Humphrey, PractRand): 128 bits of state, passes PractRand to at least 1 TB. */
export function createRandom(seed: number | string): Random {
  const base = hash(String(seed), 0x9e3779b9);
  let a = base;
  let b = hash('b', base);
  let c = hash('c', base);
  let counter = 1;
  const bits = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) bits();
  const next = (): number => bits() / 4_294_967_296;
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    fork: (name) => createRandom(`${base}/${name}`),
  };
}
