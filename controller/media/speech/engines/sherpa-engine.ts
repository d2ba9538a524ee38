import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../errors.ts';
import { FfmpegError } from '../../ffmpeg/ffmpeg-error.ts';
import { runLimited, type ToolLimits } from '../../ffmpeg/limited-run.ts';
import { mediaErrors } from '../../ingest/media-errors.ts';
import type { SpeechEngine } from '../engine.ts';
import type { SherpaWork, SherpaWorkResult } from './sherpa-worker.ts';

const VOICE_ID = 'sherpa';
const WORKER = fileURLToPath(new URL('./sherpa-worker.ts', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../../..', import.meta.url));
/** All that the worker is made of: our code, packages wherever Node looks for them, and how many processors there are. */
const CODE = [
  ...[join(PROJECT, 'controller'), join(PROJECT, 'package.json'), '/sys/devices/system/cpu'],
  ...(createRequire(WORKER).resolve.paths('sherpa-onnx-node') ?? []),
];
/** Twice as long as the longest text sounds; onnxruntime and V8 reserve far more address space than they use. */
const LIMITS: ToolLimits = { memoryBytes: 2 ** 44, cpuSeconds: 7200, fileBytes: 512 * 1024 ** 2, wallSeconds: 3600 };
/** The model's own talk comes before the result. */
const MOST_STDOUT_BYTES = 1024 ** 2;

/**
 * A neural voice that the commune supplies: a folder with a VITS model for sherpa-onnx (model .onnx, tokens.txt, and
 * espeak-ng-data or lexicon.txt as the model needs). The package sherpa-onnx-node is installed by whoever wants it.
 */
export function createSherpaEngine(options: { modelDir: string; limits?: Partial<ToolLimits>; worker?: string }): SpeechEngine {
  return {
    name: 'sherpa-onnx',
    voices: () => [{ id: VOICE_ID, vi: 'Giọng tự nhiên (sherpa)', en: 'Natural voice (sherpa)' }],
    async synthesise({ spoken, rate, outputPath, signal }) {
      signal?.throwIfAborted();
      const work: SherpaWork = { model: await findModel(options.modelDir), spoken, rate, outputPath: '/dev/fd/4' };
      const result = await speak(work, outputPath, signal);
      if (!result.ok) throw result.missing ? packageMissing() : voiceFailed(options.modelDir, result.reason);
    },
  };

  /**
   * In a process of its own: the model computes for seconds without a pause, in native code that a thread's end would wait for; and a model is a
   * stranger's file to that code, which may read it and nothing of the commune's.
   */
  async function speak(work: SherpaWork, write: string, signal: AbortSignal | undefined): Promise<SherpaWorkResult> {
    const limits = { ...LIMITS, ...options.limits };
    const worker = options.worker ?? WORKER;
    try {
      const output = await runLimited({
        ...{ program: process.execPath, args: [worker], limits, write, signal },
        ...{ stdin: JSON.stringify(work), maxStdoutBytes: MOST_STDOUT_BYTES, asController: { paths: [...CODE, worker, options.modelDir] } },
      });
      return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as SherpaWorkResult;
    } catch (error) {
      if (!(error instanceof FfmpegError)) throw error;
      if (error.reason === 'limit') throw tooSlow(error);
      if (error.reason === 'killed') throw mediaErrors.interrupted(error);
      return { ok: false, missing: false, reason: error.message };
    }
  }
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

function tooSlow(cause: unknown): AppError {
  return new AppError({
    code: 'speech.too_slow',
    status: 422,
    words: {
      vi: 'Giọng đọc tự nhiên đọc quá lâu nên đã bị dừng. Hãy rút ngắn nội dung, chia thành nhiều bản tin, hoặc chọn giọng espeak.',
      en: 'The natural voice took too long and was stopped. Shorten the text, divide it into several bulletins, or choose an espeak voice.',
    },
    cause,
  });
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
