import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, createEncoder } from 'libopus-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HornRecorder } from '../../../speaker-firmware-sim/listen/horn-recorder.ts';
import { Histogram, histogramOf, pictureOf } from '../../../speaker-firmware-sim/report/histogram.ts';
import { SkewMeter } from '../../../speaker-firmware-sim/report/skew.ts';
import { JitterBuffer } from '../../../speaker-firmware-sim/speaker/jitter-buffer.ts';
import { OpusPlayer } from '../../../speaker-firmware-sim/speaker/opus-player.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loa-xa-sound-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const TONE_HZ = 440;
const tone = (sample: number): number => 0.5 * Math.sin((2 * Math.PI * TONE_HZ * sample) / 48_000);

/** Amplitude of the tone in a stretch of samples, and what is left beside it, as RMS. */
function analyse(samples: ArrayLike<number>, from: number, length: number): { level: number; residue: number } {
  let sine = 0;
  let cosine = 0;
  for (let index = 0; index < length; index++) {
    const phase = (2 * Math.PI * TONE_HZ * (from + index)) / 48_000;
    sine += (samples[from + index] ?? 0) * Math.sin(phase);
    cosine += (samples[from + index] ?? 0) * Math.cos(phase);
  }
  sine *= 2 / length;
  cosine *= 2 / length;
  let power = 0;
  for (let index = 0; index < length; index++) {
    const phase = (2 * Math.PI * TONE_HZ * (from + index)) / 48_000;
    power += ((samples[from + index] ?? 0) - sine * Math.sin(phase) - cosine * Math.cos(phase)) ** 2;
  }
  return { level: Math.hypot(sine, cosine), residue: Math.sqrt(power / length) };
}

describe('HornRecorder', () => {
  it('lays blocks of a drifting DAC on the timeline of true time without seams', () => {
    const file = join(folder, 'drift.wav');
    const startMs = 1_790_000_000_000;
    const recorder = new HornRecorder(file, startMs);
    const rate = 1 + 300e-6;
    let trueMs = startMs + 100.37;
    const first = trueMs;
    for (let block = 0; block < 200; block++) {
      const untilMs = trueMs + 10 / rate;
      // What leaves the DAC is the tone as it is in true time: the playout has resampled it.
      recorder.write(
        Float32Array.from({ length: 480 }, (_, index) => tone((trueMs + ((untilMs - trueMs) * index) / 480 - startMs) * 48)),
        trueMs,
        untilMs,
      );
      trueMs = untilMs;
    }
    recorder.close(startMs + 3000, { speakerId: 'SIM-1', hamletId: 'ap-01', driftPpm: 300 });
    const bytes = readFileSync(file);
    expect(bytes.readUInt32LE(40)).toBe(3000 * 48 * 2);
    const samples = Float32Array.from({ length: 3000 * 48 }, (_, index) => bytes.readInt16LE(44 + 2 * index) / 32_767);
    const { level, residue } = analyse(samples, Math.ceil((first - startMs + 5) * 48), 48_000);
    expect(level).toBeCloseTo(0.5, 3);
    expect(residue).toBeLessThan(0.0005);
    expect(samples.subarray(0, 4800).every((sample) => sample === 0)).toBe(true);
    const facts = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
    expect(facts).toMatchObject({ firstSampleAtMs: startMs, samples: 144_000, sampleRateHz: 48_000, driftPpm: 300 });
  });
});

