import { OpusPacketError, packetDurationSamples } from '../opus/packet.ts';
import { type ByteSource, memorySource, openFileSource } from './byte-source.ts';
import { OggError } from './ogg-error.ts';
import { isOpusTags, type OpusHead, parseOpusHead } from './opus-head.ts';
import { createPacketAssembler, MAX_OPUS_PACKET_BYTES, type PacketAssembler } from './packet-assembler.ts';
import { NO_GRANULE, type OggPage } from './page.ts';
import { walkPages } from './page-cursor.ts';

const MAX_HEADER_PACKET_BYTES = 1024 * 1024;
const DEFAULT_MAX_FILE_BYTES = 512 * 1024 * 1024;

export interface OpusPacket {
  readonly data: Uint8Array;
  /** 0 for the first audio packet of the file. */
  readonly index: number;
  /** Place of the packet's first sample at 48 kHz, counted from what the decoder gives first (pre-skip included). */
  readonly startSamples: number;
  readonly durationSamples: number;
}

export interface OggOpusFile {
  readonly head: OpusHead;
  readonly preSkipSamples: number;
  readonly packetCount: number;
  /** Everything the packets decode to, pre-skip and trimmed end included. */
  readonly totalSamples: number;
  /** What a listener hears: without pre-skip and without what the last granule position cuts off. */
  readonly durationSamples: number;
  /** True when reading in `recover` mode found the file cut off or damaged and kept what lies before. */
  readonly cut: boolean;
  /**
   * Packets in order, beginning with the one that holds `fromSamples` (same count as `startSamples`). A decoder needs
   * 80 ms (3840 samples) of packets before the first sample it should play exactly (RFC 7845 section 4.6).
   * The checksum of every page is verified again as it is read. @throws OggError
   */
  packets(fromSamples?: number): AsyncGenerator<OpusPacket, void, void>;
  close(): Promise<void>;
}

export interface ReadOggOpusOptions {
  maxFileBytes?: number;
  /** Accept a file that a crash cut short, up to the last whole page, instead of throwing. */
  recover?: boolean;
  /** Smaller files are read into memory at once and closed: afterwards packets need no disk. */
  wholeBelowBytes?: number;
}

/** Where reading can begin: a page on which a packet begins. */
interface IndexEntry {
  readonly offset: number;
  readonly packetIndex: number;
  readonly startSamples: number;
}

/**
 * Opens an Ogg Opus file (RFC 7845): one logical stream, mono or stereo. The whole file is read once to verify it and to
 * build an index of its pages; packets are then read from disk as they are asked for.
 * @throws OggError (and the file system's own errors)
 */
