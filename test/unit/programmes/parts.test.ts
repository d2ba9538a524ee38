import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseByteRange } from '../../../controller/programmes/byte-range.ts';
import { createUploads, presentableName } from '../../../controller/programmes/uploads.ts';
import { bulletinListQuery } from '../../../controller/protocol/programmes.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

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

describe('an upload', () => {
  test('is refused in words when it would not leave enough of the disk to the air', async () => {
    const dataDir = makeScratchFolder('uploads');
    const full = createUploads({ dataDir, maxFileBytes: 1e9, reserveBytes: 1e18 });
    await full.start();
    const id = '11111111-1111-4111-8111-111111111111';
    const refusal = full.receive(id, { stream: Readable.from([Buffer.alloc(10)]), sizeBytes: 10 });
    await expect(refusal).rejects.toMatchObject({
      code: 'bulletin.no_room',
      status: 507,
      words: { vi: expect.stringContaining('còn trống') },
    });
    expect(await readdir(`${dataDir}/uploads`)).toEqual([]);
    // Of an emergency it is taken down to what emergencies themselves need.
    const emergency = full.receive(id, { stream: Readable.from([Buffer.alloc(10)]), sizeBytes: 10 }, { isEmergency: true });
    expect(await emergency).toBe(`uploads/${id}.upload`);
    await full.remove(`uploads/${id}.upload`);
    const roomy = createUploads({ dataDir, maxFileBytes: 1e9, reserveBytes: 1 });
    expect(await roomy.receive(id, { stream: Readable.from([Buffer.alloc(10)]), sizeBytes: 10 })).toBe(`uploads/${id}.upload`);
  });
});

test('a page of the library goes on where another ended, and nowhere else', () => {
  const id = '0f0f6d3c-5b8b-4a55-9d07-6a3a2f4a8c11';
  const isCursor = (before: string): boolean => bulletinListQuery.safeParse({ before }).success;
  expect(isCursor(`1764000000000_${id}`)).toBe(true);
  expect(['nonsense', `99999999999999_${id}`, `-1_${id}`, `1764000000000_${'-'.repeat(36)}`].filter(isCursor)).toEqual([]);
});
