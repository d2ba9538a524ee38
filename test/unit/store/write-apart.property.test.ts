import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeApart } from '../../../controller/store/index.ts';

const CODES = { refused: '22P05', defect: '42703', away: '57P01', full: '53100' };
type Kind = 'good' | 'refused' | 'defect';
interface Entry {
  n: number;
  kind: Kind;
}

const failing = (failure: keyof typeof CODES): Error =>
  new Error('Failed query', { cause: Object.assign(new Error(failure), { code: CODES[failure] }) });

/** A store that takes a batch whole or not at all, and goes away (or is full) at some call. */
function aStore(goesAtCall: number, as: 'away' | 'full') {
  const written: Entry[] = [];
  const store = { written, calls: 0, isGone: false };
  return Object.assign(store, {
    async write(entries: readonly Entry[]): Promise<void> {
      store.calls += 1;
      if (store.calls === goesAtCall) store.isGone = true;
      if (store.isGone) throw failing(as);
      const bad = entries.find(({ kind }) => kind !== 'good');
      if (bad) throw failing(bad.kind as 'refused' | 'defect');
      written.push(...entries);
    },
  });
}

const batch = fc
  .array(fc.constantFrom<Kind>('good', 'good', 'good', 'refused', 'defect'), { minLength: 1, maxLength: 40 })
  .map((kinds) => kinds.map((kind, n): Entry => ({ n, kind })));
const numbers = (entries: readonly Entry[]): number[] => entries.map(({ n }) => n);

describe('writing a batch apart', () => {
  it('gives each entry one fate, in order, sets no good one aside, and writes no bad one', async () => {
    await fc.assert(
      fc.asyncProperty(batch, fc.nat({ max: 60 }), fc.constantFrom('away' as const, 'full' as const), async (entries, goesAtCall, as) => {
        const store = aStore(goesAtCall, as);
        const pass = await writeApart(entries, (part) => store.write(part));
        const setAside = pass.setAside.map(({ entry }) => entry);
        expect([...pass.written, ...setAside, ...pass.left].sort((a, b) => a.n - b.n)).toEqual(entries);
        expect(store.written).toEqual(pass.written);
        for (const list of [pass.written, setAside, pass.left]) expect(numbers(list)).toEqual(numbers(list).toSorted((a, b) => a - b));
        expect(pass.written.every(({ kind }) => kind === 'good')).toBe(true);
        expect(setAside.every(({ kind }) => kind !== 'good')).toBe(true);
        expect(pass.setAside.every(({ entry, failure }) => entry.kind === failure)).toBe(true);
        if (store.isGone) expect(pass.stopped?.failure).toBe(as);
        else if (pass.stopped) {
          // Nobody got through: whose defect it is can't be known.
          expect(pass.stopped.failure).toBe('defect');
          expect(pass.written).toEqual([]);
          expect(pass.left.every(({ kind }) => kind === 'defect')).toBe(true);
        } else expect(pass.left).toEqual([]);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('comes to an end however often the store goes, with every good entry written once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(batch, fc.array(fc.nat({ max: 8 }), { maxLength: 5 }), async (entries, goes) => {
        const written: Entry[] = [];
        let left: Entry[] = [{ n: -1, kind: 'good' }, ...entries];
        for (const goesAtCall of [...goes, 0]) {
          const store = aStore(goesAtCall, 'away');
          // What comes later shows that a defect is an entry's own.
          ({ left } = await writeApart([...left, { n: entries.length + written.length, kind: 'good' }], (part) => store.write(part)));
          written.push(...store.written);
        }
        const good = numbers(entries.filter(({ kind }) => kind === 'good'));
        expect(numbers(written).filter((n) => good.includes(n) && n < entries.length)).toEqual(good);
        expect(left).toEqual([]);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('finds one bad entry among n in about 2 log2(n) writes', async () => {
    for (const at of [0, 1, 250, 499]) {
      const entries = Array.from({ length: 500 }, (_, n): Entry => ({ n, kind: n === at ? 'refused' : 'good' }));
      const store = aStore(0, 'away');
      const pass = await writeApart(entries, (part) => store.write(part));
      expect(numbers(pass.setAside.map(({ entry }) => entry))).toEqual([at]);
      expect(pass.written).toHaveLength(499);
      expect(store.calls).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(500)));
    }
  });
});
