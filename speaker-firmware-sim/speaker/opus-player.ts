import { createDecoder, type OpusDecoderHandle } from 'libopus-wasm';
import { CONCEALMENT_LIMIT_SAMPLES, type JitterBuffer } from './jitter-buffer.ts';
import { interpolate } from './resampler.ts';

const SAMPLE_RATE_HZ = 48_000;
/** Concealment is asked for in frames of this length (a multiple of 2.5 ms). */
const CONCEALED_FRAME = 480;
/** Concealed sound begins to fade here and is silent at the limit. */
const FADE_FROM = 60 * 48;
/** Samples kept on either side for interpolation. */
const MARGIN = 4;
const RING = 1 << 15;
/** A block that begins so far before the end of the last one is no rounding, nor a clock's correction. */
const REWOUND = 20 * 48;

/**
 * Decodes one channel in order of position and gives it out at fractional positions. Lost frames are repaired from the next packet's in-band copy or
 * concealed by the decoder, fading out.
 */
export class OpusPlayer {
  readonly #decoder: OpusDecoderHandle;
  readonly #ring = new Float32Array(RING);
  /** Position after the last decoded sample; undefined before the first. */
  #decodedUntil: number | undefined;
  /** Where the last block ended. */
  #readUntil = Number.NEGATIVE_INFINITY;
  #lastIndex = Number.NEGATIVE_INFINITY;
  #concealedRun = 0;
  decodeErrors = 0;

  private constructor(decoder: OpusDecoderHandle) {
    this.#decoder = decoder;
  }

  static async create(): Promise<OpusPlayer> {
    return new OpusPlayer(await createDecoder({ channels: 1, sampleRate: SAMPLE_RATE_HZ }));
  }

  close(): void {
    this.#decoder.free();
  }

  /** Fills `out` from position `from` on, advancing by `step` per sample. */
  read(buffer: JitterBuffer, from: number, step: number, out: Float32Array): void {
    const first = Math.floor(from) - MARGIN;
    const last = Math.ceil(from + step * out.length) + MARGIN;
    // Going back means that what was invented there has come after all (an emergency that waited).
    const isBack = from < this.#readUntil - REWOUND;
    this.#readUntil = from + step * out.length;
    if (
      this.#decodedUntil === undefined ||
      isBack ||
      from < this.#decodedUntil - RING / 2 ||
      from > this.#decodedUntil + CONCEALMENT_LIMIT_SAMPLES
    ) {
      this.#restart(buffer, first);
    }
    while ((this.#decodedUntil as number) < last) this.#decodeNext(buffer);
    const window = this.#window;
    const length = last - first;
    for (let index = 0; index < length; index++) window[index] = this.#ring[(first + index) & (RING - 1)] as number;
    const view = window.subarray(0, length);
    for (let index = 0; index < out.length; index++) out[index] = interpolate(view, from - first + index * step);
  }
  readonly #window = new Float32Array(8192);

  #restart(buffer: JitterBuffer, position: number): void {
    const packet = buffer.at(position);
    this.#decodedUntil = packet && packet.position < position ? packet.position : position;
    this.#lastIndex = Number.NEGATIVE_INFINITY;
    this.#concealedRun = CONCEALMENT_LIMIT_SAMPLES;
    this.#ring.fill(0);
  }

  #decodeNext(buffer: JitterBuffer): void {
    const at = this.#decodedUntil as number;
    const packet = buffer.at(at);
    if (packet && packet.position <= at && !packet.silent) {
      const pcm = this.#try(() => this.#decoder.decodeFloat(packet.payload));
      const skip = at - packet.position;
      this.#append(pcm ? pcm.subarray(skip) : new Float32Array(packet.samples - skip));
      this.#lastIndex = packet.index;
      this.#concealedRun = 0;
      return;
    }
    const gap = packet ? packet.position - at : CONCEALED_FRAME;
    if (
      gap <= 0 ||
      (packet && (packet.silent || packet.index === this.#lastIndex + 1)) ||
      this.#concealedRun >= CONCEALMENT_LIMIT_SAMPLES
    ) {
      this.#append(new Float32Array(Math.max(1, Math.min(CONCEALED_FRAME, gap <= 0 && packet ? packet.samples : gap))));
      this.#concealedRun = CONCEALMENT_LIMIT_SAMPLES;
      return;
    }
    if (packet?.hasFec && gap <= packet.frameSamples && gap % 120 === 0) {
      const pcm = this.#try(() => this.#decoder.decodeFloat(packet.payload, { decodeFec: true, frameSize: gap }));
      this.#append(pcm ?? new Float32Array(gap));
      return;
    }
    const fecFrom = packet?.hasFec && gap > packet.frameSamples ? gap - packet.frameSamples : gap;
    const wanted = Math.min(CONCEALED_FRAME, Math.ceil(fecFrom / 120) * 120);
    const pcm = this.#try(() => this.#decoder.decodePacketLossFloat(wanted)) ?? new Float32Array(wanted);
    const used = pcm.subarray(0, Math.min(wanted, gap));
    for (let index = 0; index < used.length; index++) {
      const faded = 1 - (this.#concealedRun + index - FADE_FROM) / (CONCEALMENT_LIMIT_SAMPLES - FADE_FROM);
      used[index] = (used[index] as number) * Math.max(0, Math.min(1, faded));
    }
    this.#concealedRun += used.length;
    this.#append(used);
  }

  #append(pcm: Float32Array): void {
    const at = this.#decodedUntil as number;
    for (let index = 0; index < pcm.length; index++) this.#ring[(at + index) & (RING - 1)] = pcm[index] as number;
    this.#decodedUntil = at + pcm.length;
  }

  /** An authentic packet that the decoder refuses is counted and replaced by silence. */
  #try(decode: () => Float32Array): Float32Array | undefined {
    try {
      return decode();
    } catch {
      this.decodeErrors++;
      return undefined;
    }
  }
}
