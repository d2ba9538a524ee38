import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import type { ToSpeaker } from '../../../controller/protocol/speaker-control.ts';
import { Link } from '../../../speaker-firmware-sim/network/link.ts';
import { TimerWheel } from '../../../speaker-firmware-sim/network/timer-wheel.ts';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';
import { ChannelSet } from '../../../speaker-firmware-sim/speaker/channel-set.ts';
import { MediaReceiver } from '../../../speaker-firmware-sim/speaker/media-receiver.ts';
import { readControllerMessage } from '../../../speaker-firmware-sim/speaker/message-reader.ts';
import { writeRtpPacket } from '../../../speaker-firmware-sim/speaker/rtp.ts';
import { SrtpSender } from '../../../speaker-firmware-sim/speaker/srtp.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';

const change: ToSpeaker = {
  v: 1,
  seq: 5,
  type: 'channel.change',
  channelId: 'emergency',
  broadcastId: null,
  sinceMs: 1_790_000_000_000,
  immediately: false,
  gainDb: 0,
  playoutDelayMs: 100,
};

describe('control messages', () => {
  it('are measured in bytes, not in characters', () => {
    const text = JSON.stringify({ v: 1, seq: 1, type: 'goodbye', reason: '', reconnectAfterMs: 0, padding: 'ấ'.repeat(6000) });
    expect(readControllerMessage(text, 0)).toMatchObject({ ok: false, code: 'too_large' });
  });

  it('takes a valid one and names what is wrong with others', () => {
    expect(readControllerMessage(JSON.stringify(change), 4)).toEqual({ ok: true, message: change });
    expect(readControllerMessage(JSON.stringify(change), 5)).toMatchObject({ ok: false, code: 'replayed', seq: 5 });
    expect(readControllerMessage(JSON.stringify({ ...change, type: 'explode' }), 0)).toMatchObject({ code: 'unknown_type', seq: 5 });
    expect(readControllerMessage(JSON.stringify({ ...change, gainDb: 900 }), 0)).toMatchObject({ code: 'malformed', seq: 5 });
    expect(readControllerMessage(JSON.stringify({ ...change, v: 2 }), 0)).toMatchObject({ code: 'version' });
    expect(readControllerMessage('{', 0)).toMatchObject({ code: 'malformed', seq: 0 });
    expect(readControllerMessage(undefined, 0)).toMatchObject({ code: 'malformed', seq: 0 });
    expect(readControllerMessage(' '.repeat(20_000), 0)).toMatchObject({ code: 'too_large' });
  });

  it('answers any mutation of a valid message without throwing', () => {
    const text = JSON.stringify(change);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(text.length - 1), fc.constantFrom('', '"', '{', '0', '-', 'e9', ',', '\u0000', 'null')), { maxLength: 6 }),
        (edits) => {
          let mutated = text;
          for (const [at, replacement] of edits) mutated = mutated.slice(0, at) + replacement + mutated.slice(at + 1);
          const reading = readControllerMessage(mutated, 0);
          if (!reading.ok) expect(reading.detail.length).toBeLessThanOrEqual(200);
        },
      ),
      { numRuns: 20_000, seed: 1 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => void readControllerMessage(json, 0)),
      { numRuns: 5000, seed: 2 },
    );
  });
});

describe('media packets', () => {
  it('counts every packet that is not authentic or well-formed, and plays on', async () => {
    const controllerKey = randomBytes(28);
    const clock = new TestClock();
    const channels = new ChannelSet({ changed() {}, sessionEnded() {}, closed() {} });
    channels.open({
      channelId: 'a',
      class: 'normal',
      ssrc: 7,
      payloadType: 100,
      playoutDelayMs: 500,
      gainDb: 0,
      broadcastId: null,
      sinceMs: 0,
      standing: false,
    });
    const wheel = new TimerWheel(clock, 2);
    const receiver = new MediaReceiver({
      clock,
      link: new Link(createRandom('fuzz')),
      wheel,
      channels,
      cname: 'SIM-1',
      ssrc: 3,
      controllerMs: (trueMs) => trueMs,
      roundTripMs: () => 50,
      alignDelayMs: () => 0,
      controlHeardMs: () => undefined,
      askForSign() {},
      onPathLost() {},
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
    const packet = (index: number): Buffer =>
      writeRtpPacket({
        marker: false,
        payloadType: 100,
        sequence: index % 65_536,
        timestamp: index * 960,
        ssrc: 7,
        captureAtMs: clock.nowMs() + index * 20,
        payload: Buffer.concat([Buffer.from([0xf8]), randomBytes(50)]),
      });
    receiver.onDatagram(sender.protectRtp(packet(1), 1), clock.nowMs());
    let refused = 0;
    collectGarbage();
    const heapBefore = process.memoryUsage().heapUsed;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
          fc.tuple(fc.nat(90), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
            const sealed = sender.protectRtp(packet(2), 2);
            sealed[at] = (sealed[at] as number) ^ mask;
            return sealed;
          }),
          fc.nat(80).map((length) => sender.protectRtp(packet(2), 2).subarray(0, length)),
        ),
        (bytes) => {
          receiver.onDatagram(bytes, clock.nowMs());
          refused++;
        },
      ),
      { numRuns: 100_000, seed: 3 },
    );
    collectGarbage();
    // Forty bytes kept of each packet would already show.
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(4e6);
    expect(receiver.counts.rejected + receiver.counts.duplicate).toBe(refused);
    expect(receiver.counts.received).toBe(1);
    receiver.onDatagram(sender.protectRtp(packet(2), 2), clock.nowMs());
    expect(receiver.counts.received).toBe(2);
    expect(channels.get('a')?.buffer.length).toBe(2);
    // Authentic, but no sound: a controller with a defect.
    for (const payload of [Buffer.alloc(0), Buffer.from([0xfb]), Buffer.from([0xff, 0x3f])]) {
      receiver.onDatagram(
        sender.protectRtp(
          writeRtpPacket({ marker: false, payloadType: 100, sequence: 3, timestamp: 0, ssrc: 7, captureAtMs: 0, payload }),
          3,
        ),
        clock.nowMs(),
      );
    }
    // Authentic packets of channels that nobody announced do not pile up.
    for (let index = 0; index < 500; index++) {
      receiver.onDatagram(
        sender.protectRtp(
          writeRtpPacket({
            marker: false,
            payloadType: 100,
            sequence: index,
            timestamp: 0,
            ssrc: 9,
            captureAtMs: 0,
            payload: Buffer.from([0xf8, 1, 2, 3]),
          }),
          index,
        ),
        clock.nowMs(),
      );
    }
    expect(receiver.counts.unplaced).toBeGreaterThan(400);
    receiver.close();
    wheel.close();
  });
});
