/** EBU R 128 / ITU-R BS.1770-4 figures of a stretch of sound. A single channel counts once (no dual-mono correction). */
export interface Loudness {
  integratedLufs: number;
  truePeakDbtp: number;
  rangeLu: number;
  /** Relative gate, as loudnorm wants it handed in. */
  thresholdLufs: number;
}

/** What the measure gives when every block lies under the absolute gate. */
export const BELOW_GATE_LUFS = -70;

/** Collects the summary that ffmpeg's ebur128 filter prints to standard error at its end. */
export function createLoudnessReader(): { line(text: string): void; result(): Loudness | undefined } {
  let integratedLufs: number | undefined;
  let truePeakDbtp: number | undefined;
  let rangeLu = 0;
  let thresholdLufs: number | undefined;
  return {
    line(text) {
      // What a file's own tags made ffmpeg print before is no measure.
      if (/^\[Parsed_ebur128_\d+ @ \S+\] Summary:$/.test(text)) integratedLufs = truePeakDbtp = thresholdLufs = undefined;
      const match = /^\s+(I|Threshold|LRA|Peak):\s+(-?inf|-?nan|-?\d+(?:\.\d+)?)\s+(LUFS|LU|dBFS)/.exec(text);
      if (!match) return;
      const value = /inf|nan/.test(match[2] ?? '') ? -Infinity : Number(match[2]);
      if (match[1] === 'I') integratedLufs = value;
      else if (match[1] === 'Peak') truePeakDbtp = value;
      else if (match[1] === 'LRA') rangeLu = value;
      // Two thresholds are printed; the first belongs to the integrated loudness.
      else thresholdLufs ??= value;
    },
    result: () =>
      integratedLufs === undefined || truePeakDbtp === undefined
        ? undefined
        : { integratedLufs, truePeakDbtp, rangeLu, thresholdLufs: thresholdLufs ?? BELOW_GATE_LUFS },
  };
}
