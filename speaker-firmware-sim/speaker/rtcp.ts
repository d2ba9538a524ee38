/** RTCP (RFC 3550 section 6) and generic NACK (RFC 4585 section 6.2.1): what a speaker writes and reads. */
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GENERIC_FEEDBACK = 205;
const GENERIC_NACK = 1;
const CNAME = 1;

export interface ReportBlock {
  ssrc: number;
  /** Share of packets lost since the last report, 0 to 1. */
  fractionLost: number;
  cumulativeLost: number;
  extendedHighestSequence: number;
  /** In units of the RTP clock. */
  jitter: number;
  /** Middle 32 bits of the last sender report's NTP time; 0 if none came. */
  lastSenderReport: number;
  /** Delay since that report, in 1/65536 s. */
  delaySinceLastSenderReport: number;
}

/** Compound packet: receiver report and, as RFC 3550 section 6.1 demands, the source's name. */
export function writeReceiverReport(senderSsrc: number, cname: string, blocks: readonly ReportBlock[]): Buffer {
  const reportBytes = 8 + 24 * blocks.length;
  const name = Buffer.from(cname.slice(0, 200), 'utf8');
  // Items end with a zero byte and are padded with zeros to a multiple of four.
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const packet = Buffer.alloc(reportBytes + 4 + chunkBytes);
  packet[0] = 0x80 | blocks.length;
  packet[1] = RECEIVER_REPORT;
  packet.writeUInt16BE(reportBytes / 4 - 1, 2);
  packet.writeUInt32BE(senderSsrc, 4);
  for (const [index, block] of blocks.entries()) {
    const offset = 8 + 24 * index;
    packet.writeUInt32BE(block.ssrc, offset);
    packet[offset + 4] = Math.max(0, Math.min(255, Math.floor(block.fractionLost * 256)));
    packet.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)), offset + 5, 3);
    packet.writeUInt32BE(block.extendedHighestSequence >>> 0, offset + 8);
    packet.writeUInt32BE(Math.round(block.jitter) >>> 0, offset + 12);
    packet.writeUInt32BE(block.lastSenderReport >>> 0, offset + 16);
    packet.writeUInt32BE(Math.round(block.delaySinceLastSenderReport) >>> 0, offset + 20);
  }
  packet[reportBytes] = 0x81;
  packet[reportBytes + 1] = SOURCE_DESCRIPTION;
  packet.writeUInt16BE((4 + chunkBytes) / 4 - 1, reportBytes + 2);
  packet.writeUInt32BE(senderSsrc, reportBytes + 4);
  packet[reportBytes + 8] = CNAME;
  packet[reportBytes + 9] = name.length;
  name.copy(packet, reportBytes + 10);
  return packet;
}

/** Sequence numbers (16 bit, ascending modulo 2^16) folded into pairs of first lost packet and bit mask of the 16 after it. */
export function writeGenericNack(senderSsrc: number, mediaSsrc: number, sequences: readonly number[]): Buffer {
  const items: { first: number; mask: number }[] = [];
  for (const sequence of sequences) {
    const last = items[items.length - 1];
    const distance = last ? (sequence - last.first) & 0xffff : 0;
    if (last && distance >= 1 && distance <= 16) last.mask |= 1 << (distance - 1);
    else items.push({ first: sequence, mask: 0 });
  }
  const packet = Buffer.alloc(12 + 4 * items.length);
  packet[0] = 0x80 | GENERIC_NACK;
  packet[1] = GENERIC_FEEDBACK;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  for (const [index, item] of items.entries()) {
    packet.writeUInt16BE(item.first, 12 + 4 * index);
    packet.writeUInt16BE(item.mask, 14 + 4 * index);
  }
  return packet;
}

export interface SenderReport {
  ssrc: number;
  /** Middle 32 bits of the NTP time, to be echoed in receiver reports. */
  compactNtp: number;
  rtpTimestamp: number;
}

/** Sender reports of a compound packet; undefined when its structure is broken. Packet types that a speaker does not need are skipped. */
export function readSenderReports(compound: Buffer): SenderReport[] | undefined {
  const reports: SenderReport[] = [];
  let offset = 0;
  while (offset < compound.length) {
    if (offset + 8 > compound.length || (compound[offset] as number) >> 6 !== 2) return undefined;
    const bytes = 4 * (compound.readUInt16BE(offset + 2) + 1);
    if (offset + bytes > compound.length) return undefined;
    if (compound[offset + 1] === SENDER_REPORT) {
      if (bytes < 28) return undefined;
      reports.push({
        ssrc: compound.readUInt32BE(offset + 4),
        compactNtp: compound.readUInt32BE(offset + 10),
        rtpTimestamp: compound.readUInt32BE(offset + 16),
      });
    }
    offset += bytes;
  }
  return reports;
}