export async function readOggOpus(path: string, options: ReadOggOpusOptions = {}): Promise<OggOpusFile> {
  const source = await openSource(path, options.wholeBelowBytes ?? 0);
  try {
    return await readOggOpusSource(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openSource(path: string, wholeBelowBytes: number): Promise<ByteSource> {
  const file = await openFileSource(path);
  if (file.sizeBytes >= wholeBelowBytes) return file;
  try {
    return memorySource(await file.read(0, file.sizeBytes));
  } finally {
    await file.close();
  }
}

/** The same from any bytes. The source belongs to the returned file, which closes it. */
export async function readOggOpusSource(source: ByteSource, options: ReadOggOpusOptions = {}): Promise<OggOpusFile> {
  const maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES;
  if (source.sizeBytes === 0) throw new OggError('not_ogg', 'the file is empty', 0);
  if (source.sizeBytes > maxFileBytes) throw new OggError('too_large', `the file exceeds ${maxFileBytes} bytes`, 0);
  const { head, audioOffset, serial, sequence } = await readHeaders(source);
  const scan = await scanAudio(source, { audioOffset, serial, sequence, recover: options.recover ?? false });
  return {
    head,
    preSkipSamples: head.preSkipSamples,
    packetCount: scan.packetCount,
    totalSamples: scan.totalSamples,
    durationSamples: Math.max(0, scan.playedSamples - head.preSkipSamples),
    cut: scan.cut,
    packets: (fromSamples = 0) => readPackets(source, scan, fromSamples),
    close: () => source.close(),
  };
}

async function readHeaders(source: ByteSource): Promise<{ head: OpusHead; audioOffset: number; serial: number; sequence: number }> {
  const cursor = walkPages(source, 0);
  const first = await cursor.next();
  if (!first?.beginsStream) throw new OggError('corrupt', 'the first page does not begin a stream', 0);
  const assembler = createPacketAssembler(MAX_HEADER_PACKET_BYTES, false);
  const [headPacket, ...more] = assembler.push(first, 0);
  if (!headPacket || more.length > 0 || assembler.pending)
    throw new OggError('corrupt', 'the first page must hold the Opus header alone', 0);
  const head = parseOpusHead(headPacket);
  let sequence = first.sequence;
  for (;;) {
    const offset = cursor.offset;
    const page = await cursor.next();
    if (!page) throw new OggError('truncated', 'the file ends before any sound', offset);
    sequence = checkOrder(page, first.serial, sequence, offset);
    const packets = assembler.push(page, offset);
    if (packets.length === 0) continue;
    if (packets.length > 1 || assembler.pending || !isOpusTags(packets[0] as Uint8Array)) {
      throw new OggError('corrupt', 'the comment header is missing or shares its page with sound', offset);
    }
    return { head, audioOffset: cursor.offset, serial: first.serial, sequence };
  }
}

function checkOrder(page: OggPage, serial: number, previousSequence: number, offset: number): number {
  if (page.beginsStream || page.serial !== serial) throw new OggError('unsupported', 'more than one stream in the Ogg file', offset);
  if (page.sequence !== (previousSequence + 1) >>> 0) throw new OggError('corrupt', 'pages are missing or out of order', offset);
  return page.sequence;
}

interface Scan {
  readonly index: IndexEntry[];
  readonly packetCount: number;
  readonly totalSamples: number;
  readonly playedSamples: number;
  readonly endOffset: number;
  readonly cut: boolean;
}

interface ScanStart {
  audioOffset: number;
  serial: number;
  sequence: number;
  recover: boolean;
}

async function scanAudio(source: ByteSource, start: ScanStart): Promise<Scan> {
  const cursor = walkPages(source, start.audioOffset);
  const assembler = createPacketAssembler(MAX_OPUS_PACKET_BYTES, false);
  const index: IndexEntry[] = [];
  let { sequence } = start;
  let packetCount = 0;
  let totalSamples = 0;
  let playedSamples = 0;
  let baseGranule: number | undefined;
  let endOffset = start.audioOffset;
  let ended = false;
  let cut = false;
  try {
    for (;;) {
      const offset = cursor.offset;
      const page = await cursor.next();
      if (!page) break;
      if (ended) throw new OggError('unsupported', 'something follows the end of the stream', offset);
      sequence = checkOrder(page, start.serial, sequence, offset);
      const continues = assembler.pending;
      const packets = assembler.push(page, offset);
      const durations = packets.map((packet) => durationOf(packet, offset));
      const samples = durations.reduce((sum, value) => sum + value, 0);
      if (packets.length > 0) {
        if (page.granule === NO_GRANULE) throw new OggError('corrupt', 'a page on which packets end has no granule position', offset);
        const soundSamples = totalSamples + samples;
        baseGranule ??= page.endsStream ? Math.max(0, page.granule - soundSamples) : page.granule - soundSamples;
        playedSamples = checkGranule(page, baseGranule, soundSamples, samples, offset);
      }
      // Nothing of a page counts before all of it was checked: `recover` keeps what was counted.
      const skipped = continues ? 1 : 0;
      if (packets.length > skipped || (!continues && assembler.pending)) {
        index.push({ offset, packetIndex: packetCount + skipped, startSamples: totalSamples + (skipped ? (durations[0] ?? 0) : 0) });
      }
      packetCount += packets.length;
      totalSamples += samples;
      ended = page.endsStream;
      endOffset = cursor.offset;
    }
    if (assembler.pending || !ended) throw new OggError('truncated', 'the file is cut off before the end of the stream', cursor.offset);
  } catch (error) {
    if (!(start.recover && error instanceof OggError)) throw error;
    cut = true;
  }
  if (packetCount === 0) throw new OggError('truncated', 'the file holds no sound', endOffset);
  return { index, packetCount, totalSamples, playedSamples, endOffset, cut };
}

function durationOf(packet: Uint8Array, offset: number): number {
  try {
    return packetDurationSamples(packet);
  } catch (error) {
    if (error instanceof OpusPacketError) throw new OggError('corrupt', error.message, offset);
    throw error;
  }
}

/** Samples played up to the end of this page. Only the last page may claim fewer than its packets hold (end trimming). */
function checkGranule(page: OggPage, baseGranule: number, totalSamples: number, pageSamples: number, offset: number): number {
  if (baseGranule < 0) throw new OggError('corrupt', 'the first granule position is smaller than the sound before it', offset);
  const played = page.granule - baseGranule;
  if (played === totalSamples) return played;
  const trims = page.endsStream && played < totalSamples && played >= Math.max(0, totalSamples - pageSamples);
  if (!trims) throw new OggError('corrupt', `granule position ${page.granule} where ${baseGranule + totalSamples} is due`, offset);
  return played;
}

async function* readPackets(source: ByteSource, scan: Scan, fromSamples: number): AsyncGenerator<OpusPacket, void, void> {
  const entry = entryBefore(scan.index, fromSamples);
  if (!entry || fromSamples >= scan.totalSamples) return;
  const cursor = walkPages(source, entry.offset);
  const assembler: PacketAssembler = createPacketAssembler(MAX_OPUS_PACKET_BYTES, true);
  let { packetIndex: index, startSamples } = entry;
  while (cursor.offset < scan.endOffset) {
    const offset = cursor.offset;
    const page = await cursor.next();
    if (!page) return;
    for (const data of assembler.push(page, offset)) {
      const durationSamples = durationOf(data, offset);
      if (startSamples + durationSamples > fromSamples) yield { data, index, startSamples, durationSamples };
      index++;
      startSamples += durationSamples;
    }
  }
}

/** The last entry that starts at or before the sample (binary search). */
function entryBefore(index: readonly IndexEntry[], samples: number): IndexEntry | undefined {
  let low = 0;
  let high = index.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((index[middle]?.startSamples ?? Infinity) <= samples) low = middle;
    else high = middle - 1;
  }
  return index[low];
}
