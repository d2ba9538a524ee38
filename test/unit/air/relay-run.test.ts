import { createEncoder } from 'libopus-wasm';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAir, type RelayStream } from '../../../controller/air/index.ts';
import { TestClock } from '../../../controller/clock.ts';
import { AppError } from '../../../controller/errors.ts';
import type { AppEvents } from '../../../controller/events.ts';
import type { SentStretch } from '../../../controller/protocol/sent-sound.ts';
import { countedCopies, notingChannel } from '../../support/air-fakes.ts';

const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

async function tone(): Promise<Buffer> {
  const encoder = await createEncoder({ sampleRate: 48_000, channels: 1, frameSize: 960, bitrate: 24_000 });
  const pcm = Float32Array.from({ length: 960 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 300 * i) / 48_000));
  const packet = Buffer.from(encoder.encodeFloat(pcm));
  encoder.free();
  return packet;
}

/** A station whose packets the test sends; `isUp` decides whether it answers. */
async function studio(options: { chime?: boolean; durationMs?: number; hasBegun?: boolean; endsInMs?: number } = {}) {
  const clock = new TestClock();
  const conditions: AppEvents['system.condition'][] = [];
  const channel = notingChannel(() => clock.nowMs());
  const sound = await tone();
  const station = {
    isUp: true,
    opened: 0,
    refusal: undefined as AppError | undefined,
    breakOff: () => deliver(new Error('the line is down')),
  };
  let deliver: (packet: Buffer | Error) => void = () => undefined;
  const openRelay = async ({ signal }: { signal: AbortSignal }): Promise<RelayStream> => {
    if (station.refusal) throw station.refusal;
    if (!station.isUp) throw new Error('connection refused');
    station.opened += 1;
    const waiting: (Buffer | Error)[] = [];
    let wake: () => void = () => undefined;
    deliver = (packet) => {
      waiting.push(packet);
      wake();
    };
    async function* packets() {
      for (;;) {
        const next = waiting.shift();
        if (next instanceof Error) throw next;
        if (next) yield { data: next, durationSamples: 960 };
        else if (signal.aborted) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
      }
    }
    return { packets: packets(), close: async () => undefined };
  };
  const air = createAir({
    clock,
    logger: pino({ level: 'silent' }),
    distributor: { microphone: () => undefined },
    copies: countedCopies(),
    openRelay,
    onCondition: (condition) => conditions.push(condition),
  });
  await air.start();
  const source = air.relaySource({
    ...{ broadcastId: 'b', url: 'http://example.org/a', durationMs: options.durationMs ?? 60_000, chime: options.chime ?? false },
    hasBegun: options.hasBegun ?? false,
    ...(options.endsInMs === undefined ? {} : { endsAtMs: clock.nowMs() + options.endsInMs }),
  });
  /** The station sends in bursts of `everyMs`. */
  const broadcast = async (durationMs: number, everyMs = 20, packet = sound): Promise<void> => {
    for (let atMs = 0; atMs < durationMs; atMs += everyMs) {
      for (let n = 0; n < everyMs / 20; n++) deliver(packet);
      await clock.advance(everyMs);
    }
  };
  const sent: SentStretch[] = [];
  const programme: boolean[] = [];
  const play = (startAtMs = 0, overdueMs = 0) =>
    air.play({
      ...{ broadcastId: 'b', channel, source, startAtMs, overdueMs, skipMs: 0, onSent: (stretch: SentStretch) => sent.push(stretch) },
      onProgress: ({ isProgramme }) => programme.push(isProgramme),
    });
  const stepsMs = (): number[] => channel.sent.slice(1).map((packet, i) => packet.captureAtMs - (channel.sent[i]?.captureAtMs ?? 0));
  const told = () => conditions.map(({ code, subject, state }) => `${code}.${subject} ${state}`);
  const isSilence = ({ payload }: { payload: Buffer }): boolean => payload.equals(SILENCE);
  /** Opening a source loads the codec, which real time has to pass for. */
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) await clock.advance(0);
  };
  return {
    clock,
    channel,
    station,
    sound,
    source,
    air,
    broadcast,
    play,
    sent,
    programme,
    stepsMs,
    told,
    isSilence,
    settle,
    deliver: (error: Error) => deliver(error),
    deliverSound: () => deliver(sound),
  };
}

