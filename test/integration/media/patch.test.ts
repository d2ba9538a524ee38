import { join } from 'node:path';
import fc from 'fast-check';
import { createDecoder } from 'libopus-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOggOpus } from '../../../controller/media/index.ts';
import { planGain } from '../../../controller/media/ingest/gain-plan.ts';
import { DEFAULT_INGEST_LIMITS, MASTER_FORMAT } from '../../../controller/media/ingest/limits.ts';
import { encodeMaster, type PassContext } from '../../../controller/media/ingest/passes.ts';
import { applyPatch, patchWindows } from '../../../controller/media/ingest/patch.ts';
import { makeSpeechWav } from '../../support/recordings.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

let folder: string;
let context: PassContext;
const PLAN = planGain({ integratedLufs: -20, truePeakDbtp: -3, rangeLu: 3, thresholdLufs: -30 }, MASTER_FORMAT);

beforeAll(async () => {
  folder = makeScratchFolder('patch');
  context = { input: await makeSpeechWav(folder), mix: 'none', limits: DEFAULT_INGEST_LIMITS, signal: undefined };
});

async function decode(path: string): Promise<Float32Array> {
  const decoder = await createDecoder({ channels: 1 });
  const file = await readOggOpus(path);
  const samples = new Float32Array(file.totalSamples);
  for await (const { data, startSamples } of file.packets()) samples.set(decoder.decodeFloat(data), startSamples);
  await file.close();
  decoder.free();
  return samples;
}

describe('a patch in a master', () => {
  test('that changes nothing is not heard: the seams lie far below the sound', async () => {
    const target = (name: string) => ({ path: join(folder, name), durationMs: 20_000 });
    await encodeMaster(context, PLAN, MASTER_FORMAT, target('whole.opus'), () => undefined);
    const windows = patchWindows([3.1, 7.5, 7.9, 12].map((atSeconds) => ({ atSeconds, peakDbfs: 0 })));
    expect(windows).toHaveLength(3);
    await encodeMaster(context, PLAN, MASTER_FORMAT, target('patch.opus'), () => undefined, windows);
    await applyPatch(join(folder, 'whole.opus'), join(folder, 'patch.opus'), windows, join(folder, 'patched.opus'));
    const [whole, patched] = [await decode(join(folder, 'whole.opus')), await decode(join(folder, 'patched.opus'))];
    expect(patched.length).toBe(whole.length);
    const energy = (from: number, to: number, value: (index: number) => number): number => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += value(i) ** 2;
      return sum;
    };
    for (const { firstFrame, endFrame } of windows) {
      const [from, to] = [firstFrame * 960, (endFrame + 10) * 960];
      const difference = energy(from, to, (i) => (whole[i] ?? 0) - (patched[i] ?? 0));
      // Two encodings of the same sound differ by their coding noise; a seam out of place would differ by the sound itself.
      expect(10 * Math.log10(difference / energy(from, to, (i) => whole[i] ?? 0))).toBeLessThan(-8);
    }
    const untouched = windows[0]?.firstFrame ?? 0;
    expect(patched.subarray(0, untouched * 960)).toEqual(whole.subarray(0, untouched * 960));
  });

  test('windows are in order, apart, and hold every spot', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 7200, noNaN: true }), { minLength: 1, maxLength: 60 }), (places) => {
        const windows = patchWindows(places.map((atSeconds) => ({ atSeconds, peakDbfs: 0 })));
        for (const atSeconds of places) {
          const frame = Math.floor(atSeconds * 50);
          expect(windows.filter(({ firstFrame, endFrame }) => frame >= firstFrame && frame < endFrame)).toHaveLength(1);
        }
        for (const [index, window] of windows.slice(1).entries())
          expect(window.leadFrame).toBeGreaterThan(windows[index]?.endFrame ?? Infinity);
        for (const { leadFrame, firstFrame, endFrame } of windows)
          expect([leadFrame <= firstFrame, firstFrame < endFrame]).toEqual([true, true]);
      }),
      { seed: 51, numRuns: 500 },
    );
  });
});
