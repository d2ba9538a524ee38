import { createCipheriv, createDecipheriv, randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { MediaGrant } from '../../controller/protocol/speaker-control.ts';

/**
 * A speaker's network end written from the RFCs alone (3550, 3711, 4585, 7714), so that the distributor is not tested with
 * code it shares. SRTP without rollover counter: good for fewer than 2^15 packets.
 */
export interface ReceivedPacket {
  ssrc: number;
  sequenceNumber: number;
  rtpTimestamp: number;
  payloadType: number;
  marker: boolean;
  /** undefined: the packet carries no abs-capture-time. */
  captureAtMs: number | undefined;
  extensionIds: number[];
  payload: Buffer;
  sizeBytes: number;
  receivedAtMs: number;
}

export interface SrtpReceiver {
  readonly packets: ReceivedPacket[];
  /** Packets that failed authentication or parsing. */
  readonly rejected: number;
  /** Sends the receiver report that opens the path. */
  open(): void;
  nack(ssrc: number, sequenceNumbers: readonly number[]): void;
  onPacket(listener: (packet: ReceivedPacket) => void): void;
  close(): void;
}

type MediaPath = Omit<MediaGrant, 'channels'>;

/** @param onDatagram takes what arrives as it is on the wire (SRTP and SRTCP); then nothing is decrypted nor kept */
export async function createSrtpReceiver(
  path: MediaPath,
  family?: 'ipv4' | 'ipv6',
  onDatagram?: (datagram: Buffer) => void,
): Promise<SrtpReceiver> {
  const address = path.addresses.find((candidate) => family === undefined || candidate.family === family);
  if (!address) throw new Error(`no ${family} address in the grant`);
  const socket: Socket = createSocket({ type: address.family === 'ipv6' ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
  socket.bind(0, address.family === 'ipv6' ? '::1' : '127.0.0.1');
  await once(socket, 'listening');
  const ours = deriveKeys(path.speakerKey);
  const theirs = deriveKeys(path.controllerKey);
  const ownSsrc = randomInt(1, 2 ** 31);
  const packets: ReceivedPacket[] = [];
  const listeners: ((packet: ReceivedPacket) => void)[] = [];
  let rejected = 0;
  let srtcpIndex = 0;
  let closed = false;

  socket.on('message', (datagram) => {
    if (onDatagram) return onDatagram(datagram);
    const second = datagram[1] ?? 0;
    if (second >= 192 && second <= 223) return;
    try {
      const packet = unprotect(datagram, theirs, path.absCaptureTimeId);
      packets.push(packet);
      for (const listener of listeners) listener(packet);
    } catch {
      rejected += 1;
    }
  });

  const sendRtcp = (compound: Buffer): void => {
    if (closed) return;
    socket.send(protectRtcp(compound, ours, ownSsrc, srtcpIndex), address.port, address.ip);
    srtcpIndex += 1;
  };
  return {
    packets,
    get rejected() {
      return rejected;
    },
    open: () => sendRtcp(receiverReport(ownSsrc)),
    nack: (ssrc, sequenceNumbers) => sendRtcp(Buffer.concat([receiverReport(ownSsrc), genericNack(ownSsrc, ssrc, sequenceNumbers)])),
    onPacket: (listener) => void listeners.push(listener),
    close() {
      if (closed) return;
      closed = true;
      socket.close();
    },
  };
}

interface SessionKeys {
  rtpKey: Buffer;
  rtpSalt: Buffer;
  rtcpKey: Buffer;
  rtcpSalt: Buffer;
}

/** RFC 3711 section 4.3 with AES-CM; for GCM the 12-byte salt is padded to 14 (RFC 7714 section 11). */
function deriveKeys(keyBase64: string): SessionKeys {
  const material = Buffer.from(keyBase64, 'base64');
  const masterKey = material.subarray(0, 16);
  const salt = Buffer.alloc(14);
  material.copy(salt, 0, 16, 28);
  const derive = (label: number, lengthBytes: number): Buffer => {
    const counter = Buffer.alloc(16);
    salt.copy(counter);
    counter[7] = (counter[7] ?? 0) ^ label;
    return createCipheriv('aes-128-ctr', masterKey, counter).update(Buffer.alloc(lengthBytes));
  };
  return { rtpKey: derive(0, 16), rtpSalt: derive(2, 12), rtcpKey: derive(3, 16), rtcpSalt: derive(5, 12) };
}

function xor(a: Buffer, b: Buffer): Buffer {
  return a.map((byte, i) => byte ^ (b[i] ?? 0)) as Buffer;
}

function unprotect(datagram: Buffer, keys: SessionKeys, captureTimeId: number): ReceivedPacket {
  const first = datagram.readUInt8(0);
  let headerBytes = 12 + 4 * (first & 15);
  const extensions = new Map<number, Buffer>();
  if ((first & 0x10) !== 0) {
    const wordCount = datagram.readUInt16BE(headerBytes + 2);
    if (datagram.readUInt16BE(headerBytes) === 0xbede)
      readOneByteElements(datagram.subarray(headerBytes + 4, headerBytes + 4 + 4 * wordCount), extensions);
    headerBytes += 4 + 4 * wordCount;
  }
  const ssrc = datagram.readUInt32BE(8);
  const sequenceNumber = datagram.readUInt16BE(2);
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(ssrc, 2);
  nonce.writeUInt16BE(sequenceNumber, 10);
  const decipher = createDecipheriv('aes-128-gcm', keys.rtpKey, xor(nonce, keys.rtpSalt));
  decipher.setAAD(datagram.subarray(0, headerBytes));
  decipher.setAuthTag(datagram.subarray(-16));
  const payload = decipher.update(datagram.subarray(headerBytes, -16));
  decipher.final();
  const capture = extensions.get(captureTimeId);
  return {
    ssrc,
    sequenceNumber,
    rtpTimestamp: datagram.readUInt32BE(4),
    payloadType: datagram.readUInt8(1) & 0x7f,
    marker: datagram.readUInt8(1) > 127,
    captureAtMs: capture ? (capture.readUInt32BE(0) - 2_208_988_800 + capture.readUInt32BE(4) / 2 ** 32) * 1000 : undefined,
    extensionIds: [...extensions.keys()],
    payload,
    sizeBytes: datagram.length,
    receivedAtMs: performance.timeOrigin + performance.now(),
  };
}

function readOneByteElements(block: Buffer, into: Map<number, Buffer>): void {
  for (let at = 0; at < block.length; ) {
    const head = block.readUInt8(at);
    if (head === 0) {
      at += 1;
      continue;
    }
    const lengthBytes = (head & 15) + 1;
    into.set(head >> 4, block.subarray(at + 1, at + 1 + lengthBytes));
    at += 1 + lengthBytes;
  }
}

/** An empty receiver report with a CNAME (RFC 3550 section 6.4.2, 6.5). */
function receiverReport(ssrc: number): Buffer {
  const report = Buffer.alloc(8 + 16);
  report.writeUInt8(0x80, 0);
  report.writeUInt8(201, 1);
  report.writeUInt16BE(1, 2);
  report.writeUInt32BE(ssrc, 4);
  report.writeUInt8(0x81, 8);
  report.writeUInt8(202, 9);
  report.writeUInt16BE(3, 10);
  report.writeUInt32BE(ssrc, 12);
  report.writeUInt8(1, 16);
  report.writeUInt8(4, 17);
  report.write('test', 18, 'ascii');
  return report;
}

/** RFC 4585 section 6.2.1. */
function genericNack(senderSsrc: number, mediaSsrc: number, sequenceNumbers: readonly number[]): Buffer {
  const packet = Buffer.alloc(12 + 4 * sequenceNumbers.length);
  packet.writeUInt8(0x81, 0);
  packet.writeUInt8(205, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  sequenceNumbers.forEach((sequenceNumber, i) => void packet.writeUInt16BE(sequenceNumber, 12 + 4 * i));
  return packet;
}

/** RFC 7714 section 9: the header in the clear, the rest encrypted, the index with the E flag behind the tag. */
function protectRtcp(compound: Buffer, keys: SessionKeys, ssrc: number, index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(ssrc, 2);
  nonce.writeUInt32BE(index, 8);
  const trailer = Buffer.alloc(4);
  trailer.writeUInt32BE((0x80000000 | index) >>> 0);
  const cipher = createCipheriv('aes-128-gcm', keys.rtcpKey, xor(nonce, keys.rtcpSalt));
  cipher.setAAD(Buffer.concat([compound.subarray(0, 8), trailer]));
  const sealed = Buffer.concat([cipher.update(compound.subarray(8)), cipher.final()]);
  return Buffer.concat([compound.subarray(0, 8), sealed, cipher.getAuthTag(), trailer]);
}
