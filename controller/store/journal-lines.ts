import { crc32 } from 'node:zlib';

/** One acknowledged change that the database does not have yet. */
export interface JournalEntry {
  /** Of the entry, not of what it is about. */
  readonly id: string;
  /** Who it belongs to: `broadcast`, `audit`, ... */
  readonly kind: string;
  readonly value: unknown;
}

const LINE = /^([0-9a-f]{8}) (\{.*\})$/;
const NEWLINE = 0x0a;

/** CRC-32 of the JSON in hex digits, a space, the JSON, a newline. */
export function lineOf({ id, kind, value }: JournalEntry): string {
  const json = JSON.stringify({ id, kind, value });
  return `${checksum(json)} ${json}\n`;
}

export interface JournalContent {
  entries: JournalEntry[];
  /** Up to the end of the last whole line; what stands behind it was cut off while it was written, and never acknowledged. */
  wholeBytes: number;
  /** Up to the last byte that is not zero: behind it lies what is reserved for lines to come. */
  writtenBytes: number;
  /** Whole lines that are not what was written. */
  damagedLines: number;
}

/** Takes whatever the disk gives back: a line that was cut off or damaged costs no other. */
export function readLines(content: Uint8Array): JournalContent {
  let writtenBytes = content.length;
  while (writtenBytes > 0 && content[writtenBytes - 1] === 0) writtenBytes -= 1;
  const wholeBytes = content.subarray(0, writtenBytes).lastIndexOf(NEWLINE) + 1;
  const lines = new TextDecoder().decode(content.subarray(0, wholeBytes)).split('\n');
  lines.pop();
  const read = lines.map(entryOf);
  const entries = read.filter((entry) => entry !== undefined);
  return { entries, wholeBytes, writtenBytes, damagedLines: lines.length - entries.length };
}

function entryOf(line: string): JournalEntry | undefined {
  const [, sum, json = ''] = LINE.exec(line) ?? [];
  if (sum === undefined || sum !== checksum(json)) return undefined;
  return JSON.parse(json) as JournalEntry;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
