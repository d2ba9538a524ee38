/** What can be read from an Opus packet without decoding it (RFC 6716 section 3). */
export interface OpusPacketFacts {
  /** 48 kHz samples in the whole packet. */
  samples: number;
  /** Samples of one frame. */
  frameSamples: number;
  /** The packet carries a low-bitrate copy (LBRR) of what preceded it: in-band FEC can repair one lost frame. */
  hasFec: boolean;
}

const MOST_SAMPLES = 5760;
const CONFIGS_SILK = 12;
const CONFIGS_HYBRID = 16;
const SILK_SAMPLES = [480, 960, 1920, 2880];
const HYBRID_SAMPLES = [480, 960];
const CELT_SAMPLES = [120, 240, 480, 960];

/** undefined when the packet breaks RFC 6716 (empty, impossible frame count, longer than 120 ms). */
export function readOpusPacket(payload: Buffer): OpusPacketFacts | undefined {
  const toc = payload[0];
  if (toc === undefined) return undefined;
  const config = toc >> 3;
  const frameSamples = (
    config < CONFIGS_SILK ? SILK_SAMPLES[config & 3] : config < CONFIGS_HYBRID ? HYBRID_SAMPLES[config & 1] : CELT_SAMPLES[config & 3]
  ) as number;
  const code = toc & 3;
  let frames = code === 0 ? 1 : 2;
  if (code === 3) {
    if (payload.length < 2) return undefined;
    frames = (payload[1] as number) & 0x3f;
  }
  const samples = frames * frameSamples;
  if (frames === 0 || samples > MOST_SAMPLES) return undefined;
  return { samples, frameSamples, hasFec: config < CONFIGS_HYBRID && firstFrameHasLbrr(payload, toc, frameSamples) };
}

/** Start of the first frame's bytes; undefined when it has none. */
function firstFrameOffset(payload: Buffer, code: number): number | undefined {
  const lengthBytes = (at: number): number => ((payload[at] ?? 0) >= 252 ? 2 : 1);
  let offset = 1;
  if (code === 2) offset += lengthBytes(1);
  if (code === 3) {
    const head = payload[1] as number;
    offset = 2;
    if (head & 0x40) {
      while (payload[offset] === 255) offset++;
      offset++;
    }
    if (head & 0x80) for (let frame = 1; frame < (head & 0x3f); frame++) offset += lengthBytes(offset);
  }
  return offset < payload.length ? offset : undefined;
}

/** RFC 6716 section 4.2.3: the SILK layer opens with one voice-activity bit per 20 ms and then the LBRR flag, for each channel. */
function firstFrameHasLbrr(payload: Buffer, toc: number, frameSamples: number): boolean {
  const offset = firstFrameOffset(payload, toc & 3);
  if (offset === undefined) return false;
  const activityBits = Math.max(1, frameSamples / 960);
  const first = payload[offset] as number;
  const mid = (first >> (7 - activityBits)) & 1;
  const side = toc & 4 ? (first >> (6 - 2 * activityBits)) & 1 : 0;
  return (mid | side) === 1;
}
