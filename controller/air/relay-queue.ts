import type { SourcePacket } from './air.ts';

/** Internet radio comes in chunks; this much is gathered before the first packet and kept as a cushion. */
export const CUSHION_MS = 1500;
/** No live station is so far ahead, not even one that comes in segments of ten seconds: the address is a recording, read only as fast as it plays. */
export const AHEAD_MS = 40_000;
/** More than this always left over: the station runs faster than our clock, or burst at the beginning. */
const PLENTY_MS = 4000;
/** Less than this sometimes left over: the next chunk may come too late. */
const SCARCE_MS = CUSHION_MS / 3;
const QUIET_DB = -50;
const SLIP_EVERY_PACKETS = 10;
const BUCKETS = 6;
const BUCKET_MS = 5000;

interface Queued {
  packet: SourcePacket;
  levelDb: number;
}

/** What to do for the next packet's time. */
export type Taken = Queued | 'stretch' | 'empty';

/**
 * Sound that has arrived and not been aired. How much is enough is judged by the least that was left in the last 30 s: a station that sends
 * segments of ten seconds is neither late before one comes nor too early after it. Pure; the clock is the caller's.
 */
export class RelayQueue {
  #queue: Queued[] = [];
  #queuedMs = 0;
  /** Least that was left, in steps of 5 s, oldest first. */
  #lows: { untilMs: number; leftMs: number }[] = [];
  #firstAtMs: number | undefined;
  #arrivedAtMs: number | undefined;
  #longestGapMs = 0;
  #trimmedMs = 0;
  #sinceSlip = SLIP_EVERY_PACKETS;
  /** Frames are neither left out nor added: it is as long as it is. */
  isRecording = false;

  get queuedMs(): number {
    return this.#queuedMs;
  }

  put(packet: SourcePacket, levelDb: number, nowMs: number): void {
    this.#longestGapMs = this.#gapMs(nowMs);
    this.#arrivedAtMs = nowMs;
    this.#firstAtMs ??= nowMs;
    this.#queue.push({ packet, levelDb });
    this.#queuedMs += packet.durationMs;
  }

  /**
   * Before anything is aired: leaves out what has grown old while waiting, down to what the station's rhythm asks for. Never more than the
   * time that passed, for what came at once may be the beginning of a recording.
   */
  trim(nowMs: number): void {
    const keepMs = CUSHION_MS + this.#gapMs(nowMs);
    const passedMs = nowMs - (this.#firstAtMs ?? nowMs);
    for (let oldest = this.#queue[0]; oldest && !this.isRecording; oldest = this.#queue[0]) {
      const { durationMs } = oldest.packet;
      if (this.#queuedMs - durationMs < keepMs || this.#trimmedMs + durationMs > passedMs) return;
      this.#trimmedMs += durationMs;
      this.#shift();
    }
  }

  next(nowMs: number): Taken {
    this.#note(nowMs);
    const isQuiet = (this.#queue[0]?.levelDb ?? 0) < QUIET_DB;
    const maySlip = isQuiet && this.#sinceSlip >= SLIP_EVERY_PACKETS && !this.isRecording;
    this.#sinceSlip += 1;
    const leastMs = Math.min(...this.#lows.map(({ leftMs }) => leftMs));
    const isKnown = this.#lows.length === BUCKETS;
    if (maySlip && isKnown && leastMs > PLENTY_MS) this.#slip(-(this.#shift()?.packet.durationMs ?? 0));
    else if (maySlip && leastMs < SCARCE_MS) {
      this.#slip(this.#queue[0]?.packet.durationMs ?? 0);
      return 'stretch';
    }
    return this.#shift() ?? 'empty';
  }

  /** Longest time between two arrivals, the present one included. */
  #gapMs(nowMs: number): number {
    return Math.max(this.#longestGapMs, nowMs - (this.#arrivedAtMs ?? nowMs));
  }

  #note(nowMs: number): void {
    const last = this.#lows.at(-1);
    if (last && nowMs < last.untilMs) last.leftMs = Math.min(last.leftMs, this.#queuedMs);
    else this.#lows.push({ untilMs: nowMs + BUCKET_MS, leftMs: this.#queuedMs });
    if (this.#lows.length > BUCKETS) this.#lows.shift();
  }

  /** What was judged by has changed with it. */
  #slip(byMs: number): void {
    this.#sinceSlip = 0;
    for (const low of this.#lows) low.leftMs += byMs;
  }

  #shift(): Queued | undefined {
    const next = this.#queue.shift();
    if (next) this.#queuedMs -= next.packet.durationMs;
    return next;
  }
}
