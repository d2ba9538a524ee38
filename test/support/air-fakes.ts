import type { AiredCopies, ProgrammeSource, SourcePacket } from '../../controller/air/index.ts';
import type { DistributionChannel, MediaPacket } from '../../controller/distribution/index.ts';

/** A source of given packets; the payload's bytes tell the packets apart. */
export function listSource(
  packets: readonly SourcePacket[],
  kind: 'recorded' | 'live' = 'recorded',
): ProgrammeSource & { closed: boolean } {
  let next = 0;
  return {
    kind,
    durationMs: packets.reduce((sum, packet) => sum + packet.durationMs, 0),
    closed: false,
    async start(options) {
      for (let skippedMs = 0; next < packets.length && skippedMs < (options?.skipMs ?? 0); next++)
        skippedMs += packets[next]?.durationMs ?? 0;
    },
    async read() {
      return packets[next++] ?? null;
    },
    async close() {
      this.closed = true;
    },
  };
}

/** A channel that notes when each packet was handed to it. */
export function notingChannel(nowMs: () => number): DistributionChannel & { sent: (MediaPacket & { sentAtMs: number })[] } {
  const sent: (MediaPacket & { sentAtMs: number })[] = [];
  return {
    channelId: 'noting',
    class: 'normal',
    sent,
    send: (packet) => void sent.push({ ...packet, sentAtMs: nowMs() }),
    flush() {},
    addSpeaker: () => Promise.reject(new Error('nobody listens here')),
    removeSpeaker() {},
    streams: () => new Map(),
    close() {},
  };
}

/** Copies that are only counted. */
export function countedCopies(): AiredCopies & { written: number; gapMs: number; open: number } {
  return {
    written: 0,
    gapMs: 0,
    open: 0,
    async start() {},
    begin() {
      this.open += 1;
      return {
        write: () => {
          this.written += 1;
        },
        gap: (durationMs) => {
          this.gapMs += durationMs;
        },
        close: async () => {
          this.open -= 1;
        },
      };
    },
    async close() {},
  };
}
