import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { SRTP_KEY_BYTES, SRTP_SALT_BYTES } from '../../controller/protocol/media.ts';
import { estimatePacketIndex, ReplayWindows } from './replay-windows.ts';
import { RTP_HEADER_BYTES, rtpHeaderLength } from './rtp.ts';

/**
 * SRTP and SRTCP with AEAD_AES_128_GCM (RFC 7714), keys derived by RFC 3711 section 4.3 with a key derivation rate of 0.
 * Packets that fail give a reason instead of throwing: bad packets are everyday input on an open UDP port.
 */
export const SRTP_TAG_BYTES = 16;
const SRTCP_INDEX_BYTES = 4;
const SRTCP_HEADER_BYTES = 8;
const ENCRYPTED_FLAG = 0x80000000;
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

export interface OpenedRtp {
  /** Decrypted payload; the header stays where it was in the packet. */
  payload: Buffer;
  headerBytes: number;
  /** 48-bit packet index: sequence number extended by the rollover counter. */
  index: number;
}

/** Takes in what the controller protects. One per media grant: a new grant has new keys, so every counter starts anew. */
export class SrtpReceiver {
  readonly #rtp: SessionKey;
  readonly #rtcp: SessionKey;
  readonly #rtpWindows: ReplayWindows;
  readonly #rtcpWindows: ReplayWindows;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);

  /** `isLive`: whether a channel has this SSRC now. Without it every stream counts as live, and there is room for 64. */
  constructor(keyAndSalt: Buffer, isLive: (ssrc: number) => boolean = () => true) {
    const { masterKey, masterSalt } = splitMaster(keyAndSalt);
    this.#rtp = sessionKey(masterKey, masterSalt, LABEL.rtpKey, LABEL.rtpSalt);
    this.#rtcp = sessionKey(masterKey, masterSalt, LABEL.rtcpKey, LABEL.rtcpSalt);
    this.#rtpWindows = new ReplayWindows(isLive);
    this.#rtcpWindows = new ReplayWindows(isLive);
  }

  openRtp(packet: Buffer): OpenedRtp | SrtpRefusal {
    const headerBytes = rtpHeaderLength(packet);
    if (headerBytes === undefined || packet.length < headerBytes + SRTP_TAG_BYTES || headerBytes < RTP_HEADER_BYTES) return 'malformed';
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    const window = this.#rtpWindows.of(ssrc);
    const isNew = window.highest < 0;
    let index = estimatePacketIndex(sequence, window.highest);
    if (window.seen(index)) return 'replayed';
    let payload = this.#decryptRtp(packet, headerBytes, ssrc, index);
    if (!payload && isNew && sequence < 32_768) {
      // The stream may have wrapped before its first packet reached us: the sender's rollover counter is then one ahead of a newcomer's.
      index += 65_536;
      payload = this.#decryptRtp(packet, headerBytes, ssrc, index);
    }
    if (!payload) return 'unauthentic';
    if (!this.#rtpWindows.keep(ssrc, window)) return 'too_many_streams';
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
    const window = this.#rtcpWindows.of(ssrc);
    if (window.seen(index)) return 'replayed';
    const encrypted = (trailer & ENCRYPTED_FLAG) !== 0;
    const nonce = rtcpNonce(this.#nonce, this.#rtcp.salt, ssrc, index);
    const body = encrypted ? packet.subarray(SRTCP_HEADER_BYTES, trailerAt) : packet.subarray(trailerAt - SRTP_TAG_BYTES, trailerAt);
    const clear = encrypted ? packet.subarray(0, SRTCP_HEADER_BYTES) : packet.subarray(0, trailerAt - SRTP_TAG_BYTES);
    const plain = decrypt(this.#rtcp.key, nonce, Buffer.concat([clear, packet.subarray(trailerAt)]), body);
    if (!plain) return 'unauthentic';
    if (!this.#rtcpWindows.keep(ssrc, window)) return 'too_many_streams';
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
