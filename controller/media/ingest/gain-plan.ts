import type { MasterFormat } from './limits.ts';
import type { Loudness } from './loudness.ts';

/** How the level is changed before encoding. Pure; gain-plan.test.ts walks it through. */
export interface GainPlan {
  readonly gainDb: number;
  /** Limiter ceiling in dBFS; null when no peak comes near it. */
  readonly ceilingDbfs: number | null;
  /** Set when no limiter could cope: the recording's own loudness, for ffmpeg's loudnorm in its dynamic mode. */
  readonly leveller: Loudness | null;
  /** Short dips in level where the codec alone made a peak, which no limiter before it can see. */
  readonly dips: readonly Dip[];
}

export interface Dip {
  atSeconds: number;
  depthDb: number;
}

/** A stretch of the decoded master that is too loud. */
export interface HotSpot {
  atSeconds: number;
  peakDbfs: number;
}

/** Opus at 32 kbit/s raises true peaks of speech by 1 to 1.5 dB over what went in (measured), a few single ones by more. */
const CODEC_OVERSHOOT_DB = 2;
/** The encoder takes about this much loudness away (measured on speech at 32 kbit/s). */
export const CODEC_LOSS_LU = 0.5;
/** Aiming a little below the target costs nothing anybody hears and spares the limiter the worst. */
const BELOW_TARGET_LU = 0.3;
/** More limiting than this pumps audibly; the leveller is kinder to such a recording. */
const MAX_LIMITING_DB = 12;
const MAX_RANGE_LU = 18;
const PEAK_STEP_DB = 0.3;
/** More hot spots than this are no accidents of the codec: the ceiling is too high. */
const MAX_DIPS = 60;
const DIP_EXTRA_DB = 1.5;

const REHEARSAL_TOLERANCE_LU = 0.3;
/** Within this of the target no further encode is spent. The promise is +-1 LU. */
export const LOUDNESS_TOLERANCE_LU = 0.7;

/** Sample peaks from here on count as hot: true peaks between the samples lie a little higher. */
export function hotDbfs(format: MasterFormat): number {
  return format.maxTruePeakDbtp - 0.4;
}

/** What the encoder should be given so that its output has the target loudness. */
export function aimLufs(format: MasterFormat): number {
  return format.targetLufs + CODEC_LOSS_LU - BELOW_TARGET_LU;
}

/** The first plan, from the recording's own figures. */
export function planGain(source: Loudness, format: MasterFormat): GainPlan {
  const gainDb = aimLufs(format) - source.integratedLufs;
  const ceilingDbfs = format.maxTruePeakDbtp - CODEC_OVERSHOOT_DB;
  const limitingDb = source.truePeakDbtp + gainDb - ceilingDbfs;
  if (limitingDb <= 0) return { gainDb, ceilingDbfs: null, leveller: null, dips: [] };
  if (limitingDb > MAX_LIMITING_DB || source.rangeLu > MAX_RANGE_LU) return { gainDb: 0, ceilingDbfs, leveller: source, dips: [] };
  // A limiter takes back about a quarter of the gain that it holds down (measured on speech); the rehearsal finds the rest.
  return { gainDb: gainDb + limitingDb / 3, ceilingDbfs, leveller: null, dips: [] };
}

/** The plan after a rehearsal (everything but the encoder) measured `rehearsed`; the same object when it is near enough. */
export function correctAfterRehearsal(plan: GainPlan, rehearsed: Loudness, format: MasterFormat): GainPlan {
  const missingDb = aimLufs(format) - rehearsed.integratedLufs;
  if (Math.abs(missingDb) <= REHEARSAL_TOLERANCE_LU) return plan;
  // A limiter gives back less loudness than it is given gain.
  return { ...plan, gainDb: plan.gainDb + missingDb * (plan.ceilingDbfs === null ? 1 : 1.4) };
}

