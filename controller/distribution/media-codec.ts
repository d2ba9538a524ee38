import type { types } from 'mediasoup';
import { ABS_CAPTURE_TIME_ID, ABS_CAPTURE_TIME_URI, OPUS_CLOCK_RATE_HZ, OPUS_PAYLOAD_TYPE } from '../protocol/media.ts';

/** RFC 7587: Opus is always announced as 48 kHz and 2 channels; what a packet holds is in its TOC byte. */
const OPUS = { mimeType: 'audio/opus', clockRate: OPUS_CLOCK_RATE_HZ, channels: 2 } as const;

export const ROUTER_CODECS: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', ...OPUS, preferredPayloadType: OPUS_PAYLOAD_TYPE, parameters: { useinbandfec: 1 } },
];

/** A speaker: asks for lost packets (RFC 4585 generic NACK), understands in-band FEC and abs-capture-time, and nothing else. */
export const SPEAKER_CAPABILITIES: types.RtpCapabilities = {
  codecs: [
    {
      kind: 'audio',
      ...OPUS,
      preferredPayloadType: OPUS_PAYLOAD_TYPE,
      parameters: { useinbandfec: 1 },
      rtcpFeedback: [{ type: 'nack' }],
    },
  ],
  headerExtensions: [{ kind: 'audio', uri: ABS_CAPTURE_TIME_URI, preferredId: ABS_CAPTURE_TIME_ID, direction: 'sendrecv' }],
};

/** What we feed into a worker on a channel. */
export function channelRtpParameters(ssrc: number): types.RtpParameters {
  return {
    codecs: [{ ...OPUS, payloadType: OPUS_PAYLOAD_TYPE, parameters: { useinbandfec: 1, usedtx: 1 } }],
    headerExtensions: [{ uri: ABS_CAPTURE_TIME_URI, id: ABS_CAPTURE_TIME_ID }],
    encodings: [{ ssrc }],
    rtcp: { cname: 'loa-xa' },
  };
}
