import fc from 'fast-check';
import { createDecoder, createEncoder, getPacketInfo } from 'libopus-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  canMerge,
  hasInbandFec,
  isDtxPacket,
  mergePackets,
  OpusPacketError,
  packetDurationSamples,
  parsePacket,
  parseToc,
  splitPacket,
} from '../../../controller/media/index.ts';
import { speechLike } from '../../support/signals.ts';

const FRAME_SAMPLES = 960;
let voice: Uint8Array[];

beforeAll(async () => {
  const encoder = await createEncoder({
    channels: 1,
    application: 2048,
    bitrate: 32_000,
    fec: true,
    packetLossPercent: 5,
    frameSize: FRAME_SAMPLES,
  });
  const pcm = speechLike(48_000 * 2, 7);
  voice = [];
  for (let at = 0; at + FRAME_SAMPLES <= pcm.length; at += FRAME_SAMPLES)
    voice.push(encoder.encodeFloat(pcm.subarray(at, at + FRAME_SAMPLES)).slice());
  encoder.free();
});

describe('table of contents', () => {
  test('agrees with libopus for every configuration', async () => {
    for (let config = 0; config < 32; config++) {
      for (const stereo of [0, 4]) {
        const packet = Uint8Array.of((config << 3) | stereo, 1, 2, 3);
        const info = await getPacketInfo(packet, { sampleRate: 48_000 });
        const toc = parseToc(packet[0] as number);
        expect(toc.frameSamples).toBe(info.samplesPerFrame);
        expect(toc.stereo).toBe(info.channels === 2);
        expect(packetDurationSamples(packet)).toBe(info.samples);
      }
    }
  });
});

/** Frames as bytes; sizes around the places where the length coding changes. */
const frame = fc.oneof(
  fc.uint8Array({ minLength: 0, maxLength: 20 }),
  fc.integer({ min: 240, max: 270 }).map((n) => new Uint8Array(n).fill(n & 255)),
  fc.integer({ min: 1260, max: 1275 }).map((n) => new Uint8Array(n).fill(n & 255)),
);

describe('repacketizer', () => {
  test('split(merge(x)) is x for packets of one configuration', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 31 }),
        fc.boolean(),
        fc.array(frame, { minLength: 1, maxLength: 48 }),
        (config, stereo, frames) => {
          const toc = (config << 3) | (stereo ? 4 : 0);
          const packets = frames.map((bytes) => Uint8Array.of(toc, ...bytes));
          const fits = frames.length * parseToc(toc).frameSamples <= 5760;
          expect(canMerge(packets)).toBe(fits);
          if (!fits) {
            expect(() => mergePackets(packets)).toThrow(OpusPacketError);
            return;
          }
          const merged = mergePackets(packets);
          expect(packetDurationSamples(merged)).toBe(frames.length * parseToc(toc).frameSamples);
          expect(splitPacket(merged).map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
            packets.map((bytes) => Buffer.from(bytes).toString('hex')),
          );
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  test('refuses to mix configurations', () => {
    expect(canMerge([Uint8Array.of(0x78, 1), Uint8Array.of(0x70, 1)])).toBe(false);
    expect(() => mergePackets([])).toThrow(OpusPacketError);
  });

  test('merged packets decode to exactly the same samples as separate ones', async () => {
    const runs: Uint8Array[][] = [];
    for (const packet of voice) {
      const run = runs.at(-1);
      if (run && canMerge([...run, packet]) && run.length < 6) run.push(packet);
      else runs.push([packet]);
    }
    expect(Math.max(...runs.map((run) => run.length))).toBe(6);
    const separate = await createDecoder({ channels: 1, maxFrameSize: 5760 });
    const merged = await createDecoder({ channels: 1, maxFrameSize: 5760 });
    for (const run of runs) {
      const expected = run.flatMap((packet) => Array.from(separate.decodeFloat(packet)));
      expect(Array.from(merged.decodeFloat(mergePackets(run)))).toEqual(expected);
    }
    separate.free();
    merged.free();
  });
});

describe('packet layout', () => {
  test('accepts and refuses exactly what libopus does, on random bytes', async () => {
    const decoder = await createDecoder({ channels: 1, maxFrameSize: 5760 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 80 }), async (packet) => {
        const ours = (() => {
          try {
            return parsePacket(packet).durationSamples;
          } catch (error) {
            expect(error).toBeInstanceOf(OpusPacketError);
            return 'malformed';
          }
        })();
        let theirs: number | string;
        try {
          theirs = decoder.decodeFloat(packet).length;
        } catch {
          theirs = 'malformed';
        }
        expect(ours).toBe(theirs);
      }),
      { seed: 2, numRuns: 2000 },
    );
    decoder.free();
  });

  test('frames lie inside the packet and account for all of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (packet) => {
        let layout: ReturnType<typeof parsePacket>;
        try {
          layout = parsePacket(packet);
        } catch (error) {
          expect(error).toBeInstanceOf(OpusPacketError);
          return;
        }
        const framesBytes = layout.frames.reduce((sum, bytes) => sum + bytes.length, 0);
        expect(framesBytes + layout.paddingBytes).toBeLessThan(packet.length + 1);
        expect(layout.durationSamples).toBeLessThanOrEqual(5760);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('DTX and FEC', () => {
  test('an encoder in DTX sends packets that count as DTX, and voice does not', async () => {
    const encoder = await createEncoder({ channels: 1, application: 2048, bitrate: 24_000, dtx: true, frameSize: FRAME_SAMPLES });
    const silence = new Float32Array(FRAME_SAMPLES);
    const packets = Array.from({ length: 60 }, () => encoder.encodeFloat(silence).slice());
    encoder.free();
    expect(packets.filter(isDtxPacket).length).toBeGreaterThan(20);
    expect(voice.filter(isDtxPacket).length).toBe(0);
    expect(isDtxPacket(new Uint8Array(0))).toBe(false);
  });

  test('the flag is set when the encoder adds FEC and never when it does not', async () => {
    expect(voice.filter(hasInbandFec).length).toBeGreaterThan(voice.length / 2);
    const encoder = await createEncoder({ channels: 1, application: 2048, bitrate: 32_000, fec: false, frameSize: FRAME_SAMPLES });
    const pcm = speechLike(48_000, 7);
    for (let at = 0; at + FRAME_SAMPLES <= pcm.length; at += FRAME_SAMPLES) {
      expect(hasInbandFec(encoder.encodeFloat(pcm.subarray(at, at + FRAME_SAMPLES)))).toBe(false);
    }
    encoder.free();
  });
});
