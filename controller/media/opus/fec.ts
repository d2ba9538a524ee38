import { OpusPacketError, parsePacket } from './packet.ts';

/**
 * Whether a packet carries in-band FEC: SILK's low bit-rate redundancy (LBRR), a second and coarser copy of the frame
 * before. SILK's header flags are the first bits of a frame (RFC 6716 section 4.2.3): for each channel one voice activity
 * flag for every 20 ms, then the LBRR flag. Being equiprobable they lie in the range coder's first byte as plain bits.
 * CELT-only packets have none; malformed ones count as none.
 */
export function hasInbandFec(packet: Uint8Array): boolean {
  let layout: ReturnType<typeof parsePacket>;
  try {
    layout = parsePacket(packet);
  } catch (error) {
    if (error instanceof OpusPacketError) return false;
    throw error;
  }
  const { toc, frames } = layout;
  if (toc.mode === 'celt') return false;
  const silkFrames = Math.max(1, toc.frameSamples / 960);
  const flagsPerChannel = silkFrames + 1;
  return frames.some((frame) => {
    const flags = frame[0];
    if (flags === undefined || frame.length <= 1) return false;
    const mid = (flags >> (8 - flagsPerChannel)) & 1;
    const side = toc.stereo ? (flags >> (8 - 2 * flagsPerChannel)) & 1 : 0;
    return (mid | side) === 1;
  });
}
