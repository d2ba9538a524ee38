import { Application, createEncoder } from 'libopus-wasm';
import { CHIME_MS } from '../protocol/media.ts';
import type { ProgrammeSource } from './air.ts';
import { type PacketMs, pack, type StoredPacket } from './packing.ts';

const RATE_HZ = 48_000;
const FRAME_SAMPLES = 960;
/** Three notes of a major chord, downwards: heard over traffic, and not mistaken for an alarm. */
const NOTES = [
  { frequencyHz: 784, atMs: 0 },
  { frequencyHz: 659.3, atMs: 380 },
  { frequencyHz: 523.3, atMs: 760 },
];
const DECAY_MS = 420;
const PEAK = 0.28;

export interface Chime {
  readonly packets: readonly StoredPacket[];
  readonly durationMs: number;
}

/** The station's chime, synthesised and encoded once (about 20 ms of work). */
export async function makeChime(): Promise<Chime> {
  const encoder = await createEncoder({
    sampleRate: RATE_HZ,
    channels: 1,
    application: Application.Audio,
    bitrate: 48_000,
    frameSize: FRAME_SAMPLES,
  });
  try {
    const pcm = synthesise();
    const packets: StoredPacket[] = [];
    for (let at = 0; at + FRAME_SAMPLES <= pcm.length; at += FRAME_SAMPLES) {
      packets.push({ data: encoder.encodeFloat(pcm.subarray(at, at + FRAME_SAMPLES)), durationSamples: FRAME_SAMPLES });
    }
    return { packets, durationMs: (packets.length * FRAME_SAMPLES * 1000) / RATE_HZ };
  } finally {
    encoder.free();
  }
}

export function chimeSource(chime: Chime, packetMs: PacketMs): ProgrammeSource {
  let packets: ReturnType<typeof pack> | undefined;
  return {
    kind: 'recorded',
    durationMs: chime.durationMs,
    async start(options) {
      const skipped = Math.floor(((options?.skipMs ?? 0) * RATE_HZ) / 1000 / FRAME_SAMPLES);
      packets = pack(chime.packets.slice(skipped), packetMs);
    },
    async read() {
      const next = await packets?.next();
      return next?.done === false ? { ...next.value, isChime: true } : null;
    },
    async close() {},
  };
}

/** Struck bars: a fundamental and a quieter, faster dying overtone. */
function synthesise(): Float32Array {
  const pcm = new Float32Array((RATE_HZ * CHIME_MS) / 1000);
  for (const { frequencyHz, atMs } of NOTES) {
    const from = Math.round((atMs * RATE_HZ) / 1000);
    for (let i = from; i < pcm.length; i++) {
      const seconds = (i - from) / RATE_HZ;
      const attack = Math.min(1, seconds / 0.006);
      const body = Math.sin(2 * Math.PI * frequencyHz * seconds) * Math.exp((-seconds * 1000) / DECAY_MS);
      const overtone = 0.35 * Math.sin(2 * Math.PI * 2.76 * frequencyHz * seconds) * Math.exp((-seconds * 1000) / (DECAY_MS / 4));
      const end = Math.min(1, (pcm.length - i) / (0.05 * RATE_HZ));
      pcm[i] = (pcm[i] ?? 0) + PEAK * attack * end * (body + overtone);
    }
  }
  return pcm;
}
