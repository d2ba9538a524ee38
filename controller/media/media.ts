import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { AppEvents } from '../events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { confineTools, isConfined, isOwnCodeConfined } from './ffmpeg/confinement.ts';
import { type IngestOptions, ingest, type Master } from './ingest/ingest.ts';
import { DEFAULT_INGEST_LIMITS, type IngestLimits, MASTER_FORMAT } from './ingest/limits.ts';
import { createMasterLibrary } from './library/master-library.ts';
import type { NumberStyle } from './speech/normalise/number-words.ts';
import { readOut } from './speech/read-out.ts';
import { createSpeech, type Speech, type SpeechOptions, type SynthesisRequest } from './speech/speech.ts';

export interface MediaDeps {
  dataDir: string;
  clock: Clock;
  logger: Logger;
  /** Folder of a sherpa-onnx voice; null or absent: espeak-ng alone. */
  sherpaModelDir?: string | null;
  numberStyle?: NumberStyle;
  limits?: Partial<IngestLimits>;
  /** Puts a text into words off the event loop; absent: on the spot, which is for tests. */
  readOut?: SpeechOptions['readOut'];
  onCondition?: (condition: AppEvents['system.condition']) => void;
}

const UNCONFINED = {
  code: 'media.unconfined',
  state: 'raised',
  vi: 'Máy chủ không tách được ffmpeg khỏi khoá của xã: nhân Linux hoặc container không cho phép. Hãy bật user namespace hoặc Landlock, hoặc chạy bộ điều khiển bằng root (nó sẽ tạo tài khoản riêng cho ffmpeg).',
  en: 'The server can’t keep ffmpeg away from the commune’s keys: the kernel or the container forbids it. Allow user namespaces or Landlock, or run the controller as root (it makes an account for ffmpeg).',
} as const;

const VOICE_UNCONFINED = {
  code: 'media.voice_unconfined',
  state: 'raised',
  vi: 'Máy chủ không tách được giọng đọc tự nhiên (sherpa) khỏi khoá của xã: nhân Linux hoặc container không cho phép. Hãy bật user namespace hoặc Landlock, hoặc bỏ LOA_XA_SHERPA_MODEL_DIR để dùng giọng espeak.',
  en: 'The server can’t keep the natural voice (sherpa) away from the commune’s keys: the kernel or the container forbids it. Allow user namespaces or Landlock, or unset LOA_XA_SHERPA_MODEL_DIR to use espeak.',
} as const;

/** Turns recordings and texts into masters and keeps them. */
export interface Media {
  readonly limits: IngestLimits;
  /** Makes the folders and clears away what interrupted jobs left. */
  start(): Promise<void>;
  /** Stops what is being ingested and waits until it is gone. Idempotent. */
  close(): Promise<void>;
  /** @throws AppError media.* */
  ingest(path: string, options?: IngestOptions): Promise<Master>;
  /** Speaks a text and ingests the result: what is heard before air is what airs. @throws AppError speech.*, media.* */
  ingestSpeech(request: Omit<SynthesisRequest, 'outputPath'>, options?: IngestOptions): Promise<Master>;
  /** Where a master's file is. */
  masterPath(hash: string): string;
  /** @param isNeeded asked while no ingest can commit the same master; it stays when the answer is yes */
  removeMaster(hash: string, isNeeded?: () => Promise<boolean>): Promise<void>;
  /** The hash of every master that is kept. */
  masters(): Promise<string[]>;
  speech: Pick<Speech, 'voices' | 'normalise'>;
}

export function createMedia(deps: MediaDeps): Media {
  const { logger, clock } = deps;
  const limits = { ...DEFAULT_INGEST_LIMITS, ...deps.limits };
  const library = createMasterLibrary({ dataDir: deps.dataDir });
  const speech = createSpeech({
    sherpaModelDir: deps.sherpaModelDir ?? null,
    readOut: deps.readOut ?? (async (request) => readOut(request)),
    ...(deps.numberStyle ? { numberStyle: deps.numberStyle } : {}),
  });
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  /** Everything that runs a program ends with `close()` as well as with its own signal. */
  const tracked = async <Result>(signal: AbortSignal | undefined, task: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const run = task(signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
    running.add(run);
    try {
      return await run;
    } finally {
      running.delete(run);
    }
  };

  const ingestFile = async (path: string, options: IngestOptions, maxFileBytes = limits.maxFileBytes): Promise<Master> => {
    const startedMs = clock.monotonicMs();
    const master = await ingest(path, { library, limits: { ...limits, maxFileBytes }, format: MASTER_FORMAT, logger }, options);
    const { hash, durationMs, loudnessLufs, truePeakDbtp } = master;
    logger.info({ hash, durationMs, loudnessLufs, truePeakDbtp, tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'a master was made');
    return master;
  };

  return {
    limits,
    async start() {
      // Not waited for: loudspeakers first, and whoever starts a program waits for it.
      void confineTools(deps.dataDir).then((confined) => {
        logger.info(confined, 'how ffmpeg and the voices are kept from everything else');
        if (!isConfined(confined)) deps.onCondition?.(UNCONFINED);
        if (deps.sherpaModelDir && !isOwnCodeConfined(confined)) deps.onCondition?.(VOICE_UNCONFINED);
      });
      await library.start();
    },
    async close() {
      closing.abort(new Error('the media slice is closing'));
      await Promise.allSettled(running);
    },
    ingest: (path, options = {}) => tracked(options.signal, (signal) => ingestFile(path, { ...options, signal })),
    ingestSpeech: (request, options = {}) =>
      tracked(options.signal ?? request.signal, async (signal) => {
        const folder = await library.makeJobFolder();
        try {
          const outputPath = join(folder, 'speech.wav');
          await speech.synthesise({ ...request, outputPath, signal });
          // The limit is for what strangers send; how much a voice may say is bounded by the text.
          return await ingestFile(outputPath, { ...options, signal }, Number.MAX_SAFE_INTEGER);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
    masterPath: library.pathOf,
    removeMaster: library.remove,
    masters: library.list,
    speech,
  };
}