/** The plan after the encoded master measured `master`; undefined when the master is good. */
export function correctAfterEncode(
  plan: GainPlan,
  master: Loudness,
  hotSpots: readonly HotSpot[],
  format: MasterFormat,
): GainPlan | undefined {
  const missingDb = format.targetLufs - master.integratedLufs;
  const overDb = master.truePeakDbtp - format.maxTruePeakDbtp;
  if (overDb <= 0 && Math.abs(missingDb) <= LOUDNESS_TOLERANCE_LU) return undefined;
  const gainDb = Math.abs(missingDb) > LOUDNESS_TOLERANCE_LU ? plan.gainDb + missingDb : plan.gainDb;
  if (overDb <= 0) return { ...plan, gainDb };
  if (plan.ceilingDbfs !== null && hotSpots.length > 0 && hotSpots.length <= MAX_DIPS) {
    const deeper = hotSpots.map(({ atSeconds, peakDbfs }) => {
      // What a saturated decoder hides is known from the measure of the whole.
      const peakDbtp = hotSpots.length === 1 ? Math.max(peakDbfs, master.truePeakDbtp) : peakDbfs;
      return { atSeconds, depthDb: peakDbtp - format.maxTruePeakDbtp + DIP_EXTRA_DB };
    });
    return { ...plan, gainDb, dips: mergeDips([...plan.dips, ...deeper]) };
  }
  const ceilingBefore = plan.ceilingDbfs ?? format.maxTruePeakDbtp - CODEC_OVERSHOOT_DB + PEAK_STEP_DB;
  return { ...plan, gainDb, ceilingDbfs: ceilingBefore - (plan.ceilingDbfs === null ? 0 : overDb) - PEAK_STEP_DB };
}

/** Dips at the same place (a spot that one dip did not calm) add up. */
function mergeDips(dips: readonly Dip[]): Dip[] {
  const merged: Dip[] = [];
  for (const dip of [...dips].sort((a, b) => a.atSeconds - b.atSeconds)) {
    const last = merged.at(-1);
    if (last && dip.atSeconds - last.atSeconds < 0.03) last.depthDb += dip.depthDb;
    else merged.push({ ...dip });
  }
  return merged;
}

/**
 * Voices are lopsided: their peaks all point one way. Turning the phases below 1 kHz evens them out, which nobody hears and
 * which spares about 1.5 dB of limiting (measured; broadcast processors do the same).
 */
const PHASE_ROTATION = [200, 200, 400, 400].map((hz) => `allpass=f=${hz}:width_type=q:width=0.7`);

/** ffmpeg filters that carry a plan out, for mono 48 kHz sound. */
export function gainFilters(plan: GainPlan, format: MasterFormat): string[] {
  const filters: string[] = [];
  if (plan.leveller) {
    const { integratedLufs, truePeakDbtp, rangeLu, thresholdLufs } = plan.leveller;
    const measured = `measured_I=${integratedLufs}:measured_TP=${truePeakDbtp}:measured_LRA=${rangeLu}:measured_thresh=${thresholdLufs}`;
    filters.push(
      `loudnorm=I=${format.targetLufs}:TP=${(plan.ceilingDbfs ?? format.maxTruePeakDbtp).toFixed(1)}:LRA=11:${measured}:linear=false`,
      'aresample=48000',
    );
  }
  filters.push(`volume=${plan.gainDb.toFixed(2)}dB:precision=float`);
  if (plan.ceilingDbfs !== null) {
    filters.splice(filters.length - 1, 0, ...PHASE_ROTATION);
    filters.push(`alimiter=limit=${Math.max(0.0625, 10 ** (plan.ceilingDbfs / 20)).toFixed(4)}:attack=5:release=80:level=false`);
  }
  if (plan.dips.length > 0)
    filters.push('asetnsamples=n=240:p=0', `volume=volume='${dipExpression(plan.dips)}':eval=frame:precision=float`);
  return filters;
}

/** Full depth for 25 ms either side, back to nothing over the next 50 ms. */
function dipExpression(dips: readonly Dip[]): string {
  return dips
    .map(({ atSeconds, depthDb }) => `(1-${(1 - 10 ** (-depthDb / 20)).toFixed(4)}*clip(1.5-abs(t-${atSeconds.toFixed(3)})/0.05,0,1))`)
    .join('*');
}
