/** Opus always counts in 48 kHz samples on the wire (RFC 6716 section 2, RFC 7587 section 4.1). */
export const OPUS_SAMPLES_PER_MS = 48;
/** RFC 6716 section 3.2.1 (R2): no frame is longer than this. */
export const MAX_FRAME_BYTES = 1275;
/** RFC 6716 section 3.2.5 (R5): no packet carries more than 120 ms. */
export const MAX_PACKET_SAMPLES = 5760;
export const MAX_FRAMES_PER_PACKET = 48;

export type OpusMode = 'silk' | 'hybrid' | 'celt';
export type OpusBandwidth = 'narrow' | 'medium' | 'wide' | 'superwide' | 'full';

/** The table-of-contents byte that begins every Opus packet (RFC 6716 section 3.1). */
export interface OpusToc {
  /** 0 to 31: mode, bandwidth and frame size together. */
  readonly config: number;
  readonly mode: OpusMode;
  readonly bandwidth: OpusBandwidth;
  readonly stereo: boolean;
  /** Frame count code: 0 one frame, 1 two equal, 2 two different, 3 any number. */
  readonly countCode: 0 | 1 | 2 | 3;
  /** Length of each frame at 48 kHz. */
  readonly frameSamples: number;
}

const SILK_FRAME_MS = [10, 20, 40, 60] as const;
const CELT_FRAME_MS = [2.5, 5, 10, 20] as const;
const SILK_BANDWIDTHS = ['narrow', 'medium', 'wide'] as const;
const CELT_BANDWIDTHS = ['narrow', 'wide', 'superwide', 'full'] as const;

/** Decodes a TOC byte. Every value of the byte is valid. */
export function parseToc(byte: number): OpusToc {
  const config = (byte >> 3) & 31;
  const common = { config, stereo: (byte & 4) !== 0, countCode: (byte & 3) as 0 | 1 | 2 | 3 };
  if (config < 12) {
    const frameMs = SILK_FRAME_MS[config & 3] ?? 20;
    return { ...common, mode: 'silk', bandwidth: SILK_BANDWIDTHS[config >> 2] ?? 'wide', frameSamples: frameMs * OPUS_SAMPLES_PER_MS };
  }
  if (config < 16) {
    const frameMs = (config & 1) === 0 ? 10 : 20;
    return { ...common, mode: 'hybrid', bandwidth: config < 14 ? 'superwide' : 'full', frameSamples: frameMs * OPUS_SAMPLES_PER_MS };
  }
  const frameMs = CELT_FRAME_MS[config & 3] ?? 20;
  return { ...common, mode: 'celt', bandwidth: CELT_BANDWIDTHS[(config - 16) >> 2] ?? 'full', frameSamples: frameMs * OPUS_SAMPLES_PER_MS };
}
