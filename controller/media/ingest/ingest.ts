import { rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Logger } from '../../telemetry/logger.ts';
import type { MasterLibrary } from '../library/master-library.ts';
import { readOggOpus } from '../ogg/ogg-opus-reader.ts';
import { hasInbandFec } from '../opus/fec.ts';
import { CODEC_LOSS_LU, correctAfterEncode, correctAfterRehearsal, type GainPlan, type HotSpot, hotDbfs, planGain } from './gain-plan.ts';
import type { IngestLimits, MasterFormat } from './limits.ts';
import type { Loudness } from './loudness.ts';
import { mediaErrors } from './media-errors.ts';
import { encodeMaster, type MeasureResult, type Mix, measureSource, type PassContext, rehearse, verifyMaster } from './passes.ts';
import { applyPatch, patchWindows } from './patch.ts';
import { probeSource, type SourceInfo } from './source-probe.ts';
import { type MediaWarning, mediaWarnings } from './warnings.ts';

const PEAK_PAIRS = 1000;
const MAX_CORRECTIONS = 5;
const MAX_REHEARSALS = 3;
const SURE_CORRECTION_DB = 1;
const MAX_HOT_SPOTS = 1000;
const SILENT_LUFS = -55;
const QUIET_LUFS = -40;
/** Below this share a click or two is meant, which nobody hears as distortion. */
const CLIPPED_SHARE = 0.01;

/** A bulletin as it will air: one content-addressed Ogg Opus file and what is known about it. */
export interface Master {
  hash: string;
  path: string;
  durationMs: number;
  sizeBytes: number;
  loudnessLufs: number;
  truePeakDbtp: number;
  /** 1000 pairs of signed bytes (minimum, maximum), evenly over the duration. */
  peaks: Buffer;
  source: MasterSource;
  warnings: MediaWarning[];
}

export interface MasterSource extends SourceInfo {
  loudnessLufs: number;
  truePeakDbtp: number;
  /** Share of the master's packets that carry in-band FEC. */
  fecShare: number;
}

export interface IngestOptions {
  /** Only for the words of a refusal or warning; never used as a path. */
  originalName?: string | undefined;
  signal?: AbortSignal | undefined;
  /** 0 to 1, growing. */
  onProgress?: (progress: number) => void;
  /** Runs when the master is in the library and before anybody can remove it again: whoever needs it writes that down here. */
  keep?: (master: Master) => Promise<void>;
}

export interface IngestDeps {
  library: MasterLibrary;
  limits: IngestLimits;
  format: MasterFormat;
  logger: Logger;
}

/**
 * Turns any recording into a master: -16 LUFS within 1 LU and at most -1.5 dBTP, both measured after the codec.
 * Passes over the recording: one measures; where the peaks must be limited, a rehearsal without the encoder finds the gain;
 * one encodes; the master is then decoded again and must prove itself. Nothing is left behind on failure.
 * @throws AppError media.*, or the signal's reason
 */
