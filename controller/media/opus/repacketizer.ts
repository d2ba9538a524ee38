import { OpusPacketError, type OpusPacketLayout, parsePacket } from './packet.ts';
import { MAX_PACKET_SAMPLES } from './toc.ts';

/**
 * Joins consecutive packets of one stream into a single packet of up to 120 ms without touching the audio
 * (RFC 6716 section 3.2; the same that libopus calls a repacketizer). Padding is dropped.
 * @throws OpusPacketError when there is nothing to merge, when a packet is malformed, when the packets differ in mode,
 *   bandwidth, frame size or channels, or when together they exceed 120 ms; `canMerge` asks beforehand
 */
export function mergePackets(packets: readonly Uint8Array[]): Uint8Array {
  const layouts = packets.map(parsePacket);
  const first = layouts[0];
  if (!first) throw new OpusPacketError('nothing to merge');
  const frames: Uint8Array[] = [];
  for (const layout of layouts) {
    if (!sameStream(first, layout)) throw new OpusPacketError('packets of different configuration cannot share one packet');
    frames.push(...layout.frames);
  }
  if (frames.length * first.toc.frameSamples > MAX_PACKET_SAMPLES) throw new OpusPacketError('merged packets would exceed 120 ms');
  return writePacket(tocBits(first), frames);
}

/** Whether `mergePackets` would accept these packets. Malformed packets cannot be merged. */
export function canMerge(packets: readonly Uint8Array[]): boolean {
  try {
    const layouts = packets.map(parsePacket);
    const first = layouts[0];
    if (!first) return false;
    const samples = layouts.reduce((sum, layout) => sum + layout.durationSamples, 0);
    return samples <= MAX_PACKET_SAMPLES && layouts.every((layout) => sameStream(first, layout));
  } catch (error) {
    if (error instanceof OpusPacketError) return false;
    throw error;
  }
}

/**
 * The packet's frames, each as a packet of its own (code 0).
 * @throws OpusPacketError when the packet is malformed
 */
export function splitPacket(packet: Uint8Array): Uint8Array[] {
  const layout = parsePacket(packet);
  return layout.frames.map((frame) => writePacket(tocBits(layout), [frame]));
}

function sameStream(a: OpusPacketLayout, b: OpusPacketLayout): boolean {
  return a.toc.config === b.toc.config && a.toc.stereo === b.toc.stereo;
}

function tocBits(layout: OpusPacketLayout): number {
  return (layout.toc.config << 3) | (layout.toc.stereo ? 4 : 0);
}

/** Writes frames with the shortest of the four frame count codes that fits. */
function writePacket(toc: number, frames: readonly Uint8Array[]): Uint8Array {
  const count = frames.length;
  const equal = frames.every((frame) => frame.length === frames[0]?.length);
  const header: number[] = [];
  if (count === 1) header.push(toc);
  else if (count === 2 && equal) header.push(toc | 1);
  else if (count === 2) header.push(toc | 2, ...frameLength(frames[0]?.length ?? 0));
  else {
    header.push(toc | 3, count | (equal ? 0 : 0x80));
    if (!equal) for (const frame of frames.slice(0, -1)) header.push(...frameLength(frame.length));
  }
  const packet = new Uint8Array(header.length + frames.reduce((sum, frame) => sum + frame.length, 0));
  packet.set(header);
  let at = header.length;
  for (const frame of frames) {
    packet.set(frame, at);
    at += frame.length;
  }
  return packet;
}

function frameLength(lengthBytes: number): number[] {
  if (lengthBytes < 252) return [lengthBytes];
  const low = 252 + (lengthBytes & 3);
  return [low, (lengthBytes - low) / 4];
}