describe('what a relay sent', () => {
  it('is neither its chime nor the silence that stands in for a station that does not answer', async () => {
    const { clock, station, source, broadcast, play, sent, programme, settle, air } = await studio({ chime: true });
    station.isUp = false;
    const startAtMs = clock.nowMs() + 1000;
    source.prepare?.();
    await settle();
    const run = play(startAtMs);
    await clock.advance(40_000);
    expect(programme.length).toBeGreaterThan(50);
    expect(programme).not.toContain(true);
    station.isUp = true;
    await clock.advance(5000);
    await broadcast(8000);
    expect(programme.at(-1)).toBe(true);
    await run.stop();
    await settle();
    const levels = sent.flatMap(({ db }) => db);
    expect(sent[0]?.fromMs).toBeGreaterThanOrEqual(startAtMs + 1700);
    // What is left of the chime in the decoder dies away.
    expect(Math.max(...levels.slice(0, 30))).toBeLessThan(-60);
    expect(levels.filter((level) => level > -20).length).toBeGreaterThanOrEqual(5);
    await air.close();
  });
});

describe('a relay at a set instant', () => {
  it('is connected ahead and sounds at its instant, chime first, without a hole and with what the station sends now', async () => {
    const { clock, channel, source, broadcast, play, stepsMs, told, isSilence, settle, air } = await studio({ chime: true });
    const startAtMs = clock.nowMs() + 9000;
    source.prepare?.();
    await settle();
    await broadcast(8000);
    const run = play(startAtMs);
    await broadcast(6000);
    expect(channel.sent[0]?.captureAtMs).toBe(startAtMs);
    expect(Math.max(...stepsMs())).toBeLessThan(20.01);
    expect(channel.sent.some(isSilence)).toBe(false);
    expect(Math.min(...channel.sent.slice(1).map((packet) => packet.captureAtMs - packet.sentAtMs))).toBeGreaterThan(0);
    expect(told()).toEqual([]);
    await run.stop();
    await air.close();
    expect(clock.pending()).toEqual([]);
  });

  it('begins on time with silence while the station does not answer, says so, and sounds as soon as it does', async () => {
    const { clock, channel, station, source, broadcast, play, told, isSilence, settle, air } = await studio();
    station.isUp = false;
    const startAtMs = clock.nowMs() + 9000;
    source.prepare?.();
    await settle();
    await clock.advance(8000);
    expect(told()).toEqual(['air.relay_stalled.b raised']);
    play(startAtMs);
    await clock.advance(31_000);
    expect(channel.sent[0]?.captureAtMs).toBe(startAtMs);
    expect(channel.sent.every(isSilence)).toBe(true);
    expect(told()).toContain('air.dead_air.b raised');
    station.isUp = true;
    await clock.advance(5000);
    await broadcast(3000);
    expect(isSilence(channel.sent.at(-1) ?? { payload: SILENCE })).toBe(false);
    expect(told().slice(-2).sort()).toEqual(['air.dead_air.b cleared', 'air.relay_stalled.b cleared']);
    await air.close();
    expect(clock.pending()).toEqual([]);
  });

  it('that is prepared and never played leaves nothing behind', async () => {
    const { clock, source, station, broadcast, settle } = await studio({ chime: true });
    source.prepare?.();
    await settle();
    await broadcast(1000);
    expect(station.opened).toBe(1);
    await source.close();
    expect(clock.pending()).toEqual([]);
  });
});

