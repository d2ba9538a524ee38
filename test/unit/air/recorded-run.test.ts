import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAir, type ProgrammeSource, type SourcePacket } from '../../../controller/air/index.ts';
import { TestClock } from '../../../controller/clock.ts';
import { countedCopies, listSource, notingChannel } from '../../support/air-fakes.ts';

const LEAD_MS = 400;

async function studio() {
  const clock = new TestClock();
  const copies = countedCopies();
  const channel = notingChannel(() => clock.nowMs());
  const air = createAir({
    clock,
    logger: pino({ level: 'silent' }),
    distributor: { microphone: () => undefined },
    copies,
    openRelay: () => Promise.reject(new Error('no relay here')),
    onCondition: () => undefined,
    leadMs: LEAD_MS,
  });
  // Loads the codec, which real time has to pass for.
  await air.start();
  const play = (source: ProgrammeSource, options: { startAtMs?: number; skipMs?: number; overdueMs?: number } = {}) => {
    const progress: { positionMs: number; levelDb: number }[] = [];
    const run = air.play({
      broadcastId: 'b',
      channel,
      source,
      startAtMs: options.startAtMs ?? 0,
      skipMs: options.skipMs ?? 0,
      ...(options.overdueMs === undefined ? {} : { overdueMs: options.overdueMs }),
      onProgress: (now) => progress.push(now),
    });
    return { run, progress };
  };
  return { clock, copies, channel, air, play };
}

const packetsOf = (durations: readonly number[]): SourcePacket[] =>
  durations.map((durationMs, i) => ({ payload: Buffer.from([0, i >> 8, i & 255]), durationMs }));

const durations = fc.array(fc.constantFrom(2.5, 5, 10, 20, 40, 60, 120), { minLength: 1, maxLength: 120 });

