import { OPUS_CLOCK_RATE_HZ, SILENT_PAYLOAD_MAX_BYTES } from '../../controller/protocol/media.ts';
import { readOpusPacket } from './opus-packet.ts';

const SAMPLES_PER_MS = OPUS_CLOCK_RATE_HZ / 1000;
/** A gap up to this long is concealed and still counts as sound (contract with the controller). */
export const CONCEALMENT_LIMIT_SAMPLES = 200 * SAMPLES_PER_MS;
/** Bounds memory: 30 s ahead in 10 ms packets, and their bytes. */
const MOST_FRAMES = 3000;
const MOST_AHEAD_SAMPLES = 30_000 * SAMPLES_PER_MS;
/** A capture time this far off the line of its run begins a new run. */
const SAME_RUN_MS = 2;

/** One Opus packet on its channel's timeline. Positions are 48 kHz samples since the buffer's base instant. */
export interface BufferedPacket {
  position: number;
  samples: number;
  frameSamples: number;
  /** Extended sequence number: neighbours differ by one. */
  index: number;
  hasFec: boolean;
  /** DTX or pilot: nothing sounds, and nothing is missing behind it. */
  silent: boolean;
  payload: Buffer;
  arrivalMs: number;
}

export interface MediaPacket {
  index: number;
  timestamp: number;
  /** undefined: the packet carried no abs-capture-time. */
  captureAtMs: number | undefined;
  payload: Buffer;
  arrivalMs: number;
  /** First packet after silence (RFC 3551 section 4.1). */
  marker: boolean;
}

export type InsertResult = 'queued' | 'silent' | 'late' | 'duplicate' | 'full' | 'malformed' | 'unplaced';

/** What is due at a position. */
export type Coverage =
  /** A packet covers it. */
  | 'packet'
  /** Lost, but the next packet carries a copy (in-band FEC). */
  | 'fec'
  /** Lost for certain, within the limit of concealment. */
  | 'conceal'
  /** Nothing has come after the last packet yet; within the limit of concealment. */
  | 'dry'
  /** Lost for certain and beyond the limit. */
  | 'missing'
  /** Programme silence, or the end. */
  | 'nothing';

/**
 * Packets of one channel in the order of their capture times. Knows nothing of clocks: positions come in as arguments.
 * Memory is bounded; packets before the read position are dropped.
 */
export class JitterBuffer {
  #packets: BufferedPacket[] = [];
  #baseMs: number | undefined;
  #run: { position: number; timestamp: number; index: number } | undefined;
  #readPosition = Number.NEGATIVE_INFINITY;
  /** End and index of the last packet that was passed by the read position. */
  #passed: { end: number; index: number; silent: boolean } | undefined;
  #ended = false;

