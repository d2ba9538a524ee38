import { expect, it } from 'vitest';
import { createRandom, type Random } from '../../../speaker-firmware-sim/random.ts';
import type { Channel } from '../../../speaker-firmware-sim/speaker/channel.ts';
import { ChannelSet } from '../../../speaker-firmware-sim/speaker/channel-set.ts';
import { ClockSync } from '../../../speaker-firmware-sim/speaker/clock-sync.ts';
import { DecoderRack } from '../../../speaker-firmware-sim/speaker/decoder-rack.ts';
import { Oscillator } from '../../../speaker-firmware-sim/speaker/oscillator.ts';
import type { PlaySession } from '../../../speaker-firmware-sim/speaker/play-session.ts';
import { Playout } from '../../../speaker-firmware-sim/speaker/playout.ts';
import { estimatePacketIndex } from '../../../speaker-firmware-sim/speaker/replay-windows.ts';
import { rtpHeaderLength, writeRtpPacket } from '../../../speaker-firmware-sim/speaker/rtp.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { startMediaBench } from '../../support/media-bench.ts';
import { encodeSweep } from '../../support/mini-air.ts';

const PACKETS = 40_000;
const LEAST_AUTHENTIC = 25_000;
const SSRC = 7;

/** A whole speaker but for its sockets, decoder included. */
async function startSpeaker() {
  const ended: PlaySession[] = [];
  let sounded = 0;
  const channels: ChannelSet = new ChannelSet({
    changed() {
      playout?.setChannels(channels.list);
      rack.provide(channels.list);
    },
    sessionEnded: (_channel, session) => ended.push(session),
    closed() {},
  });
  const bench = await startMediaBench(channels);
  const oscillator = new Oscillator({
    driftPpm: 12,
    wanderPpm: 0,
    offsetMs: 0,
    startTrueMs: bench.clock.nowMs(),
    random: createRandom('odd'),
  });
  const sync = new ClockSync();
  const rack = new DecoderRack(undefined, () => false);
  const playout: Playout = new Playout({
    oscillator,
    clock: sync,
    sink: rack,
    isAwakeAt: () => true,
    dacPhaseMs: 0,
    events: {
      playing() {},
      firstSound() {},
      block: ({ coverage }) => void (coverage === 'packet' && sounded++),
      muted() {},
      drained: (channel: Channel) => channels.drained(channel),
    },
  });
  return {
    bench,
    channels,
    ended,
    sounded: () => sounded,
    async pass(ms: number): Promise<void> {
      await bench.clock.advance(ms);
      const nowMs = bench.clock.nowMs();
      const localMs = oscillator.localMs(nowMs);
      if (sync.exchanges < 20) sync.add({ t1Ms: localMs - 1, t2Ms: nowMs, t3Ms: nowMs, t4Ms: localMs });
      bench.receiver.tick(nowMs);
      playout.pump(nowMs);
    },
    close() {
      bench.close();
      rack.close();
    },
  };
}

/** A packet as no controller without a defect sends it: the header, its extension or the payload damaged before it was sealed. */
function odd(random: Random, sound: readonly Buffer[], sequence: number, captureAtMs: number): Buffer {
  const whole = (most: number): number => Math.floor(random.next() * (most + 1));
  const payload = Buffer.from(sound[whole(sound.length - 1)] as Buffer);
  const cut = random.next() < 0.2 ? payload.subarray(0, whole(payload.length)) : payload;
  const packet = writeRtpPacket({
    marker: random.next() < 0.1,
    payloadType: random.next() < 0.9 ? 100 : whole(127),
    sequence,
    timestamp: random.next() < 0.8 ? (sequence * 960) >>> 0 : whole(2 ** 32 - 1),
    ssrc: SSRC,
    captureAtMs: random.next() < 0.8 ? captureAtMs : captureAtMs + (random.next() - 0.5) * 10 ** whole(11),
    extensionId: random.next() < 0.9 ? 10 : 1 + whole(13),
    payload: cut,
  });
  const headerBytes = rtpHeaderLength(packet) ?? 12;
  for (let edits = whole(3); edits > 0; edits--) {
    // Not the sequence number and the SSRC: those choose the key stream, and are drawn by the caller.
    const places = [0, 1, 4, 5, 6, 7, ...Array.from({ length: headerBytes - 12 }, (_, index) => 12 + index), headerBytes, headerBytes + 1];
    const at = places[whole(places.length - 1)] as number;
    if (at < packet.length) packet[at] = at === 0 ? 0x80 | whole(63) : whole(255);
  }
  return packet;
}

