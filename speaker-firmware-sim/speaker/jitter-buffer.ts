import { OPUS_CLOCK_RATE_HZ, SILENT_PAYLOAD_MAX_BYTES } from '../../controller/protocol/media.ts';
import { readOpusPacket } from './opus-packet.ts';

const SAMPLES_PER_MS = OPUS_CLOCK_RATE_HZ / 1000;
/** A gap up to this long is concealed and still counts as sound (contract with the controller). */
export const CONCEALMENT_LIMIT_SAMPLES = 200 * SAMPLES_PER_MS;
/** Bounds memory: 30 s ahead in 10 ms packets, and their bytes. */
const MOST_FRAMES = 3000;
const MOST_AHEAD_SAMPLES = 30_000 * SAMPLES_PER_MS;
/** What capture times of two runs differ by their rounding is no overlap. */
const OVERLAP_SAMPLES = SAMPLES_PER_MS;
/** Sound of a stopped programme that is older has no patience left anyway. */
const STOPPED_REACH_MS = 30_000;
/** Beginnings that are remembered. */
const MOST_MARKS = 8;
/** A capture time this far off the line of its run begins a new run. */
const SAME_RUN_MS = 2;
/** Sequence numbers of packets without sound that are remembered. */
const MOST_SILENT_NUMBERS = 64;

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
  /** Where programmes and their passes began: packets with the marker, the newest last. */
  #marks: { position: number; index: number }[] = [];
  /** The programme was stopped at this capture instant: what it had sent is refused until another begins. */
  #stopped: { atMs: number; until: 'marker' | 'floor' } | undefined;
  /** Taken by packets that have no sound: nothing is missing where they are. The newest last. */
  #silentNumbers = new Set<number>();
  readonly #patient: boolean;

  /** @param options.patient what comes too late is kept all the same, as long as nothing after it has been played */
  constructor(options: { patient: boolean } = { patient: false }) {
    this.#patient = options.patient;
  }

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
    if (!silent && this.#isOfStopped(packet)) return 'late';
    if (silent && !packet.marker) {
      this.#rememberSilent(packet.index);
      // A pilot may come while an emergency plays that was sent ahead: it proves the path, and takes no place from a word.
      if (this.#isAmidSound(packet)) return 'silent';
    }
    const position = this.#place(packet);
    if (position === undefined) return 'unplaced';
    if (this.#isReplaced(position + facts.samples, packet.index)) return silent ? 'silent' : 'late';
    // A marked packet without sound is the end of all that was sent before it.
    if (packet.marker && !this.#marks.some(({ index }) => index > packet.index)) this.#ended = silent;
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
    if (silent && this.#onlySilent()) this.#packets.length = 0;
    return this.#store(entry) ? (silent ? 'silent' : 'queued') : 'duplicate';
  }

  /** No more packets will come: what follows the last one is silence, not loss. Stragglers do not change that; a new programme's marker does. */
  end(): void {
    this.#ended = true;
  }

  /**
   * The programme was stopped: nothing of it is wanted any more, neither what is queued nor what is still on its way. A programme that began after the stop stays.
   * @param atMs capture instant at which it was stopped
   */
  stop(atMs: number): void {
    this.#ended = true;
    this.#passed = undefined;
    const newer = this.#marks.find((mark) => this.captureAtMs(mark.position) >= atMs);
    this.#packets = newer ? this.#packets.filter((packet) => packet.index >= newer.index) : [];
    if (newer) this.#ended = false;
    this.#stopped = { atMs, until: newer ? 'floor' : 'marker' };
  }

  /** A programme was announced from this capture instant on: what was captured since may be its own, also where its first packet got lost. */
  expectProgramme(sinceMs: number): void {
    if (this.#stopped) this.#stopped = sinceMs < this.#stopped.atMs ? undefined : { ...this.#stopped, until: 'floor' };
    this.#ended = false;
  }

  /** Where the newest programme or pass began among those after one position and up to another. */
  markBetween(after: number, upTo: number): number | undefined {
    return this.#marks.findLast(({ position }) => position > after && position <= upTo)?.position;
  }

  /** The oldest sound that has arrived by `deadlineMs` and was not played; undefined: there is none. */
  oldestUnplayed(deadlineMs: number): number | undefined {
    const packet = this.#packets.find(({ silent, arrivalMs }) => !silent && arrivalMs <= deadlineMs);
    return packet && Math.max(packet.position, this.#readPosition);
  }

  /** Sequence numbers start anew (new keys, new stream): indices before and after can't be compared. */
  restartSequence(): void {
    this.#run = undefined;
    this.#marks = [];
    this.#silentNumbers.clear();
    if (this.#passed) this.#passed = { ...this.#passed, index: Number.NEGATIVE_INFINITY };
    for (const packet of this.#packets) packet.index = Number.NEGATIVE_INFINITY;
  }

  /** It will be read from an earlier position than before: what belongs there is no longer late. */
  rewind(): void {
    this.#readPosition = Number.NEGATIVE_INFINITY;
  }

  /** Drops what ends at or before the position. */
  advance(position: number): void {
    let dropped = 0;
    for (const packet of this.#packets) {
      if (packet.position + packet.samples > position) break;
      this.#passed = { end: packet.position + packet.samples, index: packet.index, silent: packet.silent };
      dropped++;
    }
    if (dropped > 0) this.#packets.splice(0, dropped);
    const next = this.#packets[0];
    const isCovered = next !== undefined && next.position <= position;
    const readPosition = this.#patient && !isCovered ? (this.#passed?.end ?? Number.NEGATIVE_INFINITY) : position;
    this.#readPosition = Math.max(this.#readPosition, Math.min(readPosition, position));
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
      if (next.position <= position || !before || before.silent || this.#follows(before.index, next.index)) return 'packet';
      return position >= next.position - span / 2 ? 'packet' : this.#lost(position, before, next);
    }
    if (!before || before.silent) return 'nothing';
    if (next) return next.silent || this.#follows(before.index, next.index) ? 'nothing' : this.#lost(position, before, next);
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

  /** Nothing that sounds was sent between the two. */
  #follows(before: number, next: number): boolean {
    let index = before + 1;
    while (index < next && this.#silentNumbers.has(index)) index++;
    return index === next;
  }

  #rememberSilent(index: number): void {
    this.#silentNumbers.add(index);
    if (this.#silentNumbers.size > MOST_SILENT_NUMBERS) this.#silentNumbers.delete(this.#silentNumbers.values().next().value as number);
  }

  /** Sound is queued for this instant, or for a later one. */
  #isAmidSound({ captureAtMs, timestamp }: MediaPacket): boolean {
    const run = this.#run;
    const onLine = run && run.position + ((timestamp - run.timestamp) | 0);
    const position = captureAtMs === undefined ? onLine : this.positionAt(captureAtMs);
    return position !== undefined && this.#packets.some((packet) => !packet.silent && endOf(packet) > position + OVERLAP_SAMPLES);
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
      if (packet.marker) this.#begins(onLine, packet);
      if (run && packet.index > run.index) this.#run = { position: onLine, timestamp: packet.timestamp, index: packet.index };
      return onLine;
    }
    const position = Math.round(stamped);
    const isNewest = !run || packet.index > run.index;
    if (isNewest || packet.marker) this.#begins(position, packet);
    if (isNewest) this.#run = { position, timestamp: packet.timestamp, index: packet.index };
    return position;
  }

  /** The source started again at an instant for which older packets are queued, or may still come: the newer ones are meant. */
  #begins(position: number, { index, marker }: MediaPacket): void {
    this.#packets = this.#packets.filter((packet) => endOf(packet) <= position + OVERLAP_SAMPLES || packet.index > index);
    if (!marker || this.#marks.some((mark) => mark.index === index)) return;
    this.#marks = [...this.#marks, { position, index }].sort((one, other) => one.index - other.index).slice(-MOST_MARKS);
  }

  /** A packet of before a new beginning that lies where, or after, that begins. */
  #isReplaced(end: number, index: number): boolean {
    return this.#marks.some((mark) => index < mark.index && end > mark.position + OVERLAP_SAMPLES);
  }

  #isOfStopped(packet: MediaPacket): boolean {
    const stopped = this.#stopped;
    if (!stopped || packet.captureAtMs === undefined) return false;
    // Far before the stop: the controller's clock was set back meanwhile.
    if (packet.captureAtMs < stopped.atMs - STOPPED_REACH_MS) return false;
    if (packet.captureAtMs < stopped.atMs) return true;
    if (packet.marker) stopped.until = 'floor';
    return stopped.until === 'marker';
  }

  /**
   * Where two packets claim the same place, the newer one is meant: a programme that follows a stopped one may lie where that had been sent ahead. A pilot is no claim: sound
   * that was lost and is repaired after it takes its place.
   */
  #store(entry: BufferedPacket): boolean {
    const packets = this.#packets;
    let to = packets.length;
    while (to > 0 && (packets[to - 1] as BufferedPacket).position >= entry.position + entry.samples - OVERLAP_SAMPLES) to--;
    let from = to;
    while (from > 0 && endOf(packets[from - 1] as BufferedPacket) > entry.position + OVERLAP_SAMPLES) {
      from--;
      const other = packets[from] as BufferedPacket;
      if (other.index >= entry.index && (entry.silent || !other.silent)) return false;
    }
    packets.splice(from, to - from, entry);
    return true;
  }
}

function endOf(packet: BufferedPacket): number {
  return packet.position + packet.samples;
}