describe('a relay on air', () => {
  it('of a station that sends segments raises no alarm, and airs all of them', async () => {
    const { channel, broadcast, deliverSound, play, told, isSilence, settle, clock, air } = await studio({ durationMs: 600_000 });
    play();
    await settle();
    await clock.advance(100);
    for (let n = 0; n < 100; n++) deliverSound();
    await broadcast(80_000, 8000);
    expect(told()).toEqual([]);
    expect(channel.sent.some(isSilence)).toBe(false);
    await air.close();
  });

  it('comes back after a minute without the station', async () => {
    const { clock, channel, station, broadcast, play, deliver, told, isSilence, settle, air } = await studio({ durationMs: 600_000 });
    const run = play();
    await settle();
    await broadcast(5000);
    station.isUp = false;
    deliver(new Error('reset'));
    await clock.advance(60_000);
    expect(told()).toEqual(['air.relay_stalled.b raised', 'air.dead_air.b raised']);
    station.isUp = true;
    await clock.advance(5000);
    await broadcast(5000);
    expect(isSilence(channel.sent.at(-1) ?? { payload: SILENCE })).toBe(false);
    expect(told().slice(2).sort()).toEqual(['air.dead_air.b cleared', 'air.relay_stalled.b cleared']);
    await run.stop();
    await air.close();
  });

  it.each([
    ['after its first sound', false],
    ['after a restart in the middle, before its first sound', true],
  ])(
    'goes on trying %s, when its address is refused for a while: a router answers every name while its line is down',
    async (_, hasBegun) => {
      const { clock, station, play, broadcast, settle, channel, isSilence, source } = await studio({ hasBegun });
      const refusal = new AppError({ code: 'air.relay_refused', status: 422, words: { vi: 'Không được phép.', en: 'Not allowed.' } });
      if (hasBegun) station.refusal = refusal;
      source.prepare?.();
      await settle();
      const run = play(clock.nowMs());
      if (!hasBegun) await broadcast(5000);
      station.refusal = refusal;
      if (!hasBegun) station.breakOff();
      await clock.advance(10_000);
      station.refusal = undefined;
      await clock.advance(5000);
      await broadcast(5000);
      const sentBefore = channel.sent.length;
      await broadcast(2000);
      expect(channel.sent.slice(sentBefore).some((packet) => !isSilence(packet))).toBe(true);
      await run.stop();
      expect((await run.ended).how).toBe('stopped');
    },
  );

  it('fails at once when its address is refused', async () => {
    const { station, play, settle, air } = await studio();
    station.refusal = new AppError({ code: 'media.relay_refused', status: 422, words: { vi: 'x', en: 'x' } });
    const run = play();
    await settle();
    expect(await run.ended).toMatchObject({ how: 'failed', error: { code: 'media.relay_refused' } });
    await air.close();
  });
});

describe('a relay that goes on after a restart', () => {
  it('is sent a third of a second after its station answers, without a hole, and ends at its hour', async () => {
    const { broadcast, channel, clock, isSilence, play, settle, source } = await studio({ hasBegun: true, endsInMs: 6000 });
    source.prepare?.();
    await settle();
    const answersAtMs = clock.nowMs();
    const run = play(0, 600);
    await broadcast(6500);
    expect((channel.sent[0]?.sentAtMs ?? 0) - answersAtMs).toBeLessThanOrEqual(320);
    expect(channel.sent[0]?.captureAtMs).toBeLessThanOrEqual(answersAtMs);
    expect(channel.sent.filter(isSilence)).toEqual([]);
    // Each comes at least so long before its sound as the first.
    for (const { sentAtMs, captureAtMs } of channel.sent) expect(sentAtMs - captureAtMs).toBeLessThanOrEqual(601);
    expect(await run.ended).toEqual({ how: 'finished' });
    expect(run.sentUntilMs() - answersAtMs).toBeLessThanOrEqual(6000);
  });

  it('puts silence in the place of what would come too late', async () => {
    const { broadcast, channel, clock, isSilence, play, settle, source } = await studio({ hasBegun: true });
    source.prepare?.();
    await settle();
    const run = play(0, 600);
    await broadcast(1000);
    const sent = channel.sent.length;
    await clock.advance(2000);
    expect(channel.sent.slice(sent).filter(isSilence).length).toBeGreaterThan(50);
    await run.stop();
  });
});