describe('OpusPlayer', () => {
  async function play(lost: readonly number[], fec: boolean): Promise<Float32Array> {
    const encoder = await createEncoder({
      channels: 1,
      application: Application.Voip,
      bitrate: 32_000,
      fec,
      packetLossPercent: fec ? 20 : 0,
    });
    const buffer = new JitterBuffer();
    for (let index = 0; index < 100; index++) {
      const pcm = Int16Array.from({ length: 960 }, (_, sample) => 32_767 * tone(index * 960 + sample));
      const payload = Buffer.from(encoder.encode(pcm));
      if (!lost.includes(index))
        buffer.insert({ index, timestamp: index * 960, captureAtMs: 1e12 + index * 20, payload, arrivalMs: 0, marker: index === 0 });
    }
    encoder.free();
    const player = await OpusPlayer.create();
    const out = new Float32Array(96_000);
    const block = new Float32Array(480);
    for (let position = 0; position < 96_000; position += 480) {
      buffer.advance(position);
      player.read(buffer, position, 1, block);
      out.set(block, position);
    }
    player.close();
    return out;
  }

  it('gives the tone back at its place and level', async () => {
    const { level, residue } = analyse(await play([], false), 24_000, 48_000);
    expect(level).toBeGreaterThan(0.45);
    expect(level).toBeLessThan(0.55);
    expect(residue).toBeLessThan(0.05);
  });

  it('bridges lost packets, better with in-band FEC than without', async () => {
    const lost = [40, 44, 48, 52, 56];
    const whole = analyse(await play([], true), 38 * 960, 20 * 960);
    const repaired = analyse(await play(lost, true), 38 * 960, 20 * 960);
    expect(repaired.level).toBeGreaterThan(0.8 * whole.level);
  });

  it('fades out over 200 ms when nothing more comes and comes back after it', async () => {
    const lost = Array.from({ length: 25 }, (_, index) => 50 + index);
    const out = await play(lost, false);
    const rms = (from: number, to: number): number =>
      Math.sqrt(out.subarray(from, to).reduce((sum, sample) => sum + sample * sample, 0) / (to - from));
    expect(rms(50 * 960, 51 * 960)).toBeGreaterThan(0.05);
    expect(rms(61 * 960, 74 * 960)).toBeLessThan(0.001);
    expect(rms(77 * 960, 90 * 960)).toBeGreaterThan(0.3);
  });

  it('reads at a slightly different rate without losing its place', async () => {
    const encoder = await createEncoder({ channels: 1, application: Application.Audio, bitrate: 64_000 });
    const buffer = new JitterBuffer();
    for (let index = 0; index < 100; index++) {
      const payload = Buffer.from(encoder.encode(Int16Array.from({ length: 960 }, (_, sample) => 32_767 * tone(index * 960 + sample))));
      buffer.insert({ index, timestamp: index * 960, captureAtMs: 1e12 + index * 20, payload, arrivalMs: 0, marker: index === 0 });
    }
    encoder.free();
    const player = await OpusPlayer.create();
    const step = 1 + 250e-6;
    const out: number[] = [];
    const block = new Float32Array(480);
    let position = 0;
    while (position < 90_000) {
      player.read(buffer, position, step, block);
      out.push(...block);
      position += 480 * step;
    }
    player.close();
    // Read faster, the tone is higher by the same ratio: laid back on its own timeline it is the tone again.
    const straightened = Float32Array.from({ length: 80_000 }, (_, index) => {
      const at = index / step;
      const whole = Math.floor(at);
      return (out[whole] ?? 0) * (1 - (at - whole)) + (out[whole + 1] ?? 0) * (at - whole);
    });
    expect(analyse(straightened, 24_000, 48_000).residue).toBeLessThan(0.05);
  });
});

describe('Histogram', () => {
  it('gives percentiles within two percent of the exact ones', () => {
    const histogram = new Histogram();
    const values = Array.from({ length: 5000 }, (_, index) => 0.01 * 1.002 ** index);
    for (const value of values) histogram.add(value);
    for (const share of [0.01, 0.5, 0.9, 0.99]) {
      const exact = values[Math.ceil(share * values.length) - 1] ?? 0;
      expect(Math.abs(histogram.percentile(share) / exact - 1)).toBeLessThan(0.02);
    }
    expect(histogram.max).toBe(values.at(-1));
    const shares = pictureOf(histogram.buckets(), 10).reduce((sum, { share }) => sum + share, 0);
    expect(shares).toBeCloseTo(1, 6);
  });

  it('lists its buckets without gaps in what they count, zero and the far end included', () => {
    const histogram = histogramOf([0, 0, 0.0004, 1, 1.01, 50, 2e6, 3e7]);
    const buckets = histogram.buckets();
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(8);
    expect(buckets[0]).toEqual({ from: 0, to: 0.001, count: 3 });
    expect(buckets.at(-1)).toMatchObject({ to: 3e7, count: 2 });
    for (const value of [1, 50]) expect(buckets.some(({ from, to }) => from <= value && value <= to)).toBe(true);
    for (let index = 1; index < buckets.length; index++) expect(buckets[index]?.from).toBeGreaterThanOrEqual(buckets[index - 1]?.to ?? 0);
    expect(new Histogram().buckets()).toEqual([]);
    expect(pictureOf(buckets, 3)).toHaveLength(4);
    expect(pictureOf(buckets, 3)[0]).toEqual({ from: 0, to: 0.001, share: 3 / 8 });
    expect(pictureOf([], 5)).toEqual([]);
    expect(pictureOf(histogramOf([7, 7, 7]).buckets(), 8)).toEqual([{ from: expect.any(Number), to: expect.any(Number), share: 1 }]);
  });

  it('keeps pairs of different hamlets and channels apart', () => {
    const meter = new SkewMeter();
    const speaker = (hamletId: string, channelId: string, syncErrorMs: number, soundingForMs = 5000) => ({
      hamletId,
      channelId,
      syncErrorMs,
      soundingForMs,
    });
    meter.sample([speaker('a', 'x', 0), speaker('a', 'x', 0.5, 100), speaker('b', 'x', 80), speaker('a', 'y', 90)]);
    expect(meter.all.count).toBe(1);
    expect(meter.all.max).toBe(0.5);
    expect(meter.settled.count).toBe(0);
  });
});
