import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseByteRange } from '../../../controller/programmes/byte-range.ts';
import { presentableName } from '../../../controller/programmes/uploads.ts';

describe('byte ranges', () => {
  test.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-99', { kind: 'part', start: 0, end: 99 }],
    ['bytes=900-', { kind: 'part', start: 900, end: 999 }],
    ['bytes=-100', { kind: 'part', start: 900, end: 999 }],
    ['bytes=-5000', { kind: 'part', start: 0, end: 999 }],
    ['bytes=1000-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=0-1,5-6', { kind: 'whole' }],
    ['lines=1-2', { kind: 'whole' }],
  ])('%s of 1000 bytes', (header, expected) => {
    expect(parseByteRange(header, 1000)).toEqual(expected);
  });

  test('never reaches outside the file', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'bytes=-0123456789,') }), fc.nat({ max: 1e6 }), (tail, size) => {
        const range = parseByteRange(`bytes=${tail}`, size);
        if (range.kind !== 'part') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
      { seed: 41, numRuns: 1000 },
    );
  });
});

describe('a file name from a stranger', () => {
  test('is shown without folders, control and direction characters', () => {
    expect(presentableName('../../etc/passwd')).toBe('passwd');
    expect(presentableName('C:\\Users\\lan\\bản tin.mp3')).toBe('bản tin.mp3');
    expect(presentableName('a\u202egpj.exe\u0000\n')).toBe('agpj.exe');
    expect(presentableName('  ')).toBeNull();
    expect(presentableName(undefined)).toBeNull();
  });
});
