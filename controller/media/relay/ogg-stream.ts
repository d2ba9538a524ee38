import { isOpusTags, parseOpusHead } from '../ogg/opus-head.ts';
import { createPacketAssembler, MAX_OPUS_PACKET_BYTES } from '../ogg/packet-assembler.ts';
import { parsePage } from '../ogg/page.ts';
import { packetDurationSamples } from '../opus/packet.ts';

/** Opus packets of an Ogg stream as its bytes arrive. @throws OggError, OpusPacketError */
export async function* readOggStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ data: Uint8Array; durationSamples: number }> {
  const assembler = createPacketAssembler(MAX_OPUS_PACKET_BYTES, false);
  let buffered: Uint8Array = new Uint8Array(0);
  let offset = 0;
  let headers = 0;
  for await (const chunk of chunks) {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    for (;;) {
      const page = parsePage(buffered, offset);
      if (!page) break;
      // Packets are views into the page: cut off what follows only after they are handed on.
      for (const data of assembler.push(page, offset)) {
        if (headers === 0) parseOpusHead(data);
        if (headers === 1 && !isOpusTags(data)) throw new Error('the Ogg stream has no comment header');
        if (headers >= 2) yield { data, durationSamples: packetDurationSamples(data) };
        headers = Math.min(2, headers + 1);
      }
      buffered = buffered.subarray(page.sizeBytes);
      offset += page.sizeBytes;
    }
  }
}