export async function ingest(path: string, deps: IngestDeps, options: IngestOptions = {}): Promise<Master> {
  const progress = monotone(options.onProgress);
  const source = await probeSource(path, deps.limits, options);
  progress(0.02);
  const context: PassContext = { input: path, mix: mixOf(source), limits: deps.limits, signal: options.signal };
  const expectedSamples = ((source.declaredDurationMs ?? 600_000) / 1000) * 48_000;
  const { measured, mix, warnings } = await measureAndJudge(context, source, deps.limits, (count) =>
    progress(0.02 + 0.1 * Math.min(1, count / expectedSamples)),
  );
  const durationMs = measured.survey.sampleCount / 48;
  const folder = await deps.library.makeJobFolder();
  try {
    const target = { path: join(folder, 'master.opus'), durationMs };
    const made = await makeMaster({ ...context, mix }, measured.loudness, target, deps, (part) => progress(0.12 + 0.86 * part));
    const checked = await inspect(target.path);
    const facts = {
      durationMs: checked.durationMs,
      loudnessLufs: made.loudness.integratedLufs,
      truePeakDbtp: made.loudness.truePeakDbtp,
      peaks: made.survey.peaks(PEAK_PAIRS),
      source: {
        ...source,
        loudnessLufs: measured.loudness.integratedLufs,
        truePeakDbtp: measured.loudness.truePeakDbtp,
        fecShare: checked.fecShare,
      },
      warnings: [...warnings, ...otherFormat(options.originalName, source)],
    };
    const committed = await deps.library.commit(target.path, (file) => options.keep?.({ ...file, ...facts }) ?? Promise.resolve());
    progress(1);
    return { ...committed, ...facts };
  } catch (error) {
    throw isNoSpace(error) ? mediaErrors.diskFull(error) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAndJudge(
  context: PassContext,
  source: SourceInfo,
  limits: IngestLimits,
  onSamples: (count: number) => void,
): Promise<{ measured: MeasureResult; mix: Mix; warnings: MediaWarning[] }> {
  const warnings: MediaWarning[] = [];
  let { mix } = context;
  let measured = await measureSource(context, onSamples);
  if (measured.loudness.integratedLufs < SILENT_LUFS && mix === 'average') {
    const first = await measureSource({ ...context, mix: 'first' }, onSamples);
    if (first.loudness.integratedLufs >= SILENT_LUFS) {
      measured = first;
      mix = 'first';
      warnings.push(mediaWarnings.oneChannel());
    }
  }
  const { loudness, survey, damageCount } = measured;
  const durationMs = survey.sampleCount / 48;
  if (durationMs > limits.maxDurationMs) throw mediaErrors.tooLong(limits.maxDurationMs);
  if (survey.sampleCount === 0) throw mediaErrors.corrupt();
  if (source.declaredDurationMs !== undefined && durationMs < source.declaredDurationMs * 0.95 - 250) {
    throw mediaErrors.cutOff(Math.floor((100 * durationMs) / source.declaredDurationMs));
  }
  if (durationMs < limits.minDurationMs) throw mediaErrors.tooShort();
  if (loudness.integratedLufs < SILENT_LUFS) throw mediaErrors.silent(loudness.integratedLufs);
  if (damageCount > 0) warnings.push(mediaWarnings.damaged());
  if (survey.clippedShare() > CLIPPED_SHARE) warnings.push(mediaWarnings.clipped(survey.clippedShare()));
  if (loudness.integratedLufs < QUIET_LUFS) warnings.push(mediaWarnings.quiet(-16 - loudness.integratedLufs));
  return { measured, mix, warnings };
}

/** Encodes until the decoded master has the right loudness and peak; usually once, and single peaks are patched. */
async function makeMaster(
  context: PassContext,
  source: Loudness,
  target: { path: string; durationMs: number },
  deps: IngestDeps,
  onProgress: (part: number) => void,
): Promise<MeasureResult> {
  const { format, logger } = deps;
  let plan = await rehearsedPlan(context, planGain(source, format), format);
  onProgress(0.1);
  await encodeMaster(context, plan, format, target, (part) => onProgress(0.1 + 0.75 * part));
  for (let correction = 0; ; correction++) {
    const verified = await verifyMaster(target.path, context);
    const { loudness } = verified;
    const hotSpots = verified.survey.above(hotDbfs(format), MAX_HOT_SPOTS);
    const better = correctAfterEncode(plan, loudness, hotSpots, format);
    if (!better) return verified;
    if (correction === MAX_CORRECTIONS) throw mediaErrors.loudnessOutOfReach(loudness.integratedLufs, loudness.truePeakDbtp);
    logger.debug({ correction, plan, better, loudness, hotSpots: hotSpots.length }, 'the master is corrected');
    if (better.gainDb === plan.gainDb && better.ceilingDbfs === plan.ceilingDbfs) {
      plan = better;
      await patchMaster(context, plan, format, hotSpots, target);
    } else {
      plan = better.ceilingDbfs === plan.ceilingDbfs ? better : await rehearsedAgain(context, plan, better, loudness, format);
      await encodeMaster(context, plan, format, target, () => undefined);
    }
    onProgress(0.9);
  }
}

/** Encodes the surroundings of a few peaks again and puts them in: far cheaper than the whole. */
async function patchMaster(
  context: PassContext,
  plan: GainPlan,
  format: MasterFormat,
  hotSpots: readonly HotSpot[],
  target: { path: string; durationMs: number },
): Promise<void> {
  const windows = patchWindows(hotSpots);
  const patchPath = `${target.path}.patch`;
  const patchedPath = `${target.path}.patched`;
  await encodeMaster(context, plan, format, { ...target, path: patchPath }, () => undefined, windows);
  await applyPatch(target.path, patchPath, windows, patchedPath);
  await rename(patchedPath, target.path);
  await rm(patchPath);
}

/** Without a limiter loudness follows gain exactly, and no rehearsal is needed. */
async function rehearsedPlan(context: PassContext, first: GainPlan, format: MasterFormat): Promise<GainPlan> {
  let plan = first;
  if (plan.ceilingDbfs === null) return plan;
  for (let round = 0; round < MAX_REHEARSALS; round++) {
    const rehearsed = await rehearse(context, plan, format);
    const better = correctAfterRehearsal(plan, rehearsed, format);
    const changeDb = Math.abs(better.gainDb - plan.gainDb);
    plan = better;
    // So small a correction lands where it should; only the encoded master's own figures count in the end.
    if (changeDb < SURE_CORRECTION_DB) break;
  }
  return plan;
}

/** A lowered ceiling costs loudness: rehearse towards what this codec did to this recording rather than to the usual loss. */
async function rehearsedAgain(
  context: PassContext,
  before: GainPlan,
  better: GainPlan,
  encoded: Loudness,
  format: MasterFormat,
): Promise<GainPlan> {
  const rehearsed = await rehearse(context, before, format);
  const codecLossLu = rehearsed.integratedLufs - encoded.integratedLufs;
  const usual = { ...format, targetLufs: format.targetLufs - CODEC_LOSS_LU + codecLossLu };
  return rehearsedPlan(context, { ...better, gainDb: before.gainDb }, usual);
}

async function inspect(path: string): Promise<{ durationMs: number; fecShare: number }> {
  const file = await readOggOpus(path);
  try {
    let withFec = 0;
    for await (const packet of file.packets()) if (hasInbandFec(packet.data)) withFec++;
    return { durationMs: file.durationSamples / 48, fecShare: withFec / file.packetCount };
  } finally {
    await file.close();
  }
}

function mixOf(source: SourceInfo): Mix {
  if (source.channels === 1) return 'none';
  return source.channels === 2 ? 'average' : 'downmix';
}

const EXTENSIONS: Record<string, readonly string[]> = {
  mp3: ['mp3'],
  mov: ['mp4', 'm4a', 'mov', '3gp', 'm4b', '3g2', 'aac'],
  wav: ['wav', 'wave'],
  ogg: ['ogg', 'opus', 'oga'],
  flac: ['flac'],
  aac: ['aac'],
};

function otherFormat(name: string | undefined, source: SourceInfo): MediaWarning[] {
  const extension = extname(name ?? '')
    .slice(1)
    .toLowerCase();
  const known = Object.values(EXTENSIONS).some((list) => list.includes(extension));
  if (!known || !(source.format in EXTENSIONS) || EXTENSIONS[source.format]?.includes(extension)) return [];
  return [mediaWarnings.otherFormat(extension, source.format.toUpperCase())];
}

function monotone(report: ((progress: number) => void) | undefined): (progress: number) => void {
  let last = 0;
  return (progress) => {
    // Every hundredth is enough for a bar.
    if (!report || (progress < last + 0.01 && progress < 1)) return;
    last = progress;
    report(progress);
  };
}

function isNoSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
