import { randomBytes } from 'node:crypto';
import { TestClock } from '../../controller/clock.ts';
import type { ChannelDescription } from '../../controller/protocol/speaker-control.ts';
import { Link } from '../../speaker-firmware-sim/network/link.ts';
import { TimerWheel } from '../../speaker-firmware-sim/network/timer-wheel.ts';
import { createRandom } from '../../speaker-firmware-sim/random.ts';
import { ChannelSet } from '../../speaker-firmware-sim/speaker/channel-set.ts';
import { MediaReceiver } from '../../speaker-firmware-sim/speaker/media-receiver.ts';
import { type RtpPacketFields, writeRtpPacket } from '../../speaker-firmware-sim/speaker/rtp.ts';
import { SrtpSender } from '../../speaker-firmware-sim/speaker/srtp.ts';

export const SOUND = Buffer.concat([Buffer.from([0xf8]), Buffer.alloc(50, 3)]);

/** A speaker's media path without a network: packets are handed to it as they would come out of the socket, and time moves by hand. */
export async function startMediaBench(channels = new ChannelSet({ changed() {}, sessionEnded() {}, closed() {} })) {
  const controllerKey = randomBytes(28);
  const clock = new TestClock();
  const wheel = new TimerWheel(clock, 2);
  let pathsLost = 0;
  let controlHeardMs: number | undefined;
  let controlAnswers = true;
  const receiver = new MediaReceiver({
    clock,
    link: new Link(createRandom('bench')),
    wheel,
    channels,
    cname: 'SIM-1',
    ssrc: 3,
    controllerMs: (trueMs) => trueMs,
    roundTripMs: () => 50,
    alignDelayMs: () => 0,
    controlHeardMs: () => controlHeardMs,
    askForSign() {
      if (controlAnswers) controlHeardMs = clock.nowMs();
    },
    onPathLost: () => pathsLost++,
    onPathOpen() {},
    onFlow() {},
  });
  await receiver.setup(
    {
      transportId: 't',
      addresses: [{ family: 'ipv4', ip: '127.0.0.1', port: 9 }],
      srtpSuite: 'AEAD_AES_128_GCM',
      speakerKey: randomBytes(28).toString('base64'),
      controllerKey: controllerKey.toString('base64'),
      absCaptureTimeId: 10,
      channels: [],
    },
    ['ipv4'],
  );
  const sender = new SrtpSender(controllerKey);
  return {
    clock,
    channels,
    receiver,
    pathsLost: () => pathsLost,
    /** Whether the control channel answers when it is asked; it does at first. */
    setControl(answers: boolean): void {
      controlAnswers = answers;
    },
    hearControl(): void {
      controlHeardMs = clock.nowMs();
    },
    open(channelId: string, ssrc: number, over: Partial<ChannelDescription> = {}): void {
      channels.open({
        channelId,
        class: 'normal',
        ssrc,
        payloadType: 100,
        playoutDelayMs: 500,
        gainDb: 0,
        broadcastId: null,
        sinceMs: 0,
        standing: false,
        ...over,
      });
    },
    /** A good packet of a stream, sealed. */
    packet(ssrc: number, index: number, over: Partial<RtpPacketFields> = {}): Buffer {
      const fields = {
        marker: false,
        payloadType: 100,
        sequence: index % 65_536,
        timestamp: (index * 960) >>> 0,
        ssrc,
        captureAtMs: clock.nowMs() + index * 20,
        payload: SOUND,
      };
      return sender.protectRtp(writeRtpPacket({ ...fields, ...over }), index);
    },
    /** Seals any bytes that begin like an RTP packet. */
    seal: (packet: Buffer, index: number): Buffer => sender.protectRtp(packet, index),
    deliver: (datagram: Buffer): void => receiver.onDatagram(datagram, clock.nowMs()),
    close(): void {
      receiver.close();
      wheel.close();
    },
  };
}

export type MediaBench = Awaited<ReturnType<typeof startMediaBench>>;
