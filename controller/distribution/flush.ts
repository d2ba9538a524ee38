import type { Clock, Timer } from '../clock.ts';
import { OPUS_CLOCK_RATE_HZ } from '../protocol/media.ts';
import type { MediaPacket } from './distributor.ts';

/** TOC byte of a 20 ms CELT frame without content: the shortest Opus packet there is. It never sounds. */
const SILENT_PAYLOAD = Buffer.from([0xf8]);
/** Longer ago than anything that a speaker may still be playing, its own delay for a late emergency included. */
const REACH_MS = 20_000;
/** When it is said again. */
const AGAIN_MS = [40, 120];

/** A packet without sound: a pilot, or with the marker the end of everything that was captured later and sent before. */
export function silentPacket(captureAtMs: number, marker: boolean): MediaPacket {
  const rtpTimestamp = Math.round(captureAtMs * (OPUS_CLOCK_RATE_HZ / 1000)) % 2 ** 32;
  return { payload: SILENT_PAYLOAD, rtpTimestamp, captureAtMs, marker };
}

/** Takes back what a channel has sent ahead: a marked packet without sound, captured before all of it (docs/speaker-protocol.md, section 8.3). */
export class Flush {
  #clock: Clock;
  #send: (packet: MediaPacket) => void;
  #again: Timer[] = [];

  constructor(clock: Clock, send: (packet: MediaPacket) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  begin(): void {
    this.cancel();
    const say = (): void => this.#send(silentPacket(this.#clock.nowMs() - REACH_MS, true));
    say();
    this.#again = AGAIN_MS.map((afterMs) => this.#clock.after('flush of a channel', afterMs, say));
  }

  /** A programme follows: it would be taken back, too. */
  cancel(): void {
    for (const timer of this.#again.splice(0)) timer.cancel();
  }
}
