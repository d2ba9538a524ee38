import { OggError } from './ogg-error.ts';

/** The identification header (RFC 7845 section 5.1). */
export interface OpusHead {
  readonly channels: number;
  /** 48 kHz samples to discard from the decoder's start. */
  readonly preSkipSamples: number;
  /** Rate of what was encoded, for information only. */
  readonly inputSampleRateHz: number;
  /** To be applied by the player. */
  readonly outputGainDb: number;
}

/** @throws OggError when the packet is no OpusHead, of an unknown version, or of a channel mapping that is not mono or stereo */
export function parseOpusHead(packet: Uint8Array): OpusHead {
  if (packet.length < 19 || text(packet, 8) !== 'OpusHead') throw new OggError('unsupported', 'the stream in the Ogg file is not Opus', 0);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (view.getUint8(8) >> 4 !== 0) throw new OggError('unsupported', `OpusHead version ${view.getUint8(8)}`, 0);
  const channels = view.getUint8(9);
  if (channels === 0) throw new OggError('corrupt', 'OpusHead says zero channels', 0);
  if (view.getUint8(18) !== 0 || channels > 2) throw new OggError('unsupported', 'only mono and stereo (channel mapping family 0)', 0);
  return {
    channels,
    preSkipSamples: view.getUint16(10, true),
    inputSampleRateHz: view.getUint32(12, true),
    outputGainDb: view.getInt16(16, true) / 256,
  };
}

export function writeOpusHead(head: OpusHead): Uint8Array {
  const packet = new Uint8Array(19);
  packet.set(new TextEncoder().encode('OpusHead'));
  const view = new DataView(packet.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, head.channels);
  view.setUint16(10, head.preSkipSamples, true);
  view.setUint32(12, head.inputSampleRateHz, true);
  view.setInt16(16, Math.round(head.outputGainDb * 256), true);
  return packet;
}

/** Whether a packet is the comment header (RFC 7845 section 5.2). Its content is not trusted and not read. */
export function isOpusTags(packet: Uint8Array): boolean {
  return packet.length >= 16 && text(packet, 8) === 'OpusTags';
}

/** @param comments NAME=value pairs, for example TITLE=Bản tin sáng */
export function writeOpusTags(vendor: string, comments: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const parts = [encoder.encode('OpusTags'), ...prefixed(encoder.encode(vendor)), uint32(comments.length)];
  for (const comment of comments) parts.push(...prefixed(encoder.encode(comment)));
  return Buffer.concat(parts);
}

function prefixed(bytes: Uint8Array): Uint8Array[] {
  return [uint32(bytes.length), bytes];
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function text(packet: Uint8Array, lengthBytes: number): string {
  return String.fromCharCode(...packet.subarray(0, lengthBytes));
}
