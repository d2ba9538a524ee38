import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecoder } from 'libopus-wasm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAir, type ProgrammeSource, type SourcePacket } from '../../../controller/air/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { ATTENTION_SIGNALS, type AttentionSignal } from '../../../controller/protocol/attention-signals.ts';
import { countedCopies } from '../../support/air-fakes.ts';
import { decodeFile } from '../../support/audio-compare.ts';
import { powerSpectrum } from '../../support/spectrum.ts';
import { makeSpokenMaster } from '../../support/spoken-master.ts';

const RATE_HZ = 48_000;
/** Loudness of the masters that ingest makes (EBU R 128 by ffmpeg). */
const PROGRAMME_LUFS = -16;

const air = createAir({
  clock: new SystemClock(),
  logger: pino({ level: 'silent' }),
  distributor: { microphone: () => undefined },
  copies: countedCopies(),
  openRelay: () => Promise.reject(new Error('no relay here')),
  onCondition: () => undefined,
});
let folder: string;
let master: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loa-xa-test-attention-'));
  master = await makeSpokenMaster(folder);
  await air.start();
});
afterAll(async () => {
  await air.close();
  await rm(folder, { recursive: true, force: true });
});

async function fileOf(signal: AttentionSignal, durationMs: number): Promise<string> {
  const file = join(folder, `${signal}-${durationMs}.opus`);
  await writeFile(file, await air.attentionAudio({ signal, durationMs }));
  return file;
}

async function readAll(source: ProgrammeSource, options: { skipMs: number; atMostMs?: number }): Promise<SourcePacket[]> {
  await source.start({ skipMs: options.skipMs });
  const packets: SourcePacket[] = [];
  let lengthMs = 0;
  for (let packet = await source.read(); packet; packet = await source.read()) {
    packets.push(packet);
    lengthMs += packet.durationMs;
    if (lengthMs >= (options.atMostMs ?? Number.POSITIVE_INFINITY)) break;
  }
  await source.close();
  return packets;
}

const lengthMs = (packets: readonly SourcePacket[]): number => packets.reduce((sum, packet) => sum + packet.durationMs, 0);

async function decode(packets: readonly SourcePacket[]): Promise<Float32Array> {
  const decoder = await createDecoder({ sampleRate: RATE_HZ, channels: 1 });
  const pcm = packets.flatMap((packet) => [...decoder.decodeFloat(packet.payload)]);
  decoder.free();
  return Float32Array.from(pcm);
}

const peakOf = (samples: Float32Array): number => samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);

describe.each(ATTENTION_SIGNALS)('the attention signal %s', (signal) => {
  it.each([4000, 6000, 10_000])('of %i ms is as loud as programme', async (durationMs) => {
    const { stderr } = spawnSync(
      'ffmpeg',
      ['-hide_banner', '-nostdin', '-i', await fileOf(signal, durationMs), '-af', 'ebur128', '-f', 'null', '-'],
      { encoding: 'utf8' },
    );
    const lufs = Number([...stderr.matchAll(/I:\s+(-?[\d.]+) LUFS/g)].at(-1)?.[1]);
    expect(Math.abs(lufs - PROGRAMME_LUFS)).toBeLessThanOrEqual(0.5);
  });

  it.each([4000, 7340, 11_000])('is exactly as long as was set: %i ms', async (durationMs) => {
    const source = air.recordedSource({ ...opening(signal, durationMs), masterPath: master, repeat: 1, pauseMs: 0, packetMs: 20 });
    const plain = air.recordedSource({ chime: false, masterPath: master, repeat: 1, pauseMs: 0, packetMs: 20 });
    const packets = await readAll(source, { skipMs: 0 });
    expect(lengthMs(packets) - lengthMs(await readAll(plain, { skipMs: 0 }))).toBeCloseTo(durationMs, 6);
    expect((source.durationMs ?? 0) - (plain.durationMs ?? 0)).toBeCloseTo(durationMs, 6);
  });

  it('has its energy between 500 and 2 500 Hz, where horns radiate', async () => {
    const { samples } = await decodeFile(await fileOf(signal, 6000));
    const power = powerSpectrum(samples, RATE_HZ);
    const inside = power.filter(({ hz }) => hz >= 480 && hz <= 2500).reduce((sum, { power: p }) => sum + p, 0);
    const all = power.reduce((sum, { power: p }) => sum + p, 0);
    expect(inside / all).toBeGreaterThan(0.98);
  });

  it('begins and ends without a click, also where it is taken up in the middle', async () => {
    for (const skipMs of [0, 1240]) {
      const source = air.recordedSource({ ...opening(signal, 4000), masterPath: master, repeat: 1, pauseMs: 0, packetMs: 20 });
      const packets = (await readAll(source, { skipMs, atMostMs: 4000 - skipMs })).slice(0, (4000 - skipMs) / 20);
      const samples = await decode(packets);
      const level = peakOf(samples);
      // A step of sound shows as strength in its first and last milliseconds.
      expect(peakOf(samples.subarray(0, 0.003 * RATE_HZ))).toBeLessThan(level * 0.1);
      expect(peakOf(samples.subarray(-0.003 * RATE_HZ))).toBeLessThan(level * 0.1);
    }
  });
});

it('sounds differently from each other: no two signals share their course of pitch', async () => {
  const courses = await Promise.all(
    ATTENTION_SIGNALS.map(async (signal) => {
      const { samples } = await decodeFile(await fileOf(signal, 4000));
      // Every quarter of a second: the strongest frequency, or silence.
      return Array.from({ length: 14 }, (_, n) => {
        const piece = samples.subarray(n * 12_000 + 2000, n * 12_000 + 10_000);
        if (peakOf(piece) < 0.02) return 0;
        const strongest = powerSpectrum(piece, RATE_HZ).reduce((best, bin) => (bin.power > best.power ? bin : best));
        return Math.round(strongest.hz / 50) * 50;
      }).join(' ');
    }),
  );
  expect(new Set(courses).size).toBe(ATTENTION_SIGNALS.length);
});

describe('a recording that is said until somebody stops it', () => {
  const PAUSE_MS = 500;
  const endless = () =>
    air.recordedSource({ ...opening('sweep', 4000), masterPath: master, repeat: 'until_stopped', pauseMs: PAUSE_MS, packetMs: 20 });

  it('has no length, and goes on after any number of times', async () => {
    const source = endless();
    const packets = await readAll(source, { skipMs: 0, atMostMs: 60_000 });
    expect(lengthMs(packets)).toBeGreaterThanOrEqual(60_000);
    expect(source.durationMs).toBeNull();
  });

  it('is taken up where it was, hours later too, without having been sent up to there', async () => {
    const once = air.recordedSource({ chime: false, masterPath: master, repeat: 1, pauseMs: 0, packetMs: 20 });
    await once.start();
    const roundMs = (once.durationMs ?? 0) + PAUSE_MS;
    await once.close();
    const inMessageMs = 2000;
    const [first, later] = await Promise.all(
      [1, 10_000].map((times) => readAll(endless(), { skipMs: 4000 + times * roundMs + inMessageMs, atMostMs: 400 })),
    );
    expect(later?.map(({ payload }) => payload.toString('hex'))).toEqual(first?.map(({ payload }) => payload.toString('hex')));
  });
});

function opening(signal: AttentionSignal, durationMs: number) {
  return { chime: true, attention: { signal, durationMs } };
}
