import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JitterBuffer, type MediaPacket } from '../../../speaker-firmware-sim/speaker/jitter-buffer.ts';

const BASE_MS = 1_790_000_000_000;
const FRAME = 960;
/** 20 ms CELT: TOC 0xf8 (configuration 31, mono, one frame). */
const sound = (bytes = 40): Buffer => Buffer.concat([Buffer.from([0xf8]), Buffer.alloc(bytes, 1)]);
const packet = (index: number, over: Partial<MediaPacket> = {}): MediaPacket => ({
  index,
  timestamp: (4_294_967_000 + index * FRAME) >>> 0,
  captureAtMs: BASE_MS + index * 20,
  payload: sound(),
  arrivalMs: BASE_MS + index * 20,
  marker: false,
  ...over,
});
const ANY_TIME = Number.POSITIVE_INFINITY;

describe('JitterBuffer', () => {
  it('gives the same packets in order of their positions, whatever the order of arrival and however often each arrives', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 60 })
          .chain((count) =>
            fc.tuple(
              fc.constant(count),
              fc.shuffledSubarray([...Array(count).keys(), ...Array(count).keys()], { minLength: 2 * count, maxLength: 2 * count }),
            ),
          ),
        ([count, order]) => {
          const buffer = new JitterBuffer();
          // The first arrival fixes position 0; all others lie relative to it.
          const results = order.map((index) => buffer.insert(packet(index)));
          expect(results.filter((result) => result === 'queued')).toHaveLength(count);
          expect(results.filter((result) => result === 'duplicate')).toHaveLength(count);
          const positions: number[] = [];
          let at = buffer.first?.position ?? 0;
          for (let step = 0; step < count; step++) {
            const next = buffer.at(at);
            expect(next?.index).toBe(step);
            positions.push(next?.position ?? Number.NaN);
            at = (next?.position ?? 0) + FRAME;
            buffer.advance(at);
          }
          for (let step = 1; step < count; step++) expect((positions[step] ?? 0) - (positions[step - 1] ?? 0)).toBe(FRAME);
          expect(buffer.length).toBe(0);
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });

  it('covers every position by a packet, a repair or concealment, and never calls a gap without loss a loss', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 3, maxLength: 60 }), (arrives) => {
        const buffer = new JitterBuffer();
        buffer.insert(packet(0));
        arrives.forEach((arrived, index) => {
          if (arrived) buffer.insert(packet(index + 1));
        });
        const last = arrives.lastIndexOf(true) + 1;
        let lostRun = 0;
        for (let index = 0; index <= last; index++) {
          const received = index === 0 || arrives[index - 1] === true;
          lostRun = received ? 0 : lostRun + 1;
          const coverage = buffer.coverage(index * FRAME, 480, ANY_TIME);
          if (received) expect(coverage).toBe('packet');
          else expect(coverage).toBe((lostRun - 1) * 20 < 200 ? 'conceal' : 'missing');
          buffer.advance(index * FRAME + 480);
        }
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('loses no sound to a pilot, wherever and whenever it comes in what was sent ahead', () => {
    const pilotAt = fc.record({ atMs: fc.integer({ min: 0, max: 1400 }), afterPackets: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(pilotAt, fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }), ({ atMs, afterPackets }, repaired) => {
        const buffer = new JitterBuffer({ patient: true });
        const long = (number: number): MediaPacket =>
          packet(number < afterPackets ? number : number + 1, {
            timestamp: (4_294_967_000 + number * 6 * FRAME) >>> 0,
            captureAtMs: BASE_MS + number * 120,
            payload: Buffer.concat([Buffer.from([0xfb, 6]), Buffer.alloc(60, 1)]),
            marker: number === 0,
          });
        const numbers = [...Array(12).keys()];
        const pilot = packet(afterPackets, {
          timestamp: (4_294_967_000 + atMs * 48) >>> 0,
          captureAtMs: BASE_MS + atMs,
          payload: Buffer.from([0xf8]),
        });
        for (const number of numbers.filter((number) => number < afterPackets && number !== repaired)) buffer.insert(long(number));
        expect(buffer.insert(pilot)).toBe('silent');
        for (const number of numbers.filter((number) => number >= afterPackets && number !== repaired)) buffer.insert(long(number));
        if (repaired !== undefined) buffer.insert(long(repaired));
        for (let position = 0; position < 12 * 6 * FRAME; position += 480) {
          expect(buffer.coverage(position, 480, ANY_TIME)).toBe('packet');
          buffer.advance(position + 480);
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('hears no loss in the pause after a programme in which a pilot came', () => {
    const buffer = new JitterBuffer({ patient: true });
    buffer.insert(packet(0));
    buffer.insert(packet(1));
    buffer.insert(packet(2, { captureAtMs: BASE_MS + 10, timestamp: (4_294_967_000 + 480) >>> 0, payload: Buffer.from([0xf8]) }));
    buffer.insert(packet(53, { index: 3 }));
    expect(buffer.coverage(2 * FRAME, 480, ANY_TIME)).toBe('nothing');
    expect(buffer.coverage(53 * FRAME, 480, ANY_TIME)).toBe('packet');
  });

  it('tells a programme pause from loss by sequence numbers', () => {
    const buffer = new JitterBuffer();
    buffer.insert(packet(0));
    buffer.insert(packet(1, { captureAtMs: BASE_MS + 3000, timestamp: 77 }));
    buffer.advance(FRAME);
    expect(buffer.coverage(FRAME + 480, 480, ANY_TIME)).toBe('nothing');
    expect(buffer.coverage(3000 * 48, 480, ANY_TIME)).toBe('packet');
  });

  it('conceals a dry buffer for 200 ms, and not at all when the end was announced', () => {
    const buffer = new JitterBuffer();
    buffer.insert(packet(0));
    buffer.advance(FRAME);
    expect(buffer.coverage(FRAME, 480, ANY_TIME)).toBe('dry');
    expect(buffer.coverage(FRAME + 199 * 48, 480, ANY_TIME)).toBe('dry');
    expect(buffer.coverage(FRAME + 200 * 48, 480, ANY_TIME)).toBe('nothing');
    buffer.end();
    expect(buffer.coverage(FRAME, 480, ANY_TIME)).toBe('nothing');
    buffer.insert(packet(1));
    buffer.advance(2 * FRAME);
    expect(buffer.coverage(2 * FRAME, 480, ANY_TIME)).toBe('nothing');
    buffer.insert(packet(60, { marker: true }));
    buffer.advance(61 * FRAME);
    expect(buffer.coverage(61 * FRAME, 480, ANY_TIME)).toBe('dry');
  });

  it('does not use a packet that came after its block had to be ready', () => {
    const buffer = new JitterBuffer();
    buffer.insert(packet(0, { arrivalMs: 5 }));
    expect(buffer.coverage(0, 480, 4)).toBe('nothing');
    expect(buffer.coverage(0, 480, 5)).toBe('packet');
  });

  it('counts what comes after its instant as late', () => {
    const buffer = new JitterBuffer();
    buffer.insert(packet(0));
    buffer.advance(10 * FRAME);
    expect(buffer.insert(packet(3))).toBe('late');
    expect(buffer.insert(packet(10))).toBe('queued');
  });

  it('keeps a pilot from ever looking like sound or like loss', () => {
    const buffer = new JitterBuffer();
    const pilot = Buffer.from([0xf8]);
    for (let index = 0; index < 500; index++) {
      expect(buffer.insert(packet(index, { payload: pilot, captureAtMs: BASE_MS + index * 10_000, timestamp: index * 480_000 }))).toBe(
        'silent',
      );
    }
    expect(buffer.length).toBeLessThan(3);
    expect(buffer.coverage(499 * 480_000, 480, ANY_TIME)).toBe('nothing');
  });

  it('puts a source that starts again over what it had queued', () => {
    const buffer = new JitterBuffer();
    for (let index = 0; index < 50; index++) buffer.insert(packet(index));
    buffer.insert(packet(50, { captureAtMs: BASE_MS + 200, timestamp: 12_345, marker: true }));
    expect(buffer.at(10 * FRAME)?.index).toBe(50);
    expect(buffer.at(9 * FRAME)?.index).toBe(9);
    expect(buffer.at(11 * FRAME)).toBeUndefined();
  });

  it('keeps memory bounded under any input and refuses what is no Opus', () => {
    const buffer = new JitterBuffer();
    fc.assert(
      fc.property(
        fc.record({
          index: fc.nat(1_000_000),
          timestamp: fc.nat(0xffffffff),
          captureAtMs: fc.option(fc.double({ min: 0, max: 4e12, noNaN: true }), { nil: undefined }),
          payload: fc.uint8Array({ maxLength: 20 }),
          marker: fc.boolean(),
        }),
        (input) => {
          buffer.insert({ ...input, payload: Buffer.from(input.payload), arrivalMs: 0 });
          expect(buffer.length).toBeLessThanOrEqual(3000);
        },
      ),
      { numRuns: 5000, seed: 3 },
    );
    expect(new JitterBuffer().insert(packet(0, { payload: Buffer.alloc(0) }))).toBe('malformed');
    expect(new JitterBuffer().insert(packet(0, { payload: Buffer.from([0xfb, 0x3f, 1]) }))).toBe('malformed');
    expect(new JitterBuffer().insert(packet(0, { captureAtMs: undefined }))).toBe('unplaced');
  });
});
