import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../errors.ts';
import type { SpeechEngine } from '../engine.ts';
import type { SherpaWork, SherpaWorkResult } from './sherpa-worker.ts';

const VOICE_ID = 'sherpa';

/**
 * A neural voice that the commune supplies: a folder with a VITS model for sherpa-onnx (model .onnx, tokens.txt, and
 * espeak-ng-data or lexicon.txt as the model needs). The package sherpa-onnx-node is installed by whoever wants it.
 */
export function createSherpaEngine(options: { modelDir: string }): SpeechEngine {
  return {
    name: 'sherpa-onnx',
    voices: () => [{ id: VOICE_ID, vi: 'Giọng tự nhiên (sherpa)', en: 'Natural voice (sherpa)' }],
    async synthesise({ spoken, rate, outputPath, signal }) {
      signal?.throwIfAborted();
      const work: SherpaWork = { model: await findModel(options.modelDir), spoken, rate, outputPath };
      // The model computes for seconds without a pause: never on the thread that serves the speakers.
      const worker = new Worker(new URL('./sherpa-worker.ts', import.meta.url), { workerData: work });
      const abort = (): void => void worker.terminate();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const result = await Promise.race([
          once(worker, 'message').then(([message]) => message as SherpaWorkResult),
          once(worker, 'exit').then((): SherpaWorkResult => ({ ok: false, missing: false, reason: 'the worker ended early' })),
        ]);
        signal?.throwIfAborted();
        if (!result.ok) throw result.missing ? packageMissing() : voiceFailed(options.modelDir, result.reason);
      } finally {
        signal?.removeEventListener('abort', abort);
        await worker.terminate();
      }
    },
  };
}

async function findModel(modelDir: string): Promise<SherpaWork['model']> {
  let names: string[];
  try {
    names = await readdir(modelDir);
  } catch (error) {
    throw voiceFailed(modelDir, `the folder cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const model = names.find((name) => name.endsWith('.onnx'));
  if (!model || !names.includes('tokens.txt')) throw voiceFailed(modelDir, 'the folder needs a model (.onnx) and tokens.txt');
  return {
    model: join(modelDir, model),
    tokens: join(modelDir, 'tokens.txt'),
    dataDir: names.includes('espeak-ng-data') ? join(modelDir, 'espeak-ng-data') : '',
    lexicon: names.includes('lexicon.txt') ? join(modelDir, 'lexicon.txt') : '',
  };
}

function packageMissing(): AppError {
  return new AppError({
    code: 'speech.package_missing',
    status: 503,
    words: {
      vi: 'Chưa cài gói giọng đọc sherpa-onnx-node. Người quản trị hãy chạy: npm install sherpa-onnx-node, hoặc bỏ LOA_XA_SHERPA_MODEL_DIR để dùng giọng espeak.',
      en: 'The voice package sherpa-onnx-node is not installed. The administrator should run: npm install sherpa-onnx-node, or unset LOA_XA_SHERPA_MODEL_DIR to use espeak.',
    },
  });
}

function voiceFailed(modelDir: string, reason: string): AppError {
  return new AppError({
    code: 'speech.voice_unusable',
    status: 503,
    words: {
      vi: `Không dùng được giọng đọc trong thư mục ${modelDir}: ${reason}. Hãy kiểm tra LOA_XA_SHERPA_MODEL_DIR.`,
      en: `The voice in ${modelDir} cannot be used: ${reason}. Check LOA_XA_SHERPA_MODEL_DIR.`,
    },
    details: { modelDir, reason },
  });
}
