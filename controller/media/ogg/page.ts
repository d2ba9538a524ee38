import { pageCrc } from './crc.ts';
import { OggError } from './ogg-error.ts';

export const PAGE_HEADER_BYTES = 27;
/** 27 bytes of header, 255 lacing values, 255 segments of 255 bytes. */
export const MAX_PAGE_BYTES = PAGE_HEADER_BYTES + 255 + 255 * 255;
/** Granule position of a page on which no packet ends (-1 as 64 bits, RFC 3533 section 6). */
export const NO_GRANULE = -1;

export interface OggPage {
  readonly continued: boolean;
  readonly beginsStream: boolean;
  readonly endsStream: boolean;
  /** Samples at 48 kHz up to the end of the last packet that ends here, or NO_GRANULE. */
  readonly granule: number;
  readonly serial: number;
  readonly sequence: number;
  readonly lacing: Uint8Array;
  readonly body: Uint8Array;
  readonly sizeBytes: number;
}

/**
 * Parses the page that begins at the start of `bytes`; `offset` is its place in the file, for error messages.
 * @returns undefined when `bytes` is too short to hold the whole page
 * @throws OggError when there is no page or its checksum is wrong
 */
export function parsePage(bytes: Uint8Array, offset: number): OggPage | undefined {
  if (bytes.length < PAGE_HEADER_BYTES) return undefined;
  if (bytes[0] !== 0x4f || bytes[1] !== 0x67 || bytes[2] !== 0x67 || bytes[3] !== 0x53) {
    throw new OggError(offset === 0 ? 'not_ogg' : 'corrupt', 'no Ogg page begins here', offset);
  }
  if (bytes[4] !== 0) throw new OggError('unsupported', `Ogg version ${bytes[4]}`, offset);
  const segments = bytes[26] as number;
  if (bytes.length < PAGE_HEADER_BYTES + segments) return undefined;
  const lacing = bytes.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + segments);
  let bodyBytes = 0;
  for (const value of lacing) bodyBytes += value;
  const sizeBytes = PAGE_HEADER_BYTES + segments + bodyBytes;
  if (bytes.length < sizeBytes) return undefined;
  const page = bytes.subarray(0, sizeBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_HEADER_BYTES);
  if (view.getUint32(22, true) !== pageCrc(page)) throw new OggError('corrupt', 'checksum of a page is wrong', offset);
  const flags = bytes[5] as number;
  return {
    continued: (flags & 1) !== 0,
    beginsStream: (flags & 2) !== 0,
    endsStream: (flags & 4) !== 0,
    granule: readGranule(view, offset),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    lacing,
    body: page.subarray(PAGE_HEADER_BYTES + segments),
    sizeBytes,
  };
}

function readGranule(view: DataView, offset: number): number {
  const granule = view.getBigInt64(6, true);
  if (granule === -1n) return NO_GRANULE;
  if (granule < 0n || granule > BigInt(Number.MAX_SAFE_INTEGER)) throw new OggError('corrupt', 'impossible granule position', offset);
  return Number(granule);
}

/** Serialises one page, checksum included. `body` must be as long as the lacing values say. */
export function writePage(page: Omit<OggPage, 'sizeBytes'>): Uint8Array {
  const bytes = new Uint8Array(PAGE_HEADER_BYTES + page.lacing.length + page.body.length);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, (page.continued ? 1 : 0) | (page.beginsStream ? 2 : 0) | (page.endsStream ? 4 : 0)]);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(6, BigInt(page.granule), true);
  view.setUint32(14, page.serial, true);
  view.setUint32(18, page.sequence, true);
  bytes[26] = page.lacing.length;
  bytes.set(page.lacing, PAGE_HEADER_BYTES);
  bytes.set(page.body, PAGE_HEADER_BYTES + page.lacing.length);
  view.setUint32(22, pageCrc(bytes), true);
  return bytes;
}
