import { type FfmpegLimits, runFfmpeg } from '../ffmpeg/ffmpeg.ts';
import { FfmpegError } from '../ffmpeg/ffmpeg-error.ts';
import { SOUND_DECODERS } from './decoders.ts';
import { type GainPlan, gainFilters } from './gain-plan.ts';
import type { IngestLimits, MasterFormat } from './limits.ts';
import { createLoudnessReader, type Loudness } from './loudness.ts';
import { mediaErrors } from './media-errors.ts';
import { type PatchWindow, patchFilters } from './patch.ts';
import { createPcmSurvey, type PcmSurvey, SURVEY_RATE_HZ } from './pcm-survey.ts';
import { INPUT_GUARDS } from './source-probe.ts';

const EBUR128 = 'ebur128=peak=true:framelog=verbose';
/** Decoded peaks may exceed full scale; the surveyed samples are turned down so that they can be told how far. */
const HEADROOM_DB = 6;
const DAMAGE = /error while decoding|invalid data found|header missing|error decoding|decoding error|corrupt/i;

/** How the channels become one. Averaging can't exceed full scale, so clipping in the recording stays visible. */
export type Mix = 'average' | 'first' | 'downmix' | 'none';

export interface PassContext {
  /** The recording's path. */
  input: string;
  mix: Mix;
  limits: IngestLimits;
  signal: AbortSignal | undefined;
}

export interface MeasureResult {
  loudness: Loudness;
  survey: PcmSurvey;
  /** Lines in which ffmpeg complained about what it decoded. */
  damageCount: number;
}

/** Decodes all of the recording once: loudness, true length, clipping. */
export async function measureSource(context: PassContext, onSamples: (count: number) => void): Promise<MeasureResult> {
  const survey = createPcmSurvey(onSamples);
  let damageCount = 0;
  const loudness = await measure(context, [...mixFilters(context.mix), EBUR128], survey, (line) => {
    if (DAMAGE.test(line)) damageCount++;
  });
  return { loudness, survey, damageCount };
}

/** Everything but the encoder: what loudness a plan gives. */
export function rehearse(context: PassContext, plan: GainPlan, format: MasterFormat): Promise<Loudness> {
  return measure(context, [...mixFilters(context.mix), ...gainFilters(plan, format), EBUR128], undefined);
}

/** Decodes the finished master again: what a speaker will play, measured after the codec. */
export async function verifyMaster(path: string, context: PassContext): Promise<MeasureResult> {
  const survey = createPcmSurvey(undefined, HEADROOM_DB);
  const loudness = await measure({ ...context, input: path, mix: 'none' }, [EBUR128, `volume=-${HEADROOM_DB}dB`], survey);
  return { loudness, survey, damageCount: 0 };
}

/** Encodes the recording into an Ogg Opus file: mono, 48 kHz, 20 ms frames, in-band FEC. With `windows` only these. */
export async function encodeMaster(
  context: PassContext,
  plan: GainPlan,
  format: MasterFormat,
  target: { path: string; durationMs: number },
  onProgress: (progress: number) => void,
  windows: readonly PatchWindow[] = [],
): Promise<void> {
  // 'audio', not 'voip': for speech both choose SILK's hybrid mode, which carries the FEC, but voip's own high-pass turns the
  // phases of a limited signal and raises its peaks by another 1 to 2 dB (measured).
  const opus = ['-c:a', 'libopus', '-b:a', String(format.bitrateBps), '-vbr', 'on', '-application', 'audio', '-frame_duration', '20'];
  const fec = ['-fec', '1', '-packet_loss', String(format.expectedLossPercent)];
  // Bit-exact and without metadata: the same recording gives the same bytes, and no stranger's tags reach the library.
  const container = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact', '-f', 'ogg'];
  await guarded(context, {
    outputs: [
      {
        target: target.path,
        options: [
          ...selectSound(),
          '-af',
          [...mixFilters(context.mix), ...patchFilters(plan, format, windows)].join(','),
          ...opus,
          ...fec,
          ...container,
        ],
      },
    ],
    // Even a variable bit rate stays far below three times the average.
    fileBytes: 1_000_000 + ((3 * format.bitrateBps) / 8) * (target.durationMs / 1000),
    onLine: (line) => {
      const match = /^out_time_us=(\d+)/.exec(line);
      if (match) onProgress(Math.min(1, Number(match[1]) / 1000 / Math.max(1, target.durationMs)));
    },
  });
}