  /** Epoch ms of position 0; undefined before the first packet. */
  get baseMs(): number | undefined {
    return this.#baseMs;
  }
  get length(): number {
    return this.#packets.length;
  }
  /** Nothing queued and no gap to conceal: rendering may skip this channel. */
  get idle(): boolean {
    return this.#packets.length === 0 && (this.#passed === undefined || this.#passed.silent || this.#ended);
  }
  /** Samples buffered ahead of a position. */
  aheadOf(position: number): number {
    const last = this.#packets[this.#packets.length - 1];
    return last ? Math.max(0, last.position + last.samples - position) : 0;
  }
  /** Length of the newest packet; 20 ms before there is one. */
  get packetMs(): number {
    return (this.#packets[this.#packets.length - 1]?.samples ?? 960) / SAMPLES_PER_MS;
  }
  /** Where the last queued packet ends; undefined when nothing is queued. */
  get endPosition(): number | undefined {
    const last = this.#packets[this.#packets.length - 1];
    return last ? last.position + last.samples : undefined;
  }
  get first(): BufferedPacket | undefined {
    return this.#packets[0];
  }
  /** The first that is neither pilot nor silence. */
  get firstProgramme(): BufferedPacket | undefined {
    return this.#packets.find((packet) => !packet.silent);
  }

  positionAt(captureAtMs: number): number {
    return (captureAtMs - (this.#baseMs ?? captureAtMs)) * SAMPLES_PER_MS;
  }
  captureAtMs(position: number): number {
    return (this.#baseMs ?? 0) + position / SAMPLES_PER_MS;
  }

  insert(packet: MediaPacket): InsertResult {
    const facts = readOpusPacket(packet.payload);
    if (!facts) return 'malformed';
    const silent = packet.payload.length <= SILENT_PAYLOAD_MAX_BYTES;
    const position = this.#place(packet);
    if (position === undefined) return 'unplaced';
    if (position + facts.samples <= this.#readPosition) return silent ? 'silent' : 'late';
    if (this.#packets.length >= MOST_FRAMES) return 'full';
    const reference = Number.isFinite(this.#readPosition) ? this.#readPosition : (this.#packets[0]?.position ?? position);
    if (position - reference > MOST_AHEAD_SAMPLES && this.#packets.length > 0) return 'full';
    const entry: BufferedPacket = {
      position,
      samples: facts.samples,
      frameSamples: facts.frameSamples,
      hasFec: facts.hasFec,
      index: packet.index,
      silent,
      payload: packet.payload,
      arrivalMs: packet.arrivalMs,
    };
    if (packet.marker) this.#ended = false;
    if (silent && this.#onlySilent()) this.#packets.length = 0;
    return this.#store(entry) ? (silent ? 'silent' : 'queued') : 'duplicate';
  }

  /** No more packets will come: what follows the last one is silence, not loss. Stragglers do not change that; a new programme's marker does. */
  end(): void {
    this.#ended = true;
  }

  reopen(): void {
    this.#ended = false;
  }

  clear(): void {
    this.#packets = [];
    this.#passed = undefined;
    this.#run = undefined;
    this.#readPosition = Number.NEGATIVE_INFINITY;
  }

  /** Sequence numbers start anew (new keys, new stream): indices before and after can't be compared. */
  restartSequence(): void {
    this.#run = undefined;
    if (this.#passed) this.#passed = { ...this.#passed, index: Number.NEGATIVE_INFINITY };
    for (const packet of this.#packets) packet.index = Number.NEGATIVE_INFINITY;
  }

  /** It will be read from an earlier position than before: what belongs there is no longer late. */
  rewind(): void {
    this.#readPosition = Number.NEGATIVE_INFINITY;
  }

  /** Drops what ends at or before the position. */
  advance(position: number): void {
    if (position > this.#readPosition) this.#readPosition = position;
    let dropped = 0;
    for (const packet of this.#packets) {
      if (packet.position + packet.samples > position) break;
      this.#passed = { end: packet.position + packet.samples, index: packet.index, silent: packet.silent };
      dropped++;
    }
    if (dropped > 0) this.#packets.splice(0, dropped);
  }

  /** The packet that covers or follows a position, among those that arrived by `deadlineMs`. */
  at(position: number, deadlineMs = Number.POSITIVE_INFINITY): BufferedPacket | undefined {
    for (const packet of this.#packets) {
      if (packet.position + packet.samples > position && packet.arrivalMs <= deadlineMs) return packet;
    }
    return undefined;
  }

  /** What sounds at `position`, where a block of `span` samples begins. `advance` must have been called with the position or an earlier one. */
  coverage(position: number, span: number, deadlineMs: number): Coverage {
    let before = this.#passed;
    let next: BufferedPacket | undefined;
    for (const packet of this.#packets) {
      if (packet.arrivalMs > deadlineMs) continue;
      if (packet.position + packet.samples <= position) {
        before = { end: packet.position + packet.samples, index: packet.index, silent: packet.silent };
        continue;
      }
      next = packet;
      break;
    }
    if (next && next.position < position + span && !next.silent) {
      if (next.position <= position || !before || before.silent || next.index === before.index + 1) return 'packet';
      return position >= next.position - span / 2 ? 'packet' : this.#lost(position, before, next);
    }
    if (!before || before.silent) return 'nothing';
    if (next) return next.silent || next.index === before.index + 1 ? 'nothing' : this.#lost(position, before, next);
    if (this.#ended) return 'nothing';
    return position < before.end + CONCEALMENT_LIMIT_SAMPLES ? 'dry' : 'nothing';
  }

  #lost(position: number, before: { end: number; index: number }, next: BufferedPacket): Coverage {
    // A stream that began anew tells nothing about how many packets are missing between the two.
    if (!Number.isFinite(before.index) || next.index < before.index)
      return position < before.end + CONCEALMENT_LIMIT_SAMPLES ? 'dry' : 'nothing';
    if (next.hasFec && position >= next.position - next.frameSamples) return 'fec';
    return position < before.end + CONCEALMENT_LIMIT_SAMPLES ? 'conceal' : 'missing';
  }

  #onlySilent(): boolean {
    return this.#packets.every((packet) => packet.silent);
  }

  /** Position by the run's line where there is one, so that rounding of capture times never opens gaps of a sample. */
  #place(packet: MediaPacket): number | undefined {
    const run = this.#run;
    const onLine = run ? run.position + ((packet.timestamp - run.timestamp) | 0) : undefined;
    if (packet.captureAtMs === undefined) return onLine;
    this.#baseMs ??= packet.captureAtMs;
    const stamped = (packet.captureAtMs - this.#baseMs) * SAMPLES_PER_MS;
    if (onLine !== undefined && Math.abs(onLine - stamped) < SAME_RUN_MS * SAMPLES_PER_MS) {
      if (run && packet.index > run.index) this.#run = { position: onLine, timestamp: packet.timestamp, index: packet.index };
      return onLine;
    }
    const position = Math.round(stamped);
    if (!run || packet.index > run.index) {
      this.#run = { position, timestamp: packet.timestamp, index: packet.index };
      this.#dropRetimed(position, packet.index);
    }
    return position;
  }

  /** The source started again at an instant for which older packets are queued: the newer ones are meant. */
  #dropRetimed(position: number, index: number): void {
    this.#packets = this.#packets.filter((packet) => packet.position + packet.samples <= position || packet.index > index);
  }

  #store(entry: BufferedPacket): boolean {
    let at = this.#packets.length;
    while (at > 0 && (this.#packets[at - 1] as BufferedPacket).position > entry.position) at--;
    const before = this.#packets[at - 1];
    if (before && before.position + before.samples > entry.position) return false;
    const after = this.#packets[at];
    if (after && entry.position + entry.samples > after.position) return false;
    if (at === this.#packets.length) this.#packets.push(entry);
    else this.#packets.splice(at, 0, entry);
    return true;
  }
}
