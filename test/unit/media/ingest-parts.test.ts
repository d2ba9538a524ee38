import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  correctAfterEncode,
  correctAfterRehearsal,
  gainFilters,
  type HotSpot,
  planGain,
} from '../../../controller/media/ingest/gain-plan.ts';
import { MASTER_FORMAT } from '../../../controller/media/ingest/limits.ts';
import { createLoudnessReader, type Loudness } from '../../../controller/media/ingest/loudness.ts';
import { createPcmSurvey } from '../../../controller/media/ingest/pcm-survey.ts';
import { declaredWavBytes, sniffContent } from '../../../controller/media/ingest/sniff.ts';

const loudness = (integratedLufs: number, truePeakDbtp: number, rangeLu = 5): Loudness => ({
  integratedLufs,
  truePeakDbtp,
  rangeLu,
  thresholdLufs: integratedLufs - 10,
});

describe('gain plan', () => {
  test('a recording with room is only turned up or down', () => {
    const plan = planGain(loudness(-30, -20), MASTER_FORMAT);
    expect(plan).toMatchObject({ ceilingDbfs: null, leveller: null });
    expect(plan.gainDb).toBeCloseTo(14.2);
    expect(gainFilters(plan, MASTER_FORMAT)).toEqual(['volume=14.20dB:precision=float']);
  });

  test('one with peaks in the way is limited, one without hope is levelled', () => {
    expect(planGain(loudness(-22, -3), MASTER_FORMAT)).toMatchObject({ ceilingDbfs: -3.5, leveller: null });
    expect(planGain(loudness(-40, -1), MASTER_FORMAT).leveller).not.toBeNull();
    expect(planGain(loudness(-22, -3, 25), MASTER_FORMAT).leveller).not.toBeNull();
  });

  test('rehearsals come to an end: what is near enough is left alone', () => {
    const plan = planGain(loudness(-22, -3), MASTER_FORMAT);
    expect(correctAfterRehearsal(plan, loudness(-15.7, -3), MASTER_FORMAT)).toBe(plan);
    expect(correctAfterRehearsal(plan, loudness(-17.5, -3), MASTER_FORMAT).gainDb).toBeGreaterThan(plan.gainDb + 2);
  });

  test('a master is accepted exactly when it keeps the promise', () => {
    const plan = planGain(loudness(-22, -3), MASTER_FORMAT);
    const lufs = fc.double({ min: -20, max: -12, noNaN: true });
    const dbtp = fc.double({ min: -6, max: 2, noNaN: true });
    const spots = fc.array(
      fc.record({ atSeconds: fc.double({ min: 0, max: 100, noNaN: true }), peakDbfs: fc.double({ min: -1.9, max: 0, noNaN: true }) }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(lufs, dbtp, spots, (integrated, peak, hot: HotSpot[]) => {
        const better = correctAfterEncode(plan, loudness(integrated, peak), hot, MASTER_FORMAT);
        if (better === undefined) {
          expect(Math.abs(integrated + 16)).toBeLessThanOrEqual(1);
          expect(peak).toBeLessThanOrEqual(-1.5);
        } else if (peak > -1.5) {
          expect(better.dips.length > 0 || (better.ceilingDbfs ?? 0) < (plan.ceilingDbfs ?? 0)).toBe(true);
        } else {
          expect(Math.sign(better.gainDb - plan.gainDb)).toBe(Math.sign(-16 - integrated));
        }
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  test('dips at one place add up and become one expression', () => {
    const plan = planGain(loudness(-22, -3), MASTER_FORMAT);
    const once = correctAfterEncode(plan, loudness(-16, -0.5), [{ atSeconds: 5, peakDbfs: -0.5 }], MASTER_FORMAT);
    const twice = once && correctAfterEncode(once, loudness(-16, -1), [{ atSeconds: 5.01, peakDbfs: -1 }], MASTER_FORMAT);
    expect(twice?.dips).toHaveLength(1);
    expect(twice?.dips[0]?.depthDb).toBeCloseTo(4.5);
    expect(gainFilters(twice ?? plan, MASTER_FORMAT).at(-1)).toContain('abs(t-5.000)');
  });
});

describe('loudness report of ffmpeg', () => {
  test('is read, with nothing above the gate too', () => {
    const reader = createLoudnessReader();
    for (const line of [
      '    I:         -22.1 LUFS',
      '    Threshold: -32.2 LUFS',
      '    LRA:         2.2 LU',
      '    Threshold: -42.3 LUFS',
      '    Peak:       -3.2 dBFS',
    ]) {
      reader.line(line);
    }
    expect(reader.result()).toEqual({ integratedLufs: -22.1, thresholdLufs: -32.2, rangeLu: 2.2, truePeakDbtp: -3.2 });
    const silent = createLoudnessReader();
    for (const line of ['    I:         -70.0 LUFS', '    Peak:        -inf dBFS']) silent.line(line);
    expect(silent.result()).toMatchObject({ integratedLufs: -70, truePeakDbtp: -Infinity });
    expect(createLoudnessReader().result()).toBeUndefined();
  });
});

describe('survey of samples', () => {
  const survey = (samples: Int16Array, cuts: number[]): ReturnType<typeof createPcmSurvey> => {
    const result = createPcmSurvey();
    const bytes = Buffer.from(samples.buffer);
    let at = 0;
    for (const cut of [...cuts, bytes.length]) {
      const end = Math.min(bytes.length, at + cut);
      result.sink.write(Buffer.from(bytes.subarray(at, end)));
      at = end;
    }
    return result;
  };

  test('does not depend on how the stream is cut, odd bytes included', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 5000 }), fc.array(fc.integer({ min: 1, max: 1500 }), { maxLength: 20 }), (samples, cuts) => {
        const whole = survey(samples, []);
        const pieces = survey(samples, cuts);
        expect(pieces.sampleCount).toBe(samples.length);
        expect(pieces.peaks(10)).toEqual(whole.peaks(10));
        expect(pieces.clippedShare()).toBe(whole.clippedShare());
      }),
      { seed: 32, numRuns: 200 },
    );
  });

  test('finds the extremes, clipping and hot spots where they are', () => {
    const samples = new Int16Array(48_000 * 2);
    samples[24_000] = 20_000;
    samples[72_000] = -30_000;
    samples.fill(32_767, 90_000, 90_010);
    const result = survey(samples, [777]);
    const peaks = new Int8Array(result.peaks(4));
    expect([...peaks]).toEqual([0, 0, 0, 78, 0, 0, -117, 127]);
    expect(result.clippedShare()).toBeCloseTo(1 / 100);
    expect(result.above(-2, 10).map(({ atSeconds }) => Math.round(atSeconds * 10) / 10)).toEqual([1.5, 1.9]);
  });
});

describe('what a file is by its bytes', () => {
  test('anything at all gets an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(), (bytes, size) => {
        expect(typeof sniffContent(bytes)).toBe('string');
        const wav = declaredWavBytes(bytes, size);
        expect(wav === undefined || wav.declared > 0).toBe(true);
      }),
      { seed: 33, numRuns: 1000 },
    );
  });

  test('a recorder that could not know the length is believed', () => {
    const header = (declared: number): Buffer => {
      const bytes = Buffer.alloc(44);
      bytes.write('RIFF', 0, 'latin1');
      bytes.write('WAVEfmt ', 8, 'latin1');
      bytes.writeUInt32LE(16, 16);
      bytes.write('data', 36, 'latin1');
      bytes.writeUInt32LE(declared, 40);
      return bytes;
    };
    for (const placeholder of [0, 0xffffffff, 0x7fffffff, 0x80000000]) expect(declaredWavBytes(header(placeholder), 1000)).toBeUndefined();
    expect(declaredWavBytes(header(4_000_000_000), 1044)).toEqual({ declared: 4_000_000_000, present: 1000 });
  });
});
