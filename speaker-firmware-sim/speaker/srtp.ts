import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { SRTP_KEY_BYTES, SRTP_SALT_BYTES } from '../../controller/protocol/media.ts';
import { RTP_HEADER_BYTES, rtpHeaderLength } from './rtp.ts';

/**
 * SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714), keys derived by RFC 3711 section 4.3 with a key derivation rate of 0.
 * Packets that fail give a reason instead of throwing: bad packets are everyday input on an open UDP port.
 */
export const SRTP_TAG_BYTES = 16;
const SRTCP_INDEX_BYTES = 4;
const SRTCP_HEADER_BYTES = 8;
const ENCRYPTED_FLAG = 0x80000000;
/** RFC 3711 asks for at least 64; retransmissions at seconds of playout delay come further back. */
export const REPLAY_WINDOW = 1024;

const LABEL = { rtpKey: 0, rtpSalt: 2, rtcpKey: 3, rtcpSalt: 5 } as const;
const NONCE_BYTES = 12;
const GCM = { authTagLength: SRTP_TAG_BYTES } as const;

export type SrtpRefusal = 'malformed' | 'replayed' | 'unauthentic' | 'too_many_streams';

export interface SessionKey {
  key: KeyObject;
  salt: Buffer;
}

/** AES-CM as a pseudo-random function, RFC 3711 section 4.3.3; RFC 7714 section 11: the 96-bit salt is padded on the right to 112 bits. */
export function deriveSessionKey(masterKey: Buffer, masterSalt: Buffer, label: number, lengthBytes: number): Buffer {
  const block = Buffer.alloc(16);
  masterSalt.copy(block);
  block[7] = (block[7] ?? 0) ^ label;
  return createCipheriv('aes-128-ctr', masterKey, block).update(Buffer.alloc(lengthBytes));
}

function sessionKey(masterKey: Buffer, masterSalt: Buffer, keyLabel: number, saltLabel: number): SessionKey {
  return {
    key: createSecretKey(deriveSessionKey(masterKey, masterSalt, keyLabel, SRTP_KEY_BYTES)),
    salt: deriveSessionKey(masterKey, masterSalt, saltLabel, SRTP_SALT_BYTES),
  };
}

function splitMaster(keyAndSalt: Buffer): { masterKey: Buffer; masterSalt: Buffer } {
  if (keyAndSalt.length !== SRTP_KEY_BYTES + SRTP_SALT_BYTES) throw new RangeError('an AEAD_AES_128_GCM master is 16 + 12 bytes');
  return { masterKey: keyAndSalt.subarray(0, SRTP_KEY_BYTES), masterSalt: keyAndSalt.subarray(SRTP_KEY_BYTES) };
}

/** RFC 7714 section 8.1: 2 zero bytes, SSRC, ROC, SEQ; all XORed with the salt. */
function rtpNonce(target: Buffer, salt: Buffer, ssrc: number, rolloverCounter: number, sequence: number): Buffer {
  salt.copy(target);
  target.writeUInt32BE((target.readUInt32BE(2) ^ ssrc) >>> 0, 2);
  target.writeUInt32BE((target.readUInt32BE(6) ^ rolloverCounter) >>> 0, 6);
  target.writeUInt16BE((target.readUInt16BE(10) ^ sequence) & 0xffff, 10);
  return target;
}

/** RFC 7714 section 9.1: 2 zero bytes, SSRC, 2 zero bytes, 31-bit SRTCP index; all XORed with the salt. */
function rtcpNonce(target: Buffer, salt: Buffer, ssrc: number, index: number): Buffer {
  salt.copy(target);
  target.writeUInt32BE((target.readUInt32BE(2) ^ ssrc) >>> 0, 2);
  target.writeUInt32BE((target.readUInt32BE(8) ^ index) >>> 0, 8);
  return target;
}

/** Which packet indices were seen already (RFC 3711 section 3.3.2), as a ring of bits. */
export class ReplayWindow {
  readonly #bits = new Uint32Array(REPLAY_WINDOW / 32);
  #highest = -1;

  get highest(): number {
    return this.#highest;
  }

