import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LastLines } from '../../../controller/processes/last-lines.ts';

it('keeps the same last lines however the text is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-zà-ỹ ]{0,30}$/)),
      fc.array(fc.nat(400)),
      fc.integer({ min: 1, max: 10 }),
      (texts, cuts, limit) => {
        const text = texts.map((line) => `${line}\n`).join('');
        const lines = new LastLines(limit);
        let from = 0;
        for (const to of [...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length]) {
          lines.add(text.slice(from, to));
          from = to;
        }
        const expected = texts.map((line) => line.trimEnd()).filter((line) => line !== '');
        expect(lines.all()).toEqual(expected.slice(-limit));
      },
    ),
  );
});

it('is bounded for a program that never ends its line', () => {
  const lines = new LastLines(3);
  for (let chunk = 0; chunk < 1000; chunk += 1) lines.add('x'.repeat(1000));
  expect(lines.all().join('').length).toBeLessThanOrEqual(500);
});
