import fc from 'fast-check';
import { Application, createEncoder } from 'libopus-wasm';
import { describe, expect, it } from 'vitest';
import { readOpusPacket } from '../../../speaker-firmware-sim/speaker/opus-packet.ts';
import { readSenderReports, writeGenericNack, writeReceiverReport } from '../../../speaker-firmware-sim/speaker/rtcp.ts';
import {
  findExtension,
  readCaptureAtMs,
  readRtpHeader,
  rtpHeaderLength,
  writeRtpPacket,
} from '../../../speaker-firmware-sim/speaker/rtp.ts';

describe('RTP', () => {
  it('reads back what it wrote, capture time to a microsecond', () => {
    fc.assert(
      fc.property(
        fc.record({
          marker: fc.boolean(),
          payloadType: fc.integer({ min: 96, max: 127 }),
          sequence: fc.nat(65_535),
          timestamp: fc.nat(0xffffffff),
          ssrc: fc.nat(0xffffffff),
        }),
        fc.double({ min: 1.6e12, max: 2.6e12, noNaN: true }),
        (header, captureAtMs) => {
          const packet = writeRtpPacket({ ...header, captureAtMs, payload: Buffer.from('x') });
          expect(rtpHeaderLength(packet)).toBe(28);
          expect(readRtpHeader(packet)).toEqual(header);
          expect(Math.abs((readCaptureAtMs(packet, 10) ?? 0) - captureAtMs)).toBeLessThan(0.001);
          expect(readCaptureAtMs(packet, 9)).toBeUndefined();
        },
      ),
      { seed: 1 },
    );
  });

  it('finds elements behind others and padding, in both header forms', () => {
    const oneByte = Buffer.from([0x90, 100, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0, 2, 0x20, 0xaa, 0, 0, 0x51, 1, 2, 0]);
    expect(findExtension(oneByte, 2)).toEqual({ offset: 17, length: 1 });
    expect(findExtension(oneByte, 5)).toEqual({ offset: 21, length: 2 });
    const twoByte = Buffer.from([0x90, 100, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0x10, 0, 0, 2, 0x02, 1, 0xaa, 0, 0x05, 2, 1, 2]);
    expect(findExtension(twoByte, 5)).toEqual({ offset: 22, length: 2 });
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const packet = Buffer.from(bytes);
        if (packet.length > 0) packet[0] = 0x90 | ((packet[0] as number) & 0x0f);
        if (rtpHeaderLength(packet) === undefined) return;
        readRtpHeader(packet);
        for (let id = 1; id < 16; id++) readCaptureAtMs(packet, id);
      }),
      { numRuns: 5000, seed: 2 },
    );
  });
});

describe('RTCP', () => {
  it('lays out a receiver report with its source description as RFC 3550 says', () => {
    const block = {
      ssrc: 0xabcdef01,
      fractionLost: 0.25,
      cumulativeLost: -2,
      extendedHighestSequence: 0x10005,
      jitter: 12,
      lastSenderReport: 0x11223344,
      delaySinceLastSenderReport: 65_536,
    };
    const packet = writeReceiverReport(0x01020304, 'SIM-1', [block]);
    expect(packet.toString('hex')).toBe(
      `81c9000701020304abcdef0140fffffe000100050000000c1122334400010000` + `81ca000301020304` + `010553494d2d3100`,
    );
  });

  it('folds any set of lost packets into pairs that name exactly them', () => {
    fc.assert(
      fc.property(fc.nat(65_535), fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 64 }), (start, offsets) => {
        const lost = offsets.sort((a, b) => a - b).map((offset) => (start + offset) % 65_536);
        const packet = writeGenericNack(1, 2, lost);
        const named: number[] = [];
        for (let at = 12; at < packet.length; at += 4) {
          const first = packet.readUInt16BE(at);
          named.push(first);
          for (let bit = 0; bit < 16; bit++) if ((packet.readUInt16BE(at + 2) >> bit) & 1) named.push((first + bit + 1) % 65_536);
        }
        expect(named).toEqual(lost);
        expect(packet.readUInt16BE(2)).toBe(packet.length / 4 - 1);
      }),
      { seed: 3 },
    );
  });

  it('finds sender reports in a compound and refuses broken structure', () => {
    const report = Buffer.alloc(28);
    report.set([0x80, 200, 0, 6]);
    report.writeUInt32BE(99, 4);
    report.writeUInt32BE(0xaaaabbbb, 8);
    report.writeUInt32BE(0xccccdddd, 12);
    const compound = Buffer.concat([report, writeReceiverReport(1, 'x', [])]);
    expect(readSenderReports(compound)).toEqual([{ ssrc: 99, compactNtp: 0xbbbbcccc, rtpTimestamp: 0 }]);
    expect(readSenderReports(compound.subarray(0, compound.length - 1))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void readSenderReports(Buffer.from(bytes))),
      { numRuns: 3000, seed: 4 },
    );
  });
});

describe('Opus packet facts', () => {
  it('sees the in-band copy exactly where the encoder was told to expect loss', async () => {
    for (const [fec, expected] of [
      [true, true],
      [false, false],
    ] as const) {
      const encoder = await createEncoder({
        channels: 1,
        application: Application.Voip,
        bitrate: 20_000,
        fec,
        packetLossPercent: fec ? 20 : 0,
      });
      let withFec = 0;
      for (let frame = 0; frame < 50; frame++) {
        const pcm = Int16Array.from({ length: 960 }, (_, index) => {
          const t = (frame * 960 + index) / 48_000;
          return (
            9000 * Math.sin(2 * Math.PI * 180 * t) * (1 + 0.5 * Math.sin(2 * Math.PI * 3 * t)) + 2000 * Math.sin(2 * Math.PI * 900 * t)
          );
        });
        const facts = readOpusPacket(Buffer.from(encoder.encode(pcm)));
        expect(facts?.samples).toBe(960);
        if (facts?.hasFec) withFec++;
      }
      encoder.free();
      expect(withFec > 40).toBe(expected);
    }
  });

  it('knows the length of packets of several frames', () => {
    expect(readOpusPacket(Buffer.from([0xf8, 1, 2]))?.samples).toBe(960);
    expect(readOpusPacket(Buffer.from([0xf9, 1, 2]))?.samples).toBe(1920);
    expect(readOpusPacket(Buffer.from([0xfb, 3, 1, 2, 3]))).toMatchObject({ samples: 2880, frameSamples: 960 });
    expect(readOpusPacket(Buffer.from([0xfb]))).toBeUndefined();
    expect(readOpusPacket(Buffer.alloc(0))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void readOpusPacket(Buffer.from(bytes))),
      { numRuns: 5000, seed: 5 },
    );
  });
});