async function measure(
  context: PassContext,
  filters: readonly string[],
  survey: PcmSurvey | undefined,
  onLine?: (line: string) => void,
): Promise<Loudness> {
  const reader = createLoudnessReader();
  const options = [...selectSound(), '-af', filters.join(',')];
  await guarded(context, {
    outputs: [
      survey
        ? { target: survey.sink, options: [...options, '-f', 's16le', '-ac', '1', '-ar', String(SURVEY_RATE_HZ)] }
        : { target: '-', options: [...options, '-f', 'null'] },
    ],
    fileBytes: 0,
    onLine: (line) => {
      reader.line(line);
      onLine?.(line);
    },
  });
  const loudness = reader.result();
  if (!loudness) throw mediaErrors.corrupt();
  return loudness;
}

interface GuardedRun {
  outputs: Parameters<typeof runFfmpeg>[0]['outputs'];
  fileBytes: number;
  onLine: (line: string) => void;
}

async function guarded(context: PassContext, run: GuardedRun): Promise<void> {
  const { limits } = context;
  const longestSeconds = limits.maxDurationMs / 1000;
  const bounds: FfmpegLimits = {
    memoryBytes: limits.maxMemoryBytes,
    // The slowest pass runs at about 40 times real time here; a tenth of that is still patient.
    cpuSeconds: 60 + longestSeconds / 4,
    wallSeconds: 120 + longestSeconds,
    fileBytes: Math.max(65_536, run.fileBytes),
  };
  try {
    await runFfmpeg({
      input: { file: context.input },
      inputOptions: [
        ...['-hide_banner', '-nostats', '-loglevel', 'info', '-progress', 'pipe:2', '-stats_period', '0.25', '-threads', '1'],
        ...INPUT_GUARDS,
        ...['-codec_whitelist', SOUND_DECODERS, '-t', (longestSeconds + 1).toFixed(3)],
      ],
      outputs: run.outputs,
      limits: bounds,
      signal: context.signal,
      onLine: run.onLine,
    });
  } catch (error) {
    throw explainFailure(error);
  }
}

function explainFailure(error: unknown): unknown {
  if (!(error instanceof FfmpegError)) return error;
  if (error.reason === 'missing') return mediaErrors.toolMissing('ffmpeg', error);
  if (/No space left on device/.test(error.stderr)) return mediaErrors.diskFull(error);
  if (error.reason === 'limit' || /Cannot allocate memory|File too large/.test(error.stderr)) return mediaErrors.tookTooMuch(error);
  if (error.reason === 'killed') return mediaErrors.interrupted(error);
  if (/matches no streams|does not contain any stream/.test(error.stderr)) return mediaErrors.noAudio();
  return mediaErrors.corrupt(error);
}

function selectSound(): string[] {
  return ['-map', '0:a:0', '-vn', '-sn', '-dn', '-threads', '1'];
}

function mixFilters(mix: Mix): string[] {
  // Samples alone count time from here on: containers with coarse or broken timestamps would leave gaps in the master.
  const regular = ['aresample=48000', 'asetpts=N/SR/TB'];
  if (mix === 'none') return regular;
  if (mix === 'downmix') return ['aformat=channel_layouts=mono', ...regular];
  return [mix === 'average' ? 'pan=mono|c0=0.5*c0+0.5*c1' : 'pan=mono|c0=c0', ...regular];
}
