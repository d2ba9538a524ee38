import { packetDurationSamples } from '../opus/packet.ts';
import { type OpusHead, writeOpusHead, writeOpusTags } from './opus-head.ts';
import { writePage } from './page.ts';

/** A page is handed out when it holds this much, so that a crash loses no more than it (RFC 7845 section 6 recommends about 1 s). */
const PAGE_SAMPLES = 48_000;
const MAX_SEGMENTS = 255;

export interface OggOpusMuxerOptions {
  /** Any 32-bit number that no other stream in the same file has. */
  serial: number;
  head: OpusHead;
  /** NAME=value, for example TITLE=Bản tin sáng. */
  comments?: readonly string[];
}

/** Turns packets into the bytes of an Ogg Opus file; knows no files. */
export interface OggOpusMuxer {
  /** The two header pages; call once, first. */
  headers(): Uint8Array[];
  /** Pages that became full. @throws OpusPacketError when the packet is malformed */
  push(packet: Uint8Array): Uint8Array[];
  /** What is waiting, as a page, so that it can be stored now. */
  flush(): Uint8Array[];
  /** The last page. `trimEndSamples` at 48 kHz, at most what this page holds, are cut off the end by players. */
  end(trimEndSamples?: number): Uint8Array[];
}

export function createOggOpusMuxer(options: OggOpusMuxerOptions): OggOpusMuxer {
  let sequence = 0;
  let granule = 0;
  let waiting: Uint8Array[] = [];
  let waitingSegments = 0;
  let waitingSamples = 0;

  const page = (packets: readonly Uint8Array[], fields: { granule: number; beginsStream?: boolean; endsStream?: boolean }): Uint8Array =>
    writePage({
      continued: false,
      beginsStream: fields.beginsStream ?? false,
      endsStream: fields.endsStream ?? false,
      granule: fields.granule,
      serial: options.serial,
      sequence: sequence++,
      lacing: lacingOf(packets),
      body: Buffer.concat(packets),
    });

  const takeWaiting = (): Uint8Array[] => (waiting.length > 0 ? [emptyWaiting(false, 0)] : []);
  const emptyWaiting = (endsStream: boolean, trimEndSamples: number): Uint8Array => {
    const written = page(waiting, { granule: granule - Math.min(waitingSamples, trimEndSamples), endsStream });
    waiting = [];
    waitingSegments = 0;
    waitingSamples = 0;
    return written;
  };

  return {
    headers() {
      const tags = writeOpusTags('Loa Xa', options.comments ?? []);
      return [page([writeOpusHead(options.head)], { granule: 0, beginsStream: true }), page([tags], { granule: 0 })];
    },
    push(packet) {
      const samples = packetDurationSamples(packet);
      const segments = Math.floor(packet.length / 255) + 1;
      const pages: Uint8Array[] = [];
      // A full page waits for the next packet: only the last page of a file may trim its end.
      if (waitingSamples >= PAGE_SAMPLES || waitingSegments + segments > MAX_SEGMENTS) pages.push(...takeWaiting());
      waiting.push(packet);
      waitingSegments += segments;
      waitingSamples += samples;
      granule += samples;
      return pages;
    },
    flush: takeWaiting,
    end: (trimEndSamples = 0) => [emptyWaiting(true, trimEndSamples)],
  };
}

function lacingOf(packets: readonly Uint8Array[]): Uint8Array {
  const lacing: number[] = [];
  for (const packet of packets) {
    for (let left = packet.length; ; left -= 255) {
      lacing.push(Math.min(255, left));
      if (left < 255) break;
    }
  }
  return Uint8Array.from(lacing);
}
