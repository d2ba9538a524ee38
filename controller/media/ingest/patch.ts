import { readOggOpus } from '../ogg/ogg-opus-reader.ts';
import { createOggOpusWriter } from '../ogg/ogg-opus-writer.ts';
import { type Dip, type GainPlan, gainFilters, type HotSpot } from './gain-plan.ts';
import type { MasterFormat } from './limits.ts';

/** Packets of a master are this long. */
const FRAME_SAMPLES = 960;
const FRAMES_PER_SECOND = 50;
/** Encoder and decoder forget how a stretch began within 80 ms (RFC 7845 section 4.6); a second is plenty. */
const LEAD_FRAMES = 50;
const BEFORE_FRAMES = 12;
const BEHIND_FRAMES = 15;

/** A stretch of a master that is encoded again. Frames count from the recording's first sample. */
export interface PatchWindow {
  /** Encoding begins here, so that the encoder knows its past where the patch is put in. */
  leadFrame: number;
  firstFrame: number;
  /** Not included. */
  endFrame: number;
}

/** What to encode again around the hot spots, in order and without overlap. */
export function patchWindows(hotSpots: readonly HotSpot[]): PatchWindow[] {
  const windows: PatchWindow[] = [];
  for (const { atSeconds } of hotSpots.toSorted((a, b) => a.atSeconds - b.atSeconds)) {
    const frame = Math.floor(atSeconds * FRAMES_PER_SECOND);
    const firstFrame = Math.max(0, frame - BEFORE_FRAMES);
    const endFrame = frame + BEHIND_FRAMES;
    const leadFrame = Math.max(0, firstFrame - LEAD_FRAMES);
    const last = windows.at(-1);
    if (last && leadFrame <= last.endFrame) last.endFrame = endFrame;
    else windows.push({ leadFrame, firstFrame, endFrame });
  }
  return windows;
}

/**
 * ffmpeg filters that carry a plan out and leave only the windows, one behind the other, cut at the borders of packets.
 * No windows: the whole.
 */
export function patchFilters(plan: GainPlan, format: MasterFormat, windows: readonly PatchWindow[]): string[] {
  if (windows.length === 0) return gainFilters(plan, format);
  const chosen = windows.map(({ leadFrame, endFrame }) => `between(n,${leadFrame},${endFrame - 1})`).join('+');
  const select = [`asetnsamples=n=${FRAME_SAMPLES}:p=0`, `aselect='${chosen}'`, 'asetpts=N/SR/TB'];
  // The leveller remembers minutes, so it must hear everything; a limiter forgets within the lead, and the rest need not be computed.
  if (plan.leveller) return [...gainFilters(plan, format), ...select];
  return [...select, ...gainFilters({ ...plan, dips: dipsInWindows(plan.dips, windows) }, format)];
}

/** The dips on the time line of the windows laid end to end. */
function dipsInWindows(dips: readonly Dip[], windows: readonly PatchWindow[]): Dip[] {
  let laidFrames = 0;
  return windows.flatMap(({ leadFrame, endFrame }) => {
    const shiftSeconds = (leadFrame - laidFrames) / FRAMES_PER_SECOND;
    laidFrames += endFrame - leadFrame;
    const inside = dips.filter(({ atSeconds }) => atSeconds >= leadFrame / FRAMES_PER_SECOND && atSeconds < endFrame / FRAMES_PER_SECOND);
    return inside.map((dip) => ({ ...dip, atSeconds: dip.atSeconds - shiftSeconds }));
  });
}

/**
 * Writes `target`: the master with the packets of each window taken from `patch`, the file that was encoded from
 * `patchFilters`. Both have the same pre-skip, so that their packets cover the same samples.
 */
export async function applyPatch(master: string, patch: string, windows: readonly PatchWindow[], target: string): Promise<void> {
  const replacements = await readReplacements(patch, windows);
  const file = await readOggOpus(master);
  try {
    const writer = await createOggOpusWriter(target, { serial: 0, head: file.head });
    try {
      for await (const { index, data } of file.packets()) await writer.write(replacements.get(index) ?? data);
    } finally {
      await writer.close(file.totalSamples - file.preSkipSamples - file.durationSamples);
    }
  } finally {
    await file.close();
  }
}

async function readReplacements(patch: string, windows: readonly PatchWindow[]): Promise<Map<number, Uint8Array>> {
  const replacements = new Map<number, Uint8Array>();
  const file = await readOggOpus(patch);
  try {
    const packets = file.packets();
    for (const { leadFrame, firstFrame, endFrame } of windows) {
      for (let frame = leadFrame; frame < endFrame; frame++) {
        const next = await packets.next();
        if (next.done) return replacements;
        if (frame >= firstFrame) replacements.set(frame, next.value.data);
      }
    }
  } finally {
    await file.close();
  }
  return replacements;
}
