import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAir, type Pass, type ProgrammeSource, type SourcePacket, shortThenLong } from '../../../controller/air/index.ts';
import { TestClock } from '../../../controller/clock.ts';
import { countedCopies, listSource, notingChannel } from '../../support/air-fakes.ts';

const PACE = { leadMs: 6000, fillSpeed: 4, lostAfterMs: 300 };

async function studio() {
  const clock = new TestClock();
  const copies = countedCopies();
  const channel = notingChannel(() => clock.nowMs());
  const passes: Pass[] = [];
  const air = createAir({
    clock,
    logger: pino({ level: 'silent' }),
    distributor: { microphone: () => undefined },
    copies,
    openRelay: () => Promise.reject(new Error('no relay here')),
    onCondition: () => undefined,
  });
  await air.start();
  const play = (source: ProgrammeSource, skipMs = 0) =>
    air.play({
      broadcastId: 'b',
      channel,
      source,
      startAtMs: 0,
      skipMs,
      pace: PACE,
      onPass: (pass) => passes.push(pass),
      onProgress: () => undefined,
    });
  return { clock, copies, channel, passes, play };
}

/** `count` packets of 100 ms; the first begins a pass. */
const message = (count: number): SourcePacket[] =>
  Array.from({ length: count }, (_, index) => ({
    payload: Buffer.from([0, 1, index]),
    durationMs: 100,
    ...(index === 0 ? { pass: 'begins' as const } : {}),
  }));
const pause = (count: number): SourcePacket[] =>
  Array.from({ length: count }, () => ({ payload: Buffer.from([0xf8, 0xff, 0xfe]), durationMs: 100, pass: 'pause' }));

describe('a warning that is sent ahead', () => {
  it('is all on its way within a quarter of its length, so that a later stall of the sender is not heard', async () => {
    const { clock, channel, play } = await studio();
    const beganAtMs = clock.nowMs();
    play(listSource(message(40)));
    await clock.advance(1100);
    expect(channel.sent).toHaveLength(40);
    for (const packet of channel.sent) expect(packet.captureAtMs - packet.sentAtMs).toBeGreaterThanOrEqual(0);
    expect(channel.sent.at(-1)?.captureAtMs).toBe(beganAtMs + 3900);
  });

  it('is never further ahead than six seconds', async () => {
    const { clock, channel, play } = await studio();
    play(listSource(message(300)));
    await clock.advance(20_000);
    const leads = channel.sent.map((packet) => packet.captureAtMs - packet.sentAtMs);
    expect(Math.max(...leads)).toBeLessThanOrEqual(6001);
    expect(Math.max(...leads)).toBeGreaterThan(5900);
  });

  it('tells each giving of the message by its capture instants, marks its beginning, and tells none that was broken off', async () => {
    const { clock, channel, passes, play } = await studio();
    const beganAtMs = clock.nowMs();
    const attention: SourcePacket[] = [{ payload: Buffer.from([0, 2, 0]), durationMs: 100 }];
    const run = play(listSource([...attention, ...message(10), ...pause(5), ...message(10), ...pause(5), ...message(200)]));
    await clock.advance(5000);
    expect(passes).toEqual([
      { fromMs: beganAtMs + 100, untilMs: beganAtMs + 1100 },
      { fromMs: beganAtMs + 1600, untilMs: beganAtMs + 2600 },
    ]);
    expect(channel.sent.flatMap((packet, index) => (packet.marker ? [index] : []))).toEqual([0, 1, 16, 31]);
    await run.stop();
    expect(passes).toHaveLength(2);
  });

  it('tells the last pass when all of it was sent', async () => {
    const { clock, passes, play } = await studio();
    const beganAtMs = clock.nowMs();
    const run = play(listSource(message(10)));
    await clock.advance(2000);
    expect(await run.ended).toEqual({ how: 'finished' });
    expect(passes).toEqual([{ fromMs: beganAtMs, untilMs: beganAtMs + 1000 }]);
  });

  it('keeps in its copy what was on air, and nothing that a stop took back before its instant', async () => {
    const { clock, channel, copies, play } = await studio();
    const run = play(listSource(message(100)));
    await clock.advance(2050);
    expect(channel.sent.length).toBeGreaterThan(70);
    await run.stop();
    await clock.advance(1);
    expect(copies.written).toBe(21);
  });

  it('goes on for everybody together, without leaving a word out, after a stall that the lead does not cover', async () => {
    const { clock, channel, play } = await studio();
    const all = message(20);
    let next = 0;
    const { promise: stalled, resolve: goOn } = Promise.withResolvers<void>();
    play({
      ...listSource([]),
      durationMs: 2000,
      start: async () => undefined,
      async read() {
        if (next === 5) await stalled;
        return all[next++] ?? null;
      },
    });
    await clock.advance(3000);
    goOn();
    await clock.advance(3000);
    expect(channel.sent.map(({ payload }) => payload[2])).toEqual(all.map((_, index) => index));
    const [before, after] = [channel.sent[4], channel.sent[5]];
    expect(after?.marker).toBe(true);
    expect((after?.captureAtMs ?? 0) - (before?.captureAtMs ?? 0)).toBeGreaterThan(2400);
    expect(after?.captureAtMs).toBeGreaterThanOrEqual((after?.sentAtMs ?? 0) - 1);
  });
});

it('makes short packets while somebody waits for the first sound, and long ones then', () => {
  expect([0, 100, 460, 480, 10_000].map(shortThenLong)).toEqual([20, 20, 20, 120, 120]);
});
