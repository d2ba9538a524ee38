import { canMerge, mergePackets } from '../media/index.ts';

const SAMPLES_PER_MS = 48;

export interface StoredPacket {
  readonly data: Uint8Array;
  readonly durationSamples: number;
}

/**
 * Joins stored packets into longer ones of up to `packetMs` without touching the audio: a third of the datagrams, headers
 * and encryptions. What cannot be joined (another mode or bandwidth) goes alone.
 */
export async function* pack(
  packets: AsyncIterable<StoredPacket> | Iterable<StoredPacket>,
  packetMs: number,
): AsyncGenerator<{ payload: Buffer; durationMs: number }> {
  const fullSamples = packetMs * SAMPLES_PER_MS;
  let waiting: Uint8Array[] = [];
  let waitingSamples = 0;
  const take = (): { payload: Buffer; durationMs: number } => {
    const joined = waiting.length === 1 ? (waiting[0] as Uint8Array) : mergePackets(waiting);
    const taken = { payload: Buffer.from(joined.buffer, joined.byteOffset, joined.length), durationMs: waitingSamples / SAMPLES_PER_MS };
    waiting = [];
    waitingSamples = 0;
    return taken;
  };
  for await (const packet of packets) {
    const fits = waitingSamples + packet.durationSamples <= fullSamples;
    if (waiting.length > 0 && !(fits && canMerge([...waiting, packet.data]))) yield take();
    waiting.push(packet.data);
    waitingSamples += packet.durationSamples;
    if (waitingSamples >= fullSamples) yield take();
  }
  if (waiting.length > 0) yield take();
}
