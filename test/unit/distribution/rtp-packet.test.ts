import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRtpPacket, writeRtpPacket } from '../../../controller/distribution/rtp-packet.ts';
import { NTP_UNIX_OFFSET_S } from '../../../controller/protocol/media.ts';

const fields = fc.record({
  payloadType: fc.integer({ min: 96, max: 127 }),
  sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  rtpTimestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 1, max: 0xffffffff }),
  marker: fc.boolean(),
  captureAtMs: fc.double({ min: 0, max: 2 ** 31 * 1000, noNaN: true }),
  captureTimeId: fc.integer({ min: 1, max: 14 }),
  payload: fc.uint8Array({ maxLength: 1500 }),
});

describe('RTP packets', () => {
  it('come out as they were written', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const read = readRtpPacket(writeRtpPacket(given));
        expect(read).toEqual({
          payloadType: given.payloadType,
          sequenceNumber: given.sequenceNumber,
          rtpTimestamp: given.rtpTimestamp,
          ssrc: given.ssrc,
          marker: given.marker,
          payload: Buffer.from(given.payload),
        });
      }),
    );
  });

  it('carry the capture instant as NTP, to better than a microsecond', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const packet = writeRtpPacket(given);
        expect(packet.readUInt16BE(12)).toBe(0xbede);
        expect(packet.readUInt8(16)).toBe((given.captureTimeId << 4) | 7);
        // Era 0 of NTP ends in 2036; the seconds wrap like the protocol's.
        const seconds = packet.readUInt32BE(17) + packet.readUInt32BE(21) / 2 ** 32;
        const wanted = (given.captureAtMs / 1000 + NTP_UNIX_OFFSET_S) % 2 ** 32;
        const difference = Math.abs(seconds - wanted);
        expect(Math.min(difference, 2 ** 32 - difference)).toBeLessThan(1e-6);
      }),
    );
  });

  it('of an instant just below a whole second round up into the next one', () => {
    const packet = writeRtpPacket({
      payloadType: 100,
      sequenceNumber: 1,
      rtpTimestamp: 1,
      ssrc: 1,
      marker: false,
      captureAtMs: 1_999.9999999999,
      captureTimeId: 10,
      payload: new Uint8Array(3),
    });
    expect([packet.readUInt32BE(17), packet.readUInt32BE(21)]).toEqual([NTP_UNIX_OFFSET_S + 2, 0]);
  });

  it('that are no RTP are refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const read = readRtpPacket(Buffer.from(bytes));
        if (read) expect(read.payload.length).toBeLessThanOrEqual(bytes.length - 12);
      }),
      { numRuns: 5000 },
    );
    expect(readRtpPacket(Buffer.from([0x90, 100, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff]))).toBeUndefined();
  });

  it('lose their padding', () => {
    const packet = Buffer.concat([Buffer.from([0xa0, 100, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]), Buffer.from([7, 8, 9, 0, 2])]);
    expect(readRtpPacket(packet)?.payload).toEqual(Buffer.from([7, 8, 9]));
  });
});
