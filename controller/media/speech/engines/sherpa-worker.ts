import { text } from 'node:stream/consumers';
import { errorText } from '../../../errors.ts';
import { PARAGRAPH_PAUSE_MS } from '../engine.ts';
import type { SpokenText } from '../normalise/normalise.ts';
import { createWavWriter } from '../wav-file.ts';

export interface SherpaWork {
  model: { model: string; tokens: string; dataDir: string; lexicon: string };
  spoken: SpokenText;
  rate: number;
  outputPath: string;
}

export type SherpaWorkResult = { ok: true } | { ok: false; missing: boolean; reason: string };

/** The part of sherpa-onnx-node that is used; the package is optional and brings no types. */
interface SherpaModule {
  OfflineTts: new (config: {
    model: { vits: SherpaWork['model']; numThreads: number; provider: 'cpu'; debug: boolean };
    maxNumSentences: number;
  }) => {
    sampleRate: number;
    generate(request: { text: string; sid: number; speed: number }): { samples: Float32Array; sampleRate: number };
  };
}

// A variable keeps the compiler from looking for a package that is not installed.
const PACKAGE: string = 'sherpa-onnx-node';

async function speak(work: SherpaWork): Promise<SherpaWorkResult> {
  let sherpa: SherpaModule;
  try {
    const loaded = (await import(PACKAGE)) as SherpaModule & { default?: SherpaModule };
    sherpa = loaded.default ?? loaded;
  } catch (error) {
    return { ok: false, missing: (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND', reason: errorText(error) };
  }
  try {
    const model = { vits: work.model, numThreads: 1, provider: 'cpu' as const, debug: false };
    const voice = new sherpa.OfflineTts({ model, maxNumSentences: 1 });
    const wav = await createWavWriter(work.outputPath, voice.sampleRate);
    for (const [index, sentences] of work.spoken.entries()) {
      if (index > 0) await wav.writeSilence(PARAGRAPH_PAUSE_MS);
      for (const sentence of sentences) await wav.write(voice.generate({ text: sentence, sid: 0, speed: work.rate }).samples);
    }
    await wav.close();
    return { ok: true };
  } catch (error) {
    return { ok: false, missing: false, reason: errorText(error) };
  }
}

const result = await speak(JSON.parse(await text(process.stdin)) as SherpaWork);
process.stdout.write(`\n${JSON.stringify(result)}\n`);
