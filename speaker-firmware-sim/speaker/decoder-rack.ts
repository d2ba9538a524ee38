import type { HornRecorder } from '../listen/horn-recorder.ts';
import type { Channel } from './channel.ts';
import { OpusPlayer } from './opus-player.ts';
import type { SoundSink } from './playout.ts';

/** One decoder for each channel of a speaker whose sound is decoded, made before the first packet is due, and the recorder of its horn. */
export class DecoderRack implements SoundSink {
  readonly #recorder: HornRecorder | undefined;
  /** Whether the horn sounds: amplifier and line work. */
  readonly #drives: () => boolean;
  readonly #players = new Map<Channel, OpusPlayer | undefined>();
  #closed = false;

  constructor(recorder: HornRecorder | undefined, drives: () => boolean) {
    this.#recorder = recorder;
    this.#drives = drives;
  }

  provide(channels: readonly Channel[]): void {
    for (const [channel, player] of this.#players) {
      if (channels.includes(channel)) continue;
      this.#players.delete(channel);
      player?.close();
    }
    for (const channel of channels) {
      if (this.#players.has(channel)) continue;
      this.#players.set(channel, undefined);
      void OpusPlayer.create().then((player) => {
        if (this.#closed || !this.#players.has(channel)) player.close();
        else this.#players.set(channel, player);
      });
    }
  }

  player(channel: Channel): OpusPlayer | undefined {
    return this.#players.get(channel);
  }

  write(samples: Float32Array, fromTrueMs: number, untilTrueMs: number): void {
    if (this.#drives()) this.#recorder?.write(samples, fromTrueMs, untilTrueMs);
  }

  close(): void {
    this.#closed = true;
    for (const player of this.#players.values()) player?.close();
    this.#players.clear();
  }
}
