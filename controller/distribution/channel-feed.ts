import { randomInt } from 'node:crypto';
import type { types } from 'mediasoup';
import { ABS_CAPTURE_TIME_ID, OPUS_PAYLOAD_TYPE } from '../protocol/media.ts';
import type { MediaPacket } from './distributor.ts';
import { writeRtpPacket } from './rtp-packet.ts';

/** The worker at the other end of a feed. */
export interface FedWorker {
  /** It has not taken in yet what was sent to it more than a second ago. */
  isBehind(): boolean;
  /** So many packets go out to speakers. */
  countFanOut(packets: number): void;
}

/** A channel's RTP stream into one worker: its own SSRC and an unbroken row of sequence numbers. */
export class ChannelFeed {
  readonly producer: types.Producer;
  readonly worker: FedWorker;
  /** Speakers of this worker on the channel; packets for nobody are not sent. */
  listeners = 0;
  #ssrc: number;
  #sequenceNumber = randomInt(2 ** 15);

  constructor(producer: types.Producer, ssrc: number, worker: FedWorker) {
    this.producer = producer;
    this.worker = worker;
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
    this.worker.countFanOut(this.listeners);
    return true;
  }

  close(): void {
    this.producer.close();
  }
}