describe('a recorded run in virtual time', () => {
  it('has linear stamps, sends everything once and in order, on time and never in a burst', async () => {
    await fc.assert(
      fc.asyncProperty(durations, fc.integer({ min: -1000, max: 3000 }), async (given, startInMs) => {
        const { clock, channel, play, copies, air } = await studio();
        const startAtMs = clock.nowMs() + startInMs;
        const beganMs = clock.nowMs();
        const source = listSource(packetsOf(given));
        const { run } = play(source, { startAtMs });
        const totalMs = given.reduce((sum, ms) => sum + ms, 0);
        await clock.advance(Math.max(0, startInMs) + totalMs + 100);
        expect(await run.ended).toEqual({ how: 'finished' });
        expect(channel.sent.map((packet) => packet.payload.readUInt16BE(1))).toEqual(given.map((_, i) => i));
        const originMs = Math.max(startAtMs, beganMs);
        let sumMs = 0;
        channel.sent.forEach((packet, i) => {
          expect(packet.captureAtMs).toBe(originMs + sumMs);
          expect((packet.rtpTimestamp - (channel.sent[0]?.rtpTimestamp ?? 0) + 2 ** 32) % 2 ** 32).toBe(sumMs * 48);
          expect(packet.marker).toBe(i === 0);
          // At most the lead early (the timer's grid apart), never after its own instant.
          expect(packet.sentAtMs).toBeGreaterThanOrEqual(packet.captureAtMs - LEAD_MS - 0.001);
          expect(packet.sentAtMs).toBeLessThanOrEqual(packet.captureAtMs + 0.001);
          if (i > 0) {
            const before = channel.sent[i - 1];
            // No closer than a quarter of what was sent before: four times real time while the lead is being built.
            expect(packet.sentAtMs - (before?.sentAtMs ?? 0)).toBeGreaterThanOrEqual((given[i - 1] ?? 0) / 4 - 0.001);
          }
          sumMs += given[i] ?? 0;
        });
        expect(run.sentUntilMs()).toBe(originMs + totalMs);
        await air.close();
        expect([source.closed, copies.open, copies.written]).toEqual([true, 0, given.length]);
        expect(clock.pending()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('puts the position on the start, whatever lies before it in the first packet', async () => {
    const { clock, channel, play } = await studio();
    const startAtMs = clock.nowMs() + 1000;
    const [first, ...rest] = packetsOf([20, 20, 20]);
    if (!first) throw new Error('no packet');
    const { run } = play(listSource([{ ...first, preRollMs: 6.5 }, ...rest]), { startAtMs });
    await clock.advance(1005);
    expect(channel.sent[0]?.captureAtMs).toBe(startAtMs - 6.5);
    expect(run.positionMs()).toBeCloseTo(5, 5);
    await clock.advance(100);
    expect(run.positionMs()).toBeCloseTo(53.5, 5);
  });

  it('sends what is overdue at once, each packet in good time to sound when it would have', async () => {
    const { clock, channel, play } = await studio();
    const nowMs = clock.nowMs();
    play(listSource(packetsOf(Array.from({ length: 50 }, () => 120))), { startAtMs: nowMs - 5000, overdueMs: 700 });
    await clock.advance(100);
    const overdue = channel.sent.filter(({ captureAtMs }) => captureAtMs < nowMs);
    expect(overdue.map(({ captureAtMs }) => captureAtMs - nowMs)).toEqual([-700, -580, -460, -340, -220, -100]);
    expect((overdue.at(-1)?.sentAtMs ?? 0) - nowMs).toBeLessThanOrEqual(40);
    await clock.advance(1000);
    const last = channel.sent.at(-1);
    expect((last?.captureAtMs ?? 0) - (last?.sentAtMs ?? 0)).toBeCloseTo(LEAD_MS, 5);
  });

  it('counts the position on from where it was resumed', async () => {
    const { clock, play } = await studio();
    const { run, progress } = play(listSource(packetsOf(Array.from({ length: 200 }, () => 20))), { skipMs: 1000 });
    expect(run.positionMs()).toBe(1000);
    await clock.advance(1600);
    expect(run.positionMs()).toBeCloseTo(2600, 5);
    expect(progress.map((now) => Math.round(now.positionMs / 100))).toEqual([15, 20, 25]);
    await clock.advance(3000);
    expect(run.positionMs()).toBeCloseTo(4000, 5);
  });

  it('catches up after a short stall with unchanged stamps', async () => {
    const { clock, channel, play, air } = await studio();
    let stallAt = 50;
    const packets = packetsOf(Array.from({ length: 200 }, () => 20));
    const inner = listSource(packets);
    const source: ProgrammeSource = {
      ...inner,
      async read() {
        if (stallAt-- === 0) await clock.sleep(700);
        return inner.read();
      },
    };
    const originMs = clock.nowMs();
    const { run } = play(source);
    await clock.advance(5000);
    expect(await run.ended).toEqual({ how: 'finished' });
    expect(channel.sent.map((packet) => packet.captureAtMs)).toEqual(packets.map((_, i) => originMs + i * 20));
    const last = channel.sent.at(-1);
    expect((last?.captureAtMs ?? 0) - (last?.sentAtMs ?? 0)).toBeCloseTo(LEAD_MS, 5);
    await air.close();
  });

  it('goes on from now after a long stall, and says so with the marker', async () => {
    const { clock, channel, play } = await studio();
    let stallAt = 50;
    const inner = listSource(packetsOf(Array.from({ length: 100 }, () => 20)));
    const source: ProgrammeSource = {
      ...inner,
      async read() {
        if (stallAt-- === 0) await clock.sleep(60_000);
        return inner.read();
      },
    };
    const originMs = clock.nowMs();
    const { run } = play(source);
    await clock.advance(70_000);
    expect(await run.ended).toEqual({ how: 'finished' });
    expect(channel.sent).toHaveLength(100);
    const resumed = channel.sent[50];
    expect(resumed?.marker).toBe(true);
    expect(resumed?.captureAtMs).toBeCloseTo(resumed?.sentAtMs ?? 0, 0);
    for (const packet of channel.sent) {
      const samples = (packet.rtpTimestamp - (channel.sent[0]?.rtpTimestamp ?? 0) + 2 ** 32) % 2 ** 32;
      expect(packet.captureAtMs - originMs).toBeCloseTo(samples / 48, 1);
    }
    expect(run.positionMs()).toBeCloseTo(2000, 0);
  });

  it('goes on within a second when the clock is set, by whatever and at whatever moment, and says where it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(-3_600_000, -40_000, -3000, 2500, 40_000, 3_600_000, 56 * 365 * 86_400_000),
        fc.integer({ min: 100, max: 3000 }),
        fc.constantFrom(20, 60, 120),
        async (stepMs, afterMs, packetMs) => {
          const { clock, channel, play, air, copies } = await studio();
          const count = Math.ceil(6000 / packetMs);
          const { run } = play(listSource(packetsOf(Array.from({ length: count }, () => packetMs))));
          await clock.advance(afterMs);
          clock.step(stepMs);
          const steppedAtMs = clock.monotonicMs();
          const sentBefore = channel.sent.length;
          await clock.advance(1000);
          expect(channel.sent.length, 'nothing is sent').toBeGreaterThan(sentBefore);
          const next = channel.sent[sentBefore];
          // In the clock that holds now, neither long ago nor far ahead.
          expect(Math.abs((next?.captureAtMs ?? 0) - (steppedAtMs + (clock.nowMs() - clock.monotonicMs())))).toBeLessThan(3500);
          await clock.advance(8000);
          expect(await run.ended).toEqual({ how: 'finished' });
          expect(channel.sent).toHaveLength(count);
          expect(run.positionMs()).toBeLessThanOrEqual(count * packetMs + 1);
          await air.close();
          expect(copies.written).toBe(count);
          expect(clock.pending()).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ends within a packet when it is stopped, also before it began', async () => {
    const { clock, channel, play, air } = await studio();
    const first = play(listSource(packetsOf([20, 20])), { startAtMs: clock.nowMs() + 10_000 });
    await clock.advance(100);
    await first.run.stop();
    expect(await first.run.ended).toEqual({ how: 'stopped' });
    const second = play(listSource(packetsOf(Array.from({ length: 100 }, () => 20))));
    await clock.advance(500);
    const sent = channel.sent.length;
    await second.run.stop();
    await clock.advance(5000);
    expect(channel.sent).toHaveLength(sent);
    await air.close();
    expect(clock.pending()).toEqual([]);
  });

  it('ends as failed when its source fails, and closes it', async () => {
    const { clock, play, air } = await studio();
    const source = listSource(packetsOf([20]));
    const error = new Error('the disk is gone');
    const failing: ProgrammeSource = { ...source, start: () => Promise.reject(error), close: () => source.close.call(source) };
    const { run } = play(failing);
    await clock.advance(100);
    expect(await run.ended).toEqual({ how: 'failed', error });
    await air.close();
    expect(source.closed).toBe(true);
  });
});

describe('a sequence', () => {
  it('plays one after the other without a gap, from any position', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }), fc.nat(2000), async (counts, skipMs) => {
        const { clock, channel, air, play } = await studio();
        let number = 0;
        const sources = counts.map((count) =>
          listSource(Array.from({ length: count }, () => ({ payload: Buffer.from([0, 0, number++]), durationMs: 20 }))),
        );
        const { run } = play(air.sequence(sources), { skipMs });
        await clock.advance(number * 20 + 100);
        expect(await run.ended).toEqual({ how: 'finished' });
        expect(channel.sent.map((packet) => packet.payload.readUInt8(2))).toEqual(
          Array.from({ length: number }, (_, i) => i).slice(Math.min(number, Math.ceil(skipMs / 20))),
        );
        const firstMs = channel.sent[0]?.captureAtMs ?? 0;
        expect(channel.sent.map((packet) => packet.captureAtMs)).toEqual(channel.sent.map((_, i) => firstMs + i * 20));
        await air.close();
        expect(sources.every((source) => source.closed)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
