import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createOggOpusMuxer,
  createOggOpusWriter,
  memorySource,
  OggError,
  type OggOpusFile,
  type OpusPacket,
  readOggOpus,
  readOggOpusSource,
} from '../../../controller/media/index.ts';

const HEAD = { channels: 1, preSkipSamples: 312, inputSampleRateHz: 48_000, outputGainDb: 0 };
/** Hybrid, full band, 20 ms, mono, code 0. */
const TOC_20MS = 0x78;

/** Packets of 20 ms whose bytes say which they are. */
function numbered(count: number, sizeBytes = (index: number) => 20 + ((index * 37) % 90)): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const packet = new Uint8Array(sizeBytes(index)).fill(index & 255);
    packet[0] = TOC_20MS;
    return packet;
  });
}

function mux(packets: readonly Uint8Array[], trimEndSamples = 0): Uint8Array {
  const muxer = createOggOpusMuxer({ serial: 7, head: HEAD, comments: ['TITLE=Bản tin'] });
  return Buffer.concat([...muxer.headers(), ...packets.flatMap((packet) => muxer.push(packet)), ...muxer.end(trimEndSamples)]);
}

async function collect(file: OggOpusFile, fromSamples?: number): Promise<OpusPacket[]> {
  const packets: OpusPacket[] = [];
  for await (const packet of file.packets(fromSamples)) packets.push(packet);
  return packets;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('write and read again', () => {
  test('gives the same packets, times and duration, whatever their sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(254, 255, 256, 509, 510, 511, 1276)), {
          minLength: 1,
          maxLength: 400,
        }),
        async (sizes) => {
          const packets = numbered(sizes.length, (index) => sizes[index] as number);
          const file = await readOggOpusSource(memorySource(mux(packets)));
          const read = await collect(file);
          expect(read.map((packet) => hex(packet.data))).toEqual(packets.map(hex));
          expect(read.map((packet) => packet.startSamples)).toEqual(packets.map((_, index) => index * 960));
          expect(file.totalSamples).toBe(packets.length * 960);
          expect(file.durationSamples).toBe(Math.max(0, packets.length * 960 - 312));
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });

  test('reading from any sample begins with the packet that holds it', async () => {
    const file = await readOggOpusSource(memorySource(mux(numbered(500))));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 500 * 960 - 1 }), async (samples) => {
        const first = (await file.packets(samples).next()).value as OpusPacket;
        expect(first.index).toBe(Math.floor(samples / 960));
        expect(first.data[1]).toBe(first.index & 255);
      }),
      { seed: 12, numRuns: 200 },
    );
    expect(await collect(file, 500 * 960)).toEqual([]);
  });

  test('the last granule position trims the end', async () => {
    const file = await readOggOpusSource(memorySource(mux(numbered(100), 500)));
    expect(file.totalSamples).toBe(96_000);
    expect(file.durationSamples).toBe(96_000 - 500 - 312);
  });
});

describe('files on disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loa-xa-ogg-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('the writer makes a file that the reader accepts, and refuses to overwrite', async () => {
    const path = join(folder, 'aired.opus');
    const writer = await createOggOpusWriter(path, { serial: 1, head: HEAD });
    const packets = numbered(120);
    for (const packet of packets) await writer.write(packet);
    await writer.close();
    await writer.close();
    const file = await readOggOpus(path);
    expect((await collect(file)).length).toBe(120);
    expect(file.cut).toBe(false);
    await file.close();
    await expect(createOggOpusWriter(path, { serial: 1, head: HEAD })).rejects.toThrow('EEXIST');
  });

  test('a file that a crash cut short is refused, but can be recovered up to the last whole page', async () => {
    const path = join(folder, 'cut.opus');
    await writeFile(path, mux(numbered(500)));
    const sizeBytes = (await readFile(path)).length;
    await truncate(path, sizeBytes - 700);
    await expect(readOggOpus(path)).rejects.toThrow(OggError);
    const file = await readOggOpus(path, { recover: true });
    expect(file.cut).toBe(true);
    expect(file.packetCount).toBeGreaterThan(300);
    expect((await collect(file)).length).toBe(file.packetCount);
    await file.close();
  });
});

describe('hostile input', () => {
  const good = mux(numbered(400));

  test('says what is wrong', async () => {
    const open = (bytes: Uint8Array) => readOggOpusSource(memorySource(bytes));
    await expect(open(new Uint8Array(0))).rejects.toMatchObject({ reason: 'not_ogg' });
    await expect(open(Buffer.from('<html>not sound</html>'.repeat(10)))).rejects.toMatchObject({ reason: 'not_ogg' });
    await expect(open(good.slice(0, 300))).rejects.toMatchObject({ reason: 'truncated' });
    await expect(open(Buffer.concat([good, good]))).rejects.toMatchObject({ reason: 'unsupported' });
    const flipped = good.slice();
    flipped[5000] = (flipped[5000] as number) ^ 1;
    await expect(open(flipped)).rejects.toMatchObject({ reason: 'corrupt' });
    await expect(readOggOpusSource(memorySource(good), { maxFileBytes: 1000 })).rejects.toMatchObject({ reason: 'too_large' });
  });

  test('mutated files never crash, hang or yield more than they hold', async () => {
    const mutation = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat(good.length - 1), value: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(good.length - 1), value: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(good.length - 1), value: fc.integer({ min: 1, max: 5000 }) }),
      fc.record({ kind: fc.constant('header' as const), at: fc.integer({ min: 0, max: 120 }), value: fc.integer({ min: 0, max: 255 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        async (mutations, recover, fixCrc) => {
          let bytes = Buffer.from(good);
          for (const { kind, at, value } of mutations) {
            if (kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + value)]);
            else if (kind === 'repeat') bytes = Buffer.concat([bytes.subarray(0, at + value), bytes.subarray(at)]);
            else if (at < bytes.length) bytes[at] = kind === 'flip' ? (bytes[at] as number) ^ value : value;
          }
          if (fixCrc) repairChecksums(bytes);
          try {
            const file = await readOggOpusSource(memorySource(bytes), { recover });
            const packets = await collect(file);
            expect(packets.length).toBe(file.packetCount);
            expect(packets.reduce((sum, packet) => sum + packet.data.length, 0)).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(OggError);
          }
        },
      ),
      { seed: 13, numRuns: 1500 },
    );
  });

  test('random bytes behind a page signature are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (tail) => {
        const bytes = Buffer.concat([Buffer.from('OggS\0'), tail]);
        repairChecksums(bytes);
        await expect(readOggOpusSource(memorySource(bytes))).rejects.toThrow(OggError);
      }),
      { seed: 14, numRuns: 500 },
    );
  });
});

/** Makes mutated pages pass the checksum, so that what lies behind it is tested too. */
function repairChecksums(bytes: Buffer): void {
  for (let at = bytes.indexOf('OggS'); at >= 0; at = bytes.indexOf('OggS', at + 4)) {
    const segments = bytes[at + 26];
    if (segments === undefined) return;
    const lacing = bytes.subarray(at + 27, at + 27 + segments);
    const end = at + 27 + segments + lacing.reduce((sum, value) => sum + value, 0);
    if (end > bytes.length) return;
    bytes.writeUInt32LE(referenceCrc(bytes.subarray(at, end)), at + 22);
  }
}

/** Bit by bit from RFC 3533, independent of the table in the reader. */
function referenceCrc(page: Uint8Array): number {
  let crc = 0;
  page.forEach((byte, index) => {
    crc ^= (index >= 22 && index < 26 ? 0 : byte) << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  });
  return crc >>> 0;
}
