import { createEncoder } from 'libopus-wasm';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAir } from '../../../controller/air/index.ts';
import { TestClock } from '../../../controller/clock.ts';
import type { AppEvents } from '../../../controller/events.ts';
import { countedCopies, notingChannel } from '../../support/air-fakes.ts';
import { createMemoryDistributor } from '../../support/memory-distributor.ts';

const PACKET_MS = 20;

async function studio(chime = false) {
  const clock = new TestClock();
  const distributor = createMemoryDistributor();
  const microphone = distributor.addMicrophone('m');
  const conditions: AppEvents['system.condition'][] = [];
  const copies = countedCopies();
  const channel = notingChannel(() => clock.nowMs());
  const air = createAir({
    clock,
    logger: pino({ level: 'silent' }),
    distributor,
    copies,
    openRelay: () => Promise.reject(new Error('no relay here')),
    onCondition: (condition) => conditions.push(condition),
  });
  await air.start();
  const tone = await spokenPackets();
  let sent = 0;
  /** What a browser does: one packet every 20 ms; `i` counts on even when packets are lost on the way. */
  const speak = async (packets: number, lost: (i: number) => boolean = () => false, delayMs = 0): Promise<void> => {
    for (let n = 0; n < packets; n++) {
      await clock.advance(PACKET_MS);
      const i = sent++;
      const payload = tone[i % tone.length];
      if (lost(i) || !payload) continue;
      microphone.deliver({
        payload,
        sequenceNumber: (65_530 + i) & 0xffff,
        rtpTimestamp: (4_294_967_000 + i * 960) % 2 ** 32,
        receivedAtMs: clock.nowMs() + delayMs,
      });
    }
    await clock.advance(0);
  };
  const source = air.microphoneSource({ broadcastId: 'b', microphoneId: 'm', maxDurationMs: 60_000, chime });
  const run = air.play({ broadcastId: 'b', channel, source, startAtMs: 0, skipMs: 0, onProgress: () => undefined });
  await clock.advance(1);
  return { clock, distributor, microphone, conditions, copies, channel, air, speak, run, tone };
}

async function spokenPackets(): Promise<Buffer[]> {
  const encoder = await createEncoder({ sampleRate: 48_000, channels: 1, frameSize: 960, bitrate: 24_000 });
  const pcm = new Float32Array(960);
  const packets = Array.from({ length: 50 }, (_, n) => {
    for (let i = 0; i < 960; i++) pcm[i] = 0.3 * Math.sin((2 * Math.PI * 300 * (n * 960 + i)) / 48_000);
    return Buffer.from(encoder.encodeFloat(pcm));
  });
  encoder.free();
  return packets;
}

const stepsMs = (sent: readonly { captureAtMs: number }[]): number[] =>
  sent.slice(1).map((packet, i) => Math.round(packet.captureAtMs - (sent[i]?.captureAtMs ?? 0)));

describe('a live run', () => {
  it('sends every packet the moment it comes, stamped a few milliseconds ahead', async () => {
    const { speak, channel, air, run, tone } = await studio();
    await speak(200);
    expect(channel.sent).toHaveLength(200);
    expect(new Set(stepsMs(channel.sent))).toEqual(new Set([PACKET_MS]));
    channel.sent.forEach((packet, i) => {
      expect(packet.payload).toEqual(tone[i % tone.length]);
      expect(packet.captureAtMs - packet.sentAtMs).toBeGreaterThanOrEqual(0);
      expect(packet.captureAtMs - packet.sentAtMs).toBeLessThan(10);
    });
    expect(run.positionMs()).toBeGreaterThan(3950);
    await air.close();
  });

  it('leaves a gap for what was lost, and the copy keeps its length', async () => {
    const { speak, clock, channel, copies, air } = await studio();
    await speak(100, (i) => i === 50 || i === 51);
    await clock.advance(20);
    expect(channel.sent).toHaveLength(98);
    expect(stepsMs(channel.sent).filter((step) => step !== PACKET_MS)).toEqual([60]);
    expect(copies.gapMs).toBeCloseTo(40, 3);
    await air.close();
  });

  it('keeps the channel with silence while nothing comes, tells of the stall, and goes on', async () => {
    const { speak, clock, channel, conditions, air } = await studio();
    await speak(50);
    await clock.advance(3000);
    const silent = channel.sent.slice(50);
    expect(silent.length).toBeGreaterThan(130);
    expect(silent.every((packet) => packet.payload.equals(Buffer.from([0xf8, 0xff, 0xfe])))).toBe(true);
    // Never longer without a packet than speakers conceal.
    expect(Math.max(...stepsMs(channel.sent))).toBeLessThan(200);
    expect(conditions).toMatchObject([{ code: 'air.microphone_stalled', subject: 'b', state: 'raised' }]);
    await speak(50);
    expect(channel.sent.at(-1)?.payload.length).toBeGreaterThan(3);
    expect(conditions.at(-1)?.state).toBe('cleared');
    const captures = channel.sent.map((packet) => packet.captureAtMs);
    expect(captures).toEqual(captures.toSorted((a, b) => a - b));
    await air.close();
    expect(clock.pending()).toEqual([]);
  });

  it.each([true, false])('goes on at once when the clock is set back by an hour, also in the midst of silence (%s)', async (isSilent) => {
    const { speak, clock, channel, run, air } = await studio();
    await speak(100);
    const positionMs = run.positionMs();
    clock.step(-3_600_000);
    if (isSilent) await clock.advance(1000);
    await speak(50);
    const after = channel.sent.slice(100);
    expect(after.length).toBeGreaterThan(isSilent ? 80 : 45);
    expect(after[0]?.marker).toBe(true);
    expect(after.filter((packet) => packet.marker)).toHaveLength(1);
    for (const packet of after) expect(Math.abs(packet.captureAtMs - packet.sentAtMs)).toBeLessThan(200);
    expect(after.at(-1)?.payload.length).toBeGreaterThan(3);
    // How long nothing came before the first silence is not known any more.
    expect(Math.abs(run.positionMs() - positionMs - (isSilent ? 2000 : 1000))).toBeLessThan(150);
    await air.close();
  });

  it('follows its chime without overlap', async () => {
    const { speak, channel, air } = await studio(true);
    await speak(150);
    const captures = channel.sent.map((packet) => packet.captureAtMs);
    for (let i = 1; i < captures.length; i++) {
      const stepMs = (captures[i] ?? 0) - (captures[i - 1] ?? 0);
      expect(stepMs).toBeGreaterThanOrEqual(PACKET_MS - 0.001);
      expect(stepMs).toBeLessThan(2.5 * PACKET_MS);
    }
    expect(channel.sent.length).toBeGreaterThan(140);
    await air.close();
  });

  it('finishes when the microphone is closed, fails when it is lost', async () => {
    const closed = await studio();
    await closed.speak(10);
    closed.microphone.close();
    expect(await closed.run.ended).toEqual({ how: 'finished' });
    await closed.air.close();

    const lost = await studio();
    await lost.speak(10);
    lost.microphone.lose('ICE disconnected');
    expect(await lost.run.ended).toMatchObject({ how: 'failed', error: { code: 'air.microphone_lost' } });
    await lost.air.close();
    expect(lost.clock.pending()).toEqual([]);
  });

  it('ends at its longest duration', async () => {
    const { speak, run, air } = await studio();
    await speak(3100);
    expect(await run.ended).toEqual({ how: 'finished' });
    await air.close();
  });
});
