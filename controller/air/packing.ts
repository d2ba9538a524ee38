import { canMerge, mergePackets } from '../media/index.ts';

const SAMPLES_PER_MS = 48;

export interface StoredPacket {
  readonly data: Uint8Array;
  readonly durationSamples: number;
}

/** How long packets are, ms; or how long the next one may be when so much has been packed. */
export type PacketMs = number | ((packedMs: number) => number);

/** Short at the beginning, so that it is there at once; then long, which costs a sixth and is sent far ahead. */
export function shortThenLong(packedMs: number): number {
  return packedMs < 480 ? 20 : 120;
}

/**
 * Joins stored packets into longer ones of up to `packetMs` without touching the audio: a third of the datagrams, headers
 * and encryptions. What cannot be joined (another mode or bandwidth) goes alone.
 */
export async function* pack(
  packets: AsyncIterable<StoredPacket> | Iterable<StoredPacket>,
  packetMs: PacketMs,
): AsyncGenerator<{ payload: Buffer; durationMs: number }> {
  const lengthAt = (packedMs: number): number => (typeof packetMs === 'number' ? packetMs : packetMs(packedMs)) * SAMPLES_PER_MS;
  let packedMs = 0;
  let fullSamples = lengthAt(0);
  let waiting: Uint8Array[] = [];
  let waitingSamples = 0;
  const take = (): { payload: Buffer; durationMs: number } => {
    const joined = waiting.length === 1 ? (waiting[0] as Uint8Array) : mergePackets(waiting);
    const taken = { payload: Buffer.from(joined.buffer, joined.byteOffset, joined.length), durationMs: waitingSamples / SAMPLES_PER_MS };
    packedMs += taken.durationMs;
    fullSamples = lengthAt(packedMs);
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
