import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairTurns } from '../../../controller/accounts/fair-turns.ts';

const LIMITS = { mostAtOnce: 1, mostWaitingOfPlace: 3, mostWaiting: 8, mostKnownWaiting: 4 };

/** Lets everybody come who is in the list, then serves one after another. Returns who was served, in order, and who was sent away. */
async function serve(guests: readonly (string | undefined)[]): Promise<{ served: number[]; sentAway: number[] }> {
  const turns = new FairTurns(LIMITS);
  const served: number[] = [];
  const sentAway: number[] = [];
  const opened = Promise.withResolvers<void>();
  const first = turns.take('somebody', () => opened.promise, Error);
  const all = guests.map((place, index) =>
    turns
      .take(
        place,
        async () => {
          served.push(index);
        },
        Error,
      )
      .catch(() => sentAway.push(index)),
  );
  opened.resolve();
  await Promise.all([first, ...all]);
  return { served, sentAway };
}

describe('turns at the passwords', () => {
  const guest = fc.option(
    fc.integer({ min: 0, max: 6 }).map((place) => `p${place}`),
    { nil: undefined },
  );

  it('everybody is served or sent away, once; the known first; and a place that waits for its first turn waits for one of each other place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(guest, { maxLength: 60 }), async (guests) => {
        const { served, sentAway } = await serve(guests);
        expect([...served, ...sentAway].sort((a, b) => a - b)).toEqual(guests.map((_, index) => index));
        const known = guests.filter((place) => place === undefined).length;
        expect(served.filter((index) => guests[index] === undefined)).toHaveLength(Math.min(known, LIMITS.mostKnownWaiting));
        const places = served.map((index) => guests[index]);
        expect(places.lastIndexOf(undefined)).toBeLessThan(Math.min(known, LIMITS.mostKnownWaiting));
        const strangers = places.filter((place) => place !== undefined);
        expect(strangers.length).toBeLessThanOrEqual(LIMITS.mostWaiting);
        // Whoever came and is one of at most eight places gets a turn, however many came before from elsewhere.
        for (const place of new Set(guests)) if (place !== undefined) expect(strangers).toContain(place);
        const firsts = [...new Set(strangers)].map((place) => strangers.indexOf(place));
        expect(Math.max(-1, ...firsts)).toBeLessThan(new Set(strangers).size);
      }),
    );
  });

  it('goes on after a task that fails', async () => {
    const turns = new FairTurns(LIMITS);
    const failing = turns.take('p', () => Promise.reject(new Error('no')), Error);
    const next = turns.take('p', () => Promise.resolve('yes'), Error);
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await turns.take('p', () => Promise.resolve('again'), Error)).toBe('again');
  });
});
