import type { ByteSource } from './byte-source.ts';
import { OggError } from './ogg-error.ts';
import { MAX_PAGE_BYTES, type OggPage, parsePage } from './page.ts';

const CHUNK_BYTES = 4 * MAX_PAGE_BYTES;

export interface PageCursor {
  /** Place of the page that `next` will return. */
  readonly offset: number;
  /** @returns undefined at the end of the file */
  next(): Promise<OggPage | undefined>;
}

/**
 * Walks the pages of a file from `startOffset`, holding one chunk of about 260 kB at a time. Pages are views into chunks
 * that are never overwritten, so they stay valid.
 */
export function walkPages(source: ByteSource, startOffset: number): PageCursor {
  let offset = startOffset;
  let chunk: Uint8Array = new Uint8Array(0);
  let chunkOffset = startOffset;
  return {
    get offset() {
      return offset;
    },
    async next() {
      if (offset >= source.sizeBytes) return undefined;
      let page = parsePage(chunk.subarray(offset - chunkOffset), offset);
      if (!page) {
        chunk = await source.read(offset, CHUNK_BYTES);
        chunkOffset = offset;
        page = parsePage(chunk, offset);
        if (!page) throw new OggError(offset === 0 ? 'not_ogg' : 'truncated', 'the file ends inside a page', offset);
      }
      offset += page.sizeBytes;
      return page;
    },
  };
}
