import { NTP_UNIX_OFFSET_S } from '../../controller/protocol/media.ts';

/** RTP headers (RFC 3550 section 5.1) with one-byte and two-byte header extensions (RFC 8285). */
export const RTP_HEADER_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;

export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
}

/** Whole header with CSRCs and extension; undefined when the packet is no RTP or shorter than its own header says. */
export function rtpHeaderLength(packet: Buffer): number | undefined {
  if (packet.length < RTP_HEADER_BYTES) return undefined;
  const first = packet[0] as number;
  if (first >> 6 !== 2) return undefined;
  let length = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (packet.length < length + 4) return undefined;
    length += 4 + 4 * packet.readUInt16BE(length + 2);
  }
  return packet.length < length ? undefined : length;
}

/** RFC 5761 section 4: RTCP packet types occupy 192-223 of the second byte when RTP and RTCP share a port. */
export function isRtcp(packet: Buffer): boolean {
  const second = packet[1] as number;
  return packet.length >= 8 && second >= 192 && second <= 223;
}

/** The caller has checked the length with `rtpHeaderLength`. */
export function readRtpHeader(packet: Buffer): RtpHeader {
  const second = packet[1] as number;
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
  };
}

/** Offset of the extension element's data, or undefined. The caller has checked the length with `rtpHeaderLength`. */
export function findExtension(packet: Buffer, id: number): { offset: number; length: number } | undefined {
  const first = packet[0] as number;
  if (!(first & 0x10)) return undefined;
  const start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  const profile = packet.readUInt16BE(start);
  const end = start + 4 + 4 * packet.readUInt16BE(start + 2);
  const oneByte = profile === ONE_BYTE_PROFILE;
  if (!oneByte && (profile & 0xfff0) !== TWO_BYTE_PROFILE) return undefined;
  let offset = start + 4;
  while (offset < end) {
    const head = packet[offset] as number;
    if (head === 0) {
      offset++;
      continue;
    }
    if (oneByte && head >> 4 === 15) return undefined;
    if (!oneByte && offset + 1 >= end) return undefined;
    const elementId = oneByte ? head >> 4 : head;
    const length = oneByte ? (head & 0x0f) + 1 : (packet[offset + 1] as number);
    offset += oneByte ? 1 : 2;
    if (offset + length > end) return undefined;
    if (elementId === id) return { offset, length };
    offset += length;
  }
  return undefined;
}

/** Seconds with the top bit clear belong to the era after 2036 (RFC 4330 section 3); right until 2104. */
const NTP_ERA_S = 2 ** 32;

/** abs-capture-time as epoch milliseconds; undefined when the packet carries none. */
export function readCaptureAtMs(packet: Buffer, extensionId: number): number | undefined {
  const element = findExtension(packet, extensionId);
  if (!element || (element.length !== 8 && element.length !== 16)) return undefined;
  const inEra = packet.readUInt32BE(element.offset);
  const seconds = inEra < NTP_ERA_S / 2 ? inEra + NTP_ERA_S : inEra;
  const fraction = packet.readUInt32BE(element.offset + 4);
  return (seconds - NTP_UNIX_OFFSET_S) * 1000 + (fraction * 1000) / 4_294_967_296;
}

export interface RtpPacketFields extends RtpHeader {
  captureAtMs?: number;
  extensionId?: number;
  payload: Buffer;
}

/** Builds a packet as the controller sends it; serves the tests and the fuzzer as the other side. */
export function writeRtpPacket(fields: RtpPacketFields): Buffer {
  const extension = fields.captureAtMs === undefined ? 0 : 16;
  const packet = Buffer.alloc(RTP_HEADER_BYTES + extension + fields.payload.length);
  packet[0] = 0x80 | (extension ? 0x10 : 0);
  packet[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  packet.writeUInt16BE(fields.sequence, 2);
  packet.writeUInt32BE(fields.timestamp, 4);
  packet.writeUInt32BE(fields.ssrc, 8);
  if (fields.captureAtMs !== undefined) {
    packet.writeUInt16BE(ONE_BYTE_PROFILE, 12);
    packet.writeUInt16BE(3, 14);
    packet[16] = ((fields.extensionId ?? 10) << 4) | 7;
    const seconds = Math.floor(fields.captureAtMs / 1000);
    packet.writeUInt32BE((seconds + NTP_UNIX_OFFSET_S) % NTP_ERA_S, 17);
    packet.writeUInt32BE(Math.floor(((fields.captureAtMs - seconds * 1000) / 1000) * 4_294_967_296), 21);
  }
  fields.payload.copy(packet, RTP_HEADER_BYTES + extension);
  return packet;
}