it(`lives through ${PACKETS} authentic but odd packets, decoder included, and plays the good ones that follow`, async () => {
  const speaker = await startSpeaker();
  const { bench, channels } = speaker;
  const { rejectedBy } = bench.receiver;
  const random = createRandom('odd packets');
  const { packets: sound } = await encodeSweep(2000);
  bench.open('odd', SSRC, { class: 'live', playoutDelayMs: 300 });
  for (let warmUp = 0; warmUp < 20; warmUp++) await speaker.pass(20);
  let highest = -1;
  const send = (packet: Buffer, index: number): void => {
    const refused = (): number =>
      (rejectedBy.get('unauthentic') ?? 0) + (rejectedBy.get('replayed') ?? 0) + bench.receiver.counts.duplicate;
    const before = refused();
    bench.deliver(bench.seal(packet, index));
    // What was refused moves nothing.
    if (refused() === before && rtpHeaderLength(packet) !== undefined) highest = Math.max(highest, index);
  };
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const startMs = performance.now();
  for (let sent = 0; sent < PACKETS; sent++) {
    // Mostly the next one; sometimes a jump, a repetition, or a step back.
    const step = random.next() < 0.85 ? 1 : Math.floor((random.next() - 0.3) * (random.next() < 0.02 ? 40_000 : 400));
    const index = Math.max(0, highest + step);
    const packet = odd(random, sound, index % 65_536, bench.clock.nowMs() + 100);
    send(packet, estimatePacketIndex(index % 65_536, highest));
    await speaker.pass(20);
    if (sent % 5000 === 0) bench.open('odd', SSRC, { class: 'live', playoutDelayMs: 300 });
  }
  expect(performance.now() - startMs).toBeLessThan(60_000);
  const { counts } = bench.receiver;
  expect(counts.received).toBeGreaterThan(LEAST_AUTHENTIC);
  // Each was taken for authentic, or refused, or known to have been asked for; those that were authentic and no sound are told again as malformed.
  expect(counts.received + counts.rejected + counts.duplicate).toBeGreaterThanOrEqual(PACKETS);
  expect(rejectedBy.get('malformed')).toBeGreaterThan(1000);
  // Among them enough that could be played.
  expect(speaker.sounded()).toBeGreaterThan(2000);
  const channel = channels.get('odd');
  expect(channel?.buffer.length).toBeLessThanOrEqual(3000);
  expect(channel?.tracker.missing).toBeLessThanOrEqual(512);
  collectGarbage();
  // What the buffer may hold, and no more.
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(8e6);

  // The broadcast ends, another begins, on the stream as it is now.
  channels.close('odd', true);
  bench.open('good', SSRC, { class: 'live', playoutDelayMs: 300 });
  await speaker.pass(20);
  const before = speaker.sounded();
  const fromMs = bench.clock.nowMs();
  for (const [number, payload] of sound.entries()) {
    const index = highest + 1;
    const timestamp = (number * 960) >>> 0;
    const fields = {
      marker: number === 0,
      payloadType: 100,
      sequence: index % 65_536,
      timestamp,
      ssrc: SSRC,
      captureAtMs: fromMs + number * 20,
      payload,
    };
    send(writeRtpPacket(fields), index);
    await speaker.pass(20);
  }
  for (let rest = 0; rest < 30; rest++) await speaker.pass(20);
  // Two seconds in blocks of ten milliseconds.
  expect(speaker.sounded() - before).toBeGreaterThanOrEqual(198);
  speaker.close();
}, 120_000);