  seen(index: number): boolean {
    if (index > this.#highest) return false;
    if (index <= this.#highest - REPLAY_WINDOW) return true;
    return (((this.#bits[(index % REPLAY_WINDOW) >>> 5] as number) >>> (index & 31)) & 1) === 1;
  }

  /** Only after the packet proved authentic. */
  accept(index: number): void {
    if (index > this.#highest) {
      const cleared = Math.min(index - this.#highest, REPLAY_WINDOW);
      for (let step = 1; step <= cleared; step++) this.#set(index - cleared + step, false);
      this.#highest = index;
    }
    this.#set(index, true);
  }

  #set(index: number, value: boolean): void {
    const word = (index % REPLAY_WINDOW) >>> 5;
    const mask = 1 << (index & 31);
    this.#bits[word] = value ? (this.#bits[word] as number) | mask : (this.#bits[word] as number) & ~mask;
  }
}

/** RFC 3711 appendix A: the 48-bit index nearest to the highest one seen. `highest` below 0 means nothing was seen: ROC 0. */
export function estimatePacketIndex(sequence: number, highest: number): number {
  if (highest < 0) return sequence;
  const rollover = Math.floor(highest / 65_536);
  const last = highest % 65_536;
  if (last < 32_768 && sequence - last > 32_768) return Math.max(0, rollover - 1) * 65_536 + sequence;
  if (last >= 32_768 && last - 32_768 > sequence) return (rollover + 1) * 65_536 + sequence;
  return rollover * 65_536 + sequence;
}

export interface OpenedRtp {
  /** Decrypted payload; the header stays where it was in the packet. */
  payload: Buffer;
  headerBytes: number;
  /** 48-bit packet index: sequence number extended by the rollover counter. */
  index: number;
}

const MOST_STREAMS = 64;

/** Takes in what the controller protects. One per media grant: a new grant has new keys, so every counter starts anew. */
export class SrtpReceiver {
  readonly #rtp: SessionKey;
  readonly #rtcp: SessionKey;
  readonly #rtpWindows = new Map<number, ReplayWindow>();
  readonly #rtcpWindows = new Map<number, ReplayWindow>();
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  constructor(keyAndSalt: Buffer) {
    const { masterKey, masterSalt } = splitMaster(keyAndSalt);
    this.#rtp = sessionKey(masterKey, masterSalt, LABEL.rtpKey, LABEL.rtpSalt);
    this.#rtcp = sessionKey(masterKey, masterSalt, LABEL.rtcpKey, LABEL.rtcpSalt);
  }

  openRtp(packet: Buffer): OpenedRtp | SrtpRefusal {
    const headerBytes = rtpHeaderLength(packet);
    if (headerBytes === undefined || packet.length < headerBytes + SRTP_TAG_BYTES || headerBytes < RTP_HEADER_BYTES) return 'malformed';
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    const known = this.#rtpWindows.get(ssrc);
    const window = known ?? new ReplayWindow();
    let index = estimatePacketIndex(sequence, window.highest);
    if (window.seen(index)) return 'replayed';
    let payload = this.#decryptRtp(packet, headerBytes, ssrc, index);
    if (!payload && !known && sequence < 32_768) {
      // The stream may have wrapped before its first packet reached us: the sender's rollover counter is then one ahead of a newcomer's.
      index += 65_536;
      payload = this.#decryptRtp(packet, headerBytes, ssrc, index);
    }
    if (!payload) return 'unauthentic';
    if (!known) {
      if (this.#rtpWindows.size >= MOST_STREAMS) return 'too_many_streams';
      this.#rtpWindows.set(ssrc, window);
    }
    window.accept(index);
    const padding = (packet[0] as number) & 0x20 ? (payload[payload.length - 1] ?? 0) : 0;
    if (padding > payload.length) return 'malformed';
    return { payload: padding ? payload.subarray(0, payload.length - padding) : payload, headerBytes, index };
  }

  #decryptRtp(packet: Buffer, headerBytes: number, ssrc: number, index: number): Buffer | undefined {
    const nonce = rtpNonce(this.#nonce, this.#rtp.salt, ssrc, Math.floor(index / 65_536), index % 65_536);
    return decrypt(this.#rtp.key, nonce, packet.subarray(0, headerBytes), packet.subarray(headerBytes));
  }

  /** Gives the plain compound packet. */
  openRtcp(packet: Buffer): Buffer | SrtpRefusal {
    const trailerAt = packet.length - SRTCP_INDEX_BYTES;
    if (trailerAt < SRTCP_HEADER_BYTES + SRTP_TAG_BYTES) return 'malformed';
    const trailer = packet.readUInt32BE(trailerAt);
    const index = trailer & 0x7fffffff;
    const ssrc = packet.readUInt32BE(4);
    const known = this.#rtcpWindows.get(ssrc);
    const window = known ?? new ReplayWindow();
    if (window.seen(index)) return 'replayed';
    const encrypted = (trailer & ENCRYPTED_FLAG) !== 0;
    const nonce = rtcpNonce(this.#nonce, this.#rtcp.salt, ssrc, index);
    const body = encrypted ? packet.subarray(SRTCP_HEADER_BYTES, trailerAt) : packet.subarray(trailerAt - SRTP_TAG_BYTES, trailerAt);
    const clear = encrypted ? packet.subarray(0, SRTCP_HEADER_BYTES) : packet.subarray(0, trailerAt - SRTP_TAG_BYTES);
    const plain = decrypt(this.#rtcp.key, nonce, Buffer.concat([clear, packet.subarray(trailerAt)]), body);
    if (!plain) return 'unauthentic';
    if (!known) {
      if (this.#rtcpWindows.size >= MOST_STREAMS) return 'too_many_streams';
      this.#rtcpWindows.set(ssrc, window);
    }
    window.accept(index);
    return Buffer.concat([clear, plain]);
  }
}

function decrypt(key: KeyObject, nonce: Buffer, associated: Buffer, cipherTextAndTag: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-128-gcm', key, nonce, GCM);
  const tagAt = cipherTextAndTag.length - SRTP_TAG_BYTES;
  decipher.setAuthTag(cipherTextAndTag.subarray(tagAt));
  decipher.setAAD(associated);
  const plain = decipher.update(cipherTextAndTag.subarray(0, tagAt));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}

/** Protects what one side sends. The speaker sends SRTCP alone; `protectRtp` serves the tests as the other side. */
export class SrtpSender {
  readonly #rtp: SessionKey;
  readonly #rtcp: SessionKey;
  #rtcpIndex = 0;

  constructor(keyAndSalt: Buffer) {
    const { masterKey, masterSalt } = splitMaster(keyAndSalt);
    this.#rtp = sessionKey(masterKey, masterSalt, LABEL.rtpKey, LABEL.rtpSalt);
    this.#rtcp = sessionKey(masterKey, masterSalt, LABEL.rtcpKey, LABEL.rtcpSalt);
  }

  protectRtcp(compound: Buffer): Buffer {
    return sealRtcp(this.#rtcp, compound, this.#rtcpIndex++);
  }

  /** `index` is the 48-bit packet index; its low 16 bits must be the packet's sequence number. */
  protectRtp(packet: Buffer, index: number): Buffer {
    return sealRtp(this.#rtp, packet, index);
  }
}

/** RFC 7714 section 8: header in the clear but authenticated, encrypted payload, tag. */
export function sealRtp(session: SessionKey, packet: Buffer, index: number): Buffer {
  const headerBytes = rtpHeaderLength(packet) ?? RTP_HEADER_BYTES;
  const nonce = rtpNonce(Buffer.alloc(NONCE_BYTES), session.salt, packet.readUInt32BE(8), Math.floor(index / 65_536), index % 65_536);
  const cipher = createCipheriv('aes-128-gcm', session.key, nonce, GCM);
  cipher.setAAD(packet.subarray(0, headerBytes));
  const body = cipher.update(packet.subarray(headerBytes));
  cipher.final();
  return Buffer.concat([packet.subarray(0, headerBytes), body, cipher.getAuthTag()]);
}

/** RFC 7714 section 9: header, encrypted rest, tag, E flag with the index. The index is part of the authenticated data. */
export function sealRtcp(session: SessionKey, compound: Buffer, index: number): Buffer {
  const trailer = Buffer.alloc(SRTCP_INDEX_BYTES);
  trailer.writeUInt32BE((ENCRYPTED_FLAG | index) >>> 0);
  const header = compound.subarray(0, SRTCP_HEADER_BYTES);
  const nonce = rtcpNonce(Buffer.alloc(NONCE_BYTES), session.salt, compound.readUInt32BE(4), index);
  const cipher = createCipheriv('aes-128-gcm', session.key, nonce, GCM);
  cipher.setAAD(Buffer.concat([header, trailer]));
  const body = cipher.update(compound.subarray(SRTCP_HEADER_BYTES));
  cipher.final();
  return Buffer.concat([header, body, cipher.getAuthTag(), trailer]);
}
