import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOf, readLines } from '../../../controller/store/journal-lines.ts';

const entries = fc.array(fc.record({ id: fc.uuid(), kind: fc.string(), value: fc.jsonValue({ noUnicodeString: false }) }), {
  maxLength: 12,
});
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('lines of the local journal', () => {
  it('give back what was written, whatever it was', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const content = Buffer.from(written.map(lineOf).join(''));
        expect(readLines(content)).toEqual({
          entries: plain(written),
          wholeBytes: content.length,
          writtenBytes: content.length,
          damagedLines: 0,
        });
      }),
      { seed: 7 },
    );
  });

  it('give back all whole lines, wherever the last one was cut off', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (written, cut) => {
        const lines = written.map((entry) => Buffer.from(lineOf(entry)));
        const content = Buffer.concat(lines);
        const lengthBytes = content.length === 0 ? 0 : cut % content.length;
        const read = readLines(content.subarray(0, lengthBytes));
        let whole = 0;
        let endBytes = 0;
        while (whole < lines.length && endBytes + (lines[whole]?.length ?? 0) <= lengthBytes) endBytes += lines[whole++]?.length ?? 0;
        expect(read).toEqual({ entries: plain(written.slice(0, whole)), wholeBytes: endBytes, writtenBytes: lengthBytes, damagedLines: 0 });
      }),
      { seed: 7 },
    );
  });

  it('end where the reserve of zeros begins', () => {
    fc.assert(
      fc.property(entries, fc.nat({ max: 5000 }), (written, reserveBytes) => {
        const content = Buffer.from(written.map(lineOf).join(''));
        expect(readLines(Buffer.concat([content, Buffer.alloc(reserveBytes)]))).toEqual(readLines(content));
      }),
      { seed: 7 },
    );
  });

  it('never take a damaged line for an entry, nor lose another to it', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, where, flip) => {
        fc.pre(written.length > 0);
        const lines = written.map((entry) => Buffer.from(lineOf(entry)));
        const content = Buffer.concat(lines);
        // A newline that comes or goes makes two damaged lines of one, or one of two.
        const at = where % content.length;
        fc.pre(content[at] !== 0x0a && ((content[at] ?? 0) ^ flip) !== 0x0a);
        content[at] = (content[at] ?? 0) ^ flip;
        let hit = 0;
        for (let endBytes = lines[0]?.length ?? 0; endBytes <= at; endBytes += lines[hit]?.length ?? 0) hit++;
        const read = readLines(content);
        expect(read.damagedLines).toBe(1);
        expect(read.entries).toEqual(plain(written.filter((_, index) => index !== hit)));
      }),
      { seed: 7 },
    );
  });
});
