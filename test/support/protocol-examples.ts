import { writeRtpPacket } from '../../controller/distribution/rtp-packet.ts';
import { writeGenericNack, writeReceiverReport } from '../../speaker-firmware-sim/speaker/rtcp.ts';
import { deriveSessionKey, SrtpSender } from '../../speaker-firmware-sim/speaker/srtp.ts';

const counting = (first: number, length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => first + index));

/** The inputs of the examples in docs/speaker-protocol.md. */
export const EXAMPLE = {
  speakerKey: Buffer.concat([counting(0xa0, 16), counting(0xb0, 12)]),
  controllerKey: Buffer.concat([counting(0xc0, 16), counting(0xd0, 12)]),
  speakerSsrc: 0x10203040,
  cname: 'SPK-0001',
  channelSsrc: 0x0a0b0c0d,
  sequence: 1000,
  rtpTimestamp: 48_000,
  /** 2026-10-10T05:00:00.250 in Vietnam (UTC+7). */
  captureAtMs: Date.UTC(2026, 9, 9, 22, 0, 0, 250),
  payload: Buffer.from('f8fffe', 'hex'),
  lost: [1001, 1003, 1004, 1030],
  /** Taking back what the packet above began: so long after it, by a packet captured so long before that. */
  flush: { afterMs: 5000, reachMs: 20_000, sequence: 1042, payload: Buffer.from('f8', 'hex') },
} as const;

/** Sixteen bytes a line, as the document shows them. */
export function hexLines(bytes: Buffer): string {
  return (bytes.toString('hex').match(/.{1,32}/g) ?? []).map((line) => (line.match(/../g) ?? []).join(' ')).join('\n');
}

/** Every byte example of the document, computed; keys say which. */
export function byteExamples(): Record<string, string> {
  const { speakerKey, controllerKey, speakerSsrc, cname, channelSsrc, lost } = EXAMPLE;
  const derived = (master: Buffer, label: number, length: number): string =>
    deriveSessionKey(master.subarray(0, 16), master.subarray(16), label, length).toString('hex');
  const report = writeReceiverReport(speakerSsrc, cname, []);
  const nack = writeGenericNack(speakerSsrc, channelSsrc, lost);
  const rtp = examplePacket();
  const fromSpeaker = new SrtpSender(speakerKey);
  const protectedReport = fromSpeaker.protectRtcp(report);
  return {
    'speakerKey, base64': speakerKey.toString('base64'),
    'controllerKey, base64': controllerKey.toString('base64'),
    'speaker SRTCP key': derived(speakerKey, 3, 16),
    'speaker SRTCP salt': derived(speakerKey, 5, 12),
    'controller SRTP key': derived(controllerKey, 0, 16),
    'controller SRTP salt': derived(controllerKey, 2, 12),
    'controller SRTCP key': derived(controllerKey, 3, 16),
    'controller SRTCP salt': derived(controllerKey, 5, 12),
    'receiver report, plain': hexLines(report),
    'receiver report, SRTCP': hexLines(protectedReport),
    'RTP packet, plain': hexLines(rtp),
    'RTP packet, SRTP': hexLines(new SrtpSender(controllerKey).protectRtp(rtp, EXAMPLE.sequence)),
    'flush, plain': hexLines(exampleFlush()),
    'flush, SRTP': hexLines(new SrtpSender(controllerKey).protectRtp(exampleFlush(), EXAMPLE.flush.sequence)),
    'NACK, plain': hexLines(nack),
    'NACK, SRTCP': hexLines(fromSpeaker.protectRtcp(nack)),
  };
}

/** The media packet of the examples, before SRTP. */
export function examplePacket(): Buffer {
  return writeRtpPacket({
    payloadType: 100,
    sequenceNumber: EXAMPLE.sequence,
    rtpTimestamp: EXAMPLE.rtpTimestamp,
    ssrc: EXAMPLE.channelSsrc,
    marker: true,
    captureAtMs: EXAMPLE.captureAtMs,
    captureTimeId: 10,
    payload: EXAMPLE.payload,
  });
}

/** What takes a programme back in the stream itself, before SRTP. */
export function exampleFlush(): Buffer {
  const { afterMs, reachMs, sequence, payload } = EXAMPLE.flush;
  const shiftMs = afterMs - reachMs;
  return writeRtpPacket({
    payloadType: 100,
    sequenceNumber: sequence,
    rtpTimestamp: (EXAMPLE.rtpTimestamp + shiftMs * 48 + 2 ** 32) % 2 ** 32,
    ssrc: EXAMPLE.channelSsrc,
    marker: true,
    captureAtMs: EXAMPLE.captureAtMs + shiftMs,
    captureTimeId: 10,
    payload,
  });
}
