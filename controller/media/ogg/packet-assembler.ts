import { OggError } from './ogg-error.ts';
import type { OggPage } from './page.ts';

/** 48 frames of 1275 bytes with their lengths and a TOC fit in it (RFC 6716 section 3.4). */
export const MAX_OPUS_PACKET_BYTES = 61_440 + 100;

/** Joins the segments of pages to packets. A packet is a view into its page unless it spans pages. */
export interface PacketAssembler {
  /** Packets that end on this page. */
  push(page: OggPage, offset: number): Uint8Array[];
  /** Whether a packet has begun whose end was not seen. */
  readonly pending: boolean;
}

/**
 * @param maxPacketBytes a longer packet is refused before it is held in memory
 * @param joinLate true when the first page may continue a packet whose beginning was not read: that packet is left out
 */
export function createPacketAssembler(maxPacketBytes: number, joinLate: boolean): PacketAssembler {
  let partial: Uint8Array[] | undefined;
  let partialBytes = 0;
  let skipping = joinLate;
  return {
    get pending() {
      return partial !== undefined;
    },
    push(page, offset) {
      const packets: Uint8Array[] = [];
      const skipFirst = skipping && page.continued;
      skipping = false;
      if (!skipFirst && page.continued !== (partial !== undefined)) {
        throw new OggError('corrupt', page.continued ? 'a packet continues that never began' : 'a packet breaks off between pages', offset);
      }
      let skip = skipFirst;
      let start = 0;
      let at = 0;
      for (const value of page.lacing) {
        at += value;
        if (!skip && partialBytes + (at - start) > maxPacketBytes)
          throw new OggError('too_large', `a packet exceeds ${maxPacketBytes} bytes`, offset);
        if (value === 255) continue;
        if (!skip) packets.push(partial ? Buffer.concat([...partial, page.body.subarray(start, at)]) : page.body.subarray(start, at));
        skip = false;
        partial = undefined;
        partialBytes = 0;
        start = at;
      }
      const openEnded = page.lacing.length > 0 && page.lacing[page.lacing.length - 1] === 255;
      if (openEnded && !skip) {
        partial = [...(partial ?? []), page.body.subarray(start, at)];
        partialBytes += at - start;
      }
      if (openEnded && skip) skipping = true;
      return packets;
    },
  };
}
