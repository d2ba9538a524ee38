import { NTP_UNIX_OFFSET_S } from '../protocol/media.ts';

const FIXED_HEADER_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;
const CAPTURE_TIME_BYTES = 8;
/** Extension header (4) + element header (1) + capture time (8) + padding to a multiple of four (3). */
const EXTENSION_BYTES = 16;
const TWO_TO_32 = 2 ** 32;

export interface RtpPacketFields {
  payloadType: number;
  /** Modulo 2^16. */
  sequenceNumber: number;
  /** Modulo 2^32. */
  rtpTimestamp: number;
  ssrc: number;
  marker: boolean;
  /** Wall-clock instant of the first sample, epoch ms. */
  captureAtMs: number;
  /** Id of the abs-capture-time element, 1 to 14 (RFC 8285 one-byte header). */
  captureTimeId: number;
  payload: Uint8Array;
}

/** An RTP packet (RFC 3550 section 5.1) with abs-capture-time in its short form of 8 bytes. */
export function writeRtpPacket(fields: RtpPacketFields): Buffer {
  const packet = Buffer.allocUnsafe(FIXED_HEADER_BYTES + EXTENSION_BYTES + fields.payload.length);
  packet[0] = 0x90;
  packet[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  packet.writeUInt16BE(fields.sequenceNumber, 2);
  packet.writeUInt32BE(fields.rtpTimestamp, 4);
  packet.writeUInt32BE(fields.ssrc, 8);
  packet.writeUInt16BE(ONE_BYTE_PROFILE, 12);
  packet.writeUInt16BE(EXTENSION_BYTES / 4 - 1, 14);
  packet[16] = (fields.captureTimeId << 4) | (CAPTURE_TIME_BYTES - 1);
  writeNtp(packet, 17, fields.captureAtMs);
  packet.fill(0, 25, 28);
  packet.set(fields.payload, FIXED_HEADER_BYTES + EXTENSION_BYTES);
  return packet;
}

export interface ReceivedRtp {
  payloadType: number;
  sequenceNumber: number;
  rtpTimestamp: number;
  ssrc: number;
  marker: boolean;
  /** A view into the packet. */
  payload: Buffer;
}

/** Takes apart what a microphone sends. undefined: not an RTP packet, or its lengths contradict each other. */
export function readRtpPacket(packet: Buffer): ReceivedRtp | undefined {
  if (packet.length < FIXED_HEADER_BYTES) return undefined;
  const first = packet.readUInt8(0);
  if (first >> 6 !== 2) return undefined;
  let start = FIXED_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (packet.length < start + 4) return undefined;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  const paddingBytes = (first & 0x20) === 0 ? 0 : packet.readUInt8(packet.length - 1);
  const end = packet.length - paddingBytes;
  if (start > end || ((first & 0x20) !== 0 && paddingBytes === 0)) return undefined;
  const second = packet.readUInt8(1);
  return {
    payloadType: second & 0x7f,
    sequenceNumber: packet.readUInt16BE(2),
    rtpTimestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    marker: (second & 0x80) !== 0,
    payload: packet.subarray(start, end),
  };
}

/** NTP 32.32 fixed point (RFC 5905 section 6), era 0. */
function writeNtp(target: Buffer, offset: number, epochMs: number): void {
  const wholeS = Math.floor(epochMs / 1000);
  const fraction = Math.round(((epochMs - wholeS * 1000) / 1000) * TWO_TO_32);
  const carry = fraction >= TWO_TO_32 ? 1 : 0;
  target.writeUInt32BE((wholeS + NTP_UNIX_OFFSET_S + carry) % TWO_TO_32, offset);
  target.writeUInt32BE(carry === 1 ? 0 : fraction, offset + 4);
}
