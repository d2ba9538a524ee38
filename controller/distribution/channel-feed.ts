import { randomInt } from 'node:crypto';
import type { types } from 'mediasoup';
import { ABS_CAPTURE_TIME_ID, OPUS_PAYLOAD_TYPE } from '../protocol/media.ts';
import type { MediaPacket } from './distributor.ts';
import { writeRtpPacket } from './rtp-packet.ts';

/** A channel's RTP stream into one worker: its own SSRC and an unbroken row of sequence numbers. */
export class ChannelFeed {
  readonly producer: types.Producer;
  /** Speakers of this worker on the channel; packets for nobody are not sent. */
  listeners = 0;
  #ssrc: number;
  #sequenceNumber = randomInt(2 ** 15);

  constructor(producer: types.Producer, ssrc: number) {
    this.producer = producer;
    this.#ssrc = ssrc;
  }

  /** false: nothing was sent, the worker is gone. */
  send(packet: MediaPacket): boolean {
    if (this.producer.closed) return false;
    const rtp = writeRtpPacket({
      payloadType: OPUS_PAYLOAD_TYPE,
      sequenceNumber: this.#sequenceNumber,
      rtpTimestamp: packet.rtpTimestamp,
      ssrc: this.#ssrc,
      marker: packet.marker,
      captureAtMs: packet.captureAtMs,
      captureTimeId: ABS_CAPTURE_TIME_ID,
      payload: packet.payload,
    });
    try {
      this.producer.send(rtp);
    } catch {
      // The pipe to a dying worker breaks before its death is known. The caller counts the packet as dropped.
      return false;
    }
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    return true;
  }

  close(): void {
    this.producer.close();
  }
}
