import { pino } from 'pino';
import { expect, test } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { WriteBehind } from '../../../controller/store/index.ts';

/** A store that refuses certain entries for their data, or everything. */
function writing(refuses: (entry: string) => boolean) {
  const written: string[] = [];
  const refused: string[] = [];
  const kept: unknown[] = [];
  const store = { calls: 0, awayAtCall: 0 };
  const journal = new WriteBehind<string>({
    name: 'entries',
    flushPeriodMs: 1000,
    longestQueue: 100,
    clock: new TestClock(),
    logger: pino({ level: 'silent' }),
    quarantine: { keep: ({ value }) => kept.push(value), start: async () => undefined, close: async () => undefined },
    async write(entries) {
      store.calls += 1;
      if (store.calls === store.awayAtCall) throw Object.assign(new Error('gone'), { code: '57P01' });
      // As drizzle wraps what node-postgres throws.
      const cause = Object.assign(new Error('unsupported Unicode escape sequence'), { code: '22P05' });
      if (entries.some(refuses)) throw new Error('Failed query', { cause });
      written.push(...entries);
    },
    onGivenUp() {},
    onRefused: (entry) => refused.push(entry),
  });
  return { journal, written, refused, kept, store };
}

test('an entry that the store refuses for its data is set aside, alone, and the others are written in order', async () => {
  const { journal, written, refused, kept } = writing((entry) => entry.startsWith('bad'));
  for (const entry of ['a', 'bad 1', 'b', 'bad 2', 'c']) journal.record(entry);
  await journal.flush();
  expect(written).toEqual(['a', 'b', 'c']);
  expect(refused).toEqual(['bad 1', 'bad 2']);
  expect(kept).toEqual(refused);
  journal.record('d');
  await journal.flush();
  expect(written).toEqual(['a', 'b', 'c', 'd']);
});

test('a store that goes away in the midst of it costs nothing and doubles nothing', async () => {
  const { journal, written, refused, store } = writing((entry) => entry === 'bad');
  for (const entry of ['a', 'bad', 'b', 'c']) journal.record(entry);
  // All together, a, bad, b.
  store.awayAtCall = 4;
  await journal.flush();
  expect(written).toEqual(['a']);
  await journal.flush();
  expect(written).toEqual(['a', 'b', 'c']);
  expect(refused).toEqual(['bad']);
});
