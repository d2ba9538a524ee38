import type { Clock, Timer } from '../clock.ts';
import type { DistributionChannel, MediaPacket } from '../distribution/distributor.ts';
import { canMerge, mergePackets, packetDurationSamples } from '../media/index.ts';

const SAMPLES_PER_MS = 48;

type PacketSink = Pick<DistributionChannel, 'send'>;

/**
 * A channel that gets consecutive packets joined into longer ones of up to `packetMs`, the audio untouched: with very many speakers each packet less
 * counts. What is joined leaves as much later as it is longer. What does not fit together (a gap, another mode) leaves apart.
 */
export function joinFrames(channel: PacketSink, packetMs: number, clock: Clock): PacketSink {
  const fullSamples = packetMs * SAMPLES_PER_MS;
  let waiting: MediaPacket[] = [];
  let waitingSamples = 0;
  let patience: Timer | undefined;

  const flush = (): void => {
    const [first] = waiting;
    patience?.cancel();
    patience = undefined;
    if (!first) return;
    const joined = waiting.length === 1 ? first.payload : mergePackets(waiting.map(({ payload }) => payload));
    waiting = [];
    waitingSamples = 0;
    channel.send({ ...first, payload: Buffer.from(joined.buffer, joined.byteOffset, joined.length) });
  };
  const follows = (packet: MediaPacket): boolean => {
    const [first] = waiting;
    if (!first || packet.marker) return false;
    const isNext = packet.rtpTimestamp === (first.rtpTimestamp + waitingSamples) % 2 ** 32;
    return isNext && canMerge([...waiting.map(({ payload }) => payload), packet.payload]);
  };

  return {
    send(packet) {
      const samples = packetDurationSamples(packet.payload);
      if (waiting.length > 0 && (waitingSamples + samples > fullSamples || !follows(packet))) flush();
      waiting.push(packet);
      waitingSamples += samples;
      if (waitingSamples >= fullSamples) return flush();
      // The last frames of a programme, or those before a stall, have no followers.
      patience ??= clock.after('frames that wait to be joined', packetMs, flush);
    },
  };
}
