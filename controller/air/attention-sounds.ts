import { Application, createEncoder, type OpusEncoderHandle } from 'libopus-wasm';
import type { Attention } from '../protocol/attention.ts';
import type { ProgrammeSource } from './air.ts';
import { createToneWriter } from './attention-tones.ts';
import { type PacketMs, pack, type StoredPacket } from './packing.ts';

const RATE_HZ = 48_000;
const FRAME_SAMPLES = 960;
const FRAME_MS = 20;
/** So many frames are encoded in one turn of the event loop: about 2 ms of work for a tenth of a second of sound. */
const FRAMES_PER_TURN = 5;
/** Whole signals kept. A commune uses three; listening to others in the console makes more. */
const KEPT_MAX = 8;

/** Attention signals, each synthesised and encoded once. What is read while it is being made comes as it is made: nobody waits for all of it. */
export class AttentionSounds {
  #sounds = new Map<string, AttentionSound>();

  sound({ signal, durationMs }: Attention): AttentionSound {
    const key = `${signal} ${durationMs}`;
    const sound = this.#sounds.get(key) ?? new AttentionSound({ signal, durationMs });
    this.#sounds.delete(key);
    this.#sounds.set(key, sound);
    for (const [oldest, { isWhole }] of this.#sounds) {
      if (this.#sounds.size <= KEPT_MAX) break;
      if (isWhole) this.#sounds.delete(oldest);
    }
    return sound;
  }

  source(attention: Attention, packetMs: PacketMs): ProgrammeSource {
    let packets: ReturnType<typeof pack> | undefined;
    return {
      kind: 'recorded',
      durationMs: attention.durationMs,
      start: async (options) => {
        const skippedFrames = Math.floor((options?.skipMs ?? 0) / FRAME_MS);
        // What was cut off begins anew where it was, softly; nothing before it has to be made for that.
        const sound = skippedFrames === 0 ? this.sound(attention) : new AttentionSound(attention, skippedFrames);
        packets = pack(sound.packets(), packetMs);
        await sound.packet(0);
      },
      async read() {
        const next = await packets?.next();
        return next?.done === false ? next.value : null;
      },
      async close() {
        await packets?.return(undefined);
      },
    };
  }
}

/** One signal of one length, as 20 ms packets. */
export class AttentionSound {
  #tone: ReturnType<typeof createToneWriter>;
  #frames: number;
  #made: StoredPacket[] = [];
  #encoder: Promise<OpusEncoderHandle> | undefined;

  /** @param fromFrame what is before it is left out */
  constructor({ signal, durationMs }: Attention, fromFrame = 0) {
    this.#frames = Math.round(durationMs / FRAME_MS) - fromFrame;
    this.#tone = createToneWriter(signal, { fromMs: fromFrame * FRAME_MS, untilMs: durationMs });
  }

  get isWhole(): boolean {
    return this.#made.length >= this.#frames;
  }

  has(index: number): boolean {
    return index < this.#made.length;
  }

  /** undefined: behind the end. */
  async packet(index: number): Promise<StoredPacket | undefined> {
    while (index >= this.#made.length && !this.isWhole) {
      this.#encoder ??= createEncoder({
        sampleRate: RATE_HZ,
        channels: 1,
        application: Application.Audio,
        bitrate: 48_000,
        frameSize: FRAME_SAMPLES,
      });
      const encoder = await this.#encoder;
      if (index >= this.#made.length) this.#encodeSome(encoder);
    }
    return this.#made[index];
  }

  async *packets(): AsyncGenerator<StoredPacket> {
    for (let index = 0; ; index++) {
      const packet = await this.packet(index);
      if (!packet) return;
      yield packet;
    }
  }

  #encodeSome(encoder: OpusEncoderHandle): void {
    for (let n = 0; n < FRAMES_PER_TURN && !this.isWhole; n++) {
      this.#made.push({ data: encoder.encodeFloat(this.#tone.next(FRAME_SAMPLES)), durationSamples: FRAME_SAMPLES });
    }
    if (this.isWhole) encoder.free();
  }
}
