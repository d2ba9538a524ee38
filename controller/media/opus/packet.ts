import { MAX_FRAME_BYTES, MAX_FRAMES_PER_PACKET, MAX_PACKET_SAMPLES, type OpusToc, parseToc } from './toc.ts';

/** A packet that breaks a requirement of RFC 6716 section 3.4. A receiver must not decode it. */
export class OpusPacketError extends Error {
  override readonly name = 'OpusPacketError';
}

export interface OpusPacketLayout {
  readonly toc: OpusToc;
  /** Views into the packet, in order; a frame of no bytes is DTX or loss. */
  readonly frames: readonly Uint8Array[];
  /** Padding of code 3, its length bytes included. */
  readonly paddingBytes: number;
  /** At 48 kHz. */
  readonly durationSamples: number;
}

/**
 * Takes an undelimited packet apart (RFC 6716 section 3.2). The frames are views, nothing is copied.
 * @throws OpusPacketError when the packet is malformed
 */
export function parsePacket(packet: Uint8Array): OpusPacketLayout {
  const first = packet[0];
  if (first === undefined) throw new OpusPacketError('an Opus packet has at least one byte');
  const toc = parseToc(first);
  const { frames, paddingBytes } =
    toc.countCode === 3 ? framesOfCode3(packet, toc) : { frames: framesOfFixedCount(packet, toc), paddingBytes: 0 };
  for (const frame of frames) {
    if (frame.length > MAX_FRAME_BYTES) throw new OpusPacketError(`a frame of ${frame.length} bytes exceeds ${MAX_FRAME_BYTES}`);
  }
  return { toc, frames, paddingBytes, durationSamples: frames.length * toc.frameSamples };
}

/**
 * The packet's duration at 48 kHz from its first two bytes alone; for loops that need nothing else.
 * @throws OpusPacketError when those bytes are malformed
 */
export function packetDurationSamples(packet: Uint8Array): number {
  const first = packet[0];
  if (first === undefined) throw new OpusPacketError('an Opus packet has at least one byte');
  const toc = parseToc(first);
  return toc.frameSamples * (toc.countCode === 3 ? frameCountOfCode3(packet, toc) : toc.countCode === 0 ? 1 : 2);
}

/**
 * Whether the packet carries no sound: every frame is at most one byte, which is how encoders mark discontinuous transmission.
 * Malformed packets are not DTX.
 */
export function isDtxPacket(packet: Uint8Array): boolean {
  if (packet.length === 0 || packet.length > 2 * MAX_FRAMES_PER_PACKET + 2) return false;
  try {
    return parsePacket(packet).frames.every((frame) => frame.length <= 1);
  } catch (error) {
    if (error instanceof OpusPacketError) return false;
    throw error;
  }
}

function framesOfFixedCount(packet: Uint8Array, toc: OpusToc): Uint8Array[] {
  if (toc.countCode === 0) return [packet.subarray(1)];
  if (toc.countCode === 1) {
    const bodyBytes = packet.length - 1;
    if (bodyBytes % 2 !== 0) throw new OpusPacketError('two equal frames cannot share an odd number of bytes');
    return [packet.subarray(1, 1 + bodyBytes / 2), packet.subarray(1 + bodyBytes / 2)];
  }
  const { lengthBytes, next } = readFrameLength(packet, 1, packet.length);
  if (next + lengthBytes > packet.length) throw new OpusPacketError('the first of two frames runs past the end of the packet');
  return [packet.subarray(next, next + lengthBytes), packet.subarray(next + lengthBytes)];
}

function frameCountOfCode3(packet: Uint8Array, toc: OpusToc): number {
  const countByte = packet[1];
  if (countByte === undefined) throw new OpusPacketError('the frame count byte is missing');
  const count = countByte & 0x3f;
  if (count === 0) throw new OpusPacketError('a packet of no frames');
  if (count * toc.frameSamples > MAX_PACKET_SAMPLES) throw new OpusPacketError('more than 120 ms in one packet');
  return count;
}

function framesOfCode3(packet: Uint8Array, toc: OpusToc): { frames: Uint8Array[]; paddingBytes: number } {
  const count = frameCountOfCode3(packet, toc);
  const countByte = packet[1] ?? 0;
  let at = 2;
  let padding = 0;
  let paddingLengthBytes = 0;
  if ((countByte & 0x40) !== 0) {
    for (;;) {
      const byte = packet[at++];
      if (byte === undefined) throw new OpusPacketError('the padding length is cut off');
      paddingLengthBytes++;
      padding += byte === 255 ? 254 : byte;
      if (byte !== 255) break;
    }
  }
  const end = packet.length - padding;
  if (end < at) throw new OpusPacketError('the padding is longer than the packet');
  const lengths: number[] = [];
  if ((countByte & 0x80) !== 0) {
    let sum = 0;
    for (let i = 0; i < count - 1; i++) {
      const { lengthBytes, next } = readFrameLength(packet, at, end);
      at = next;
      sum += lengthBytes;
      lengths.push(lengthBytes);
    }
    if (at + sum > end) throw new OpusPacketError('the frames run past the end of the packet');
    lengths.push(end - at - sum);
  } else {
    if ((end - at) % count !== 0) throw new OpusPacketError(`${end - at} bytes cannot be shared by ${count} equal frames`);
    lengths.push(...Array<number>(count).fill((end - at) / count));
  }
  const frames: Uint8Array[] = [];
  for (const lengthBytes of lengths) {
    frames.push(packet.subarray(at, at + lengthBytes));
    at += lengthBytes;
  }
  return { frames, paddingBytes: padding + paddingLengthBytes };
}

/** Frame length coding of RFC 6716 section 3.2.1: one byte up to 251, two bytes up to 1275. */
function readFrameLength(packet: Uint8Array, at: number, end: number): { lengthBytes: number; next: number } {
  const first = packet[at];
  if (first === undefined || at >= end) throw new OpusPacketError('a frame length is cut off');
  if (first < 252) return { lengthBytes: first, next: at + 1 };
  const second = packet[at + 1];
  if (second === undefined || at + 1 >= end) throw new OpusPacketError('a frame length is cut off');
  return { lengthBytes: first + 4 * second, next: at + 2 };
}
