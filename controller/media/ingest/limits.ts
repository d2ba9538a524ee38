/** What ingest accepts and what it may use. */
export interface IngestLimits {
  maxDurationMs: number;
  minDurationMs: number;
  maxFileBytes: number;
  maxMemoryBytes: number;
  maxChannels: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  maxDurationMs: 2 * 3_600_000,
  /** The loudness measure needs blocks of 400 ms (ITU-R BS.1770-4). */
  minDurationMs: 500,
  maxFileBytes: 1024 * 1024 * 1024,
  maxMemoryBytes: 1536 * 1024 * 1024,
  maxChannels: 8,
};

/** The sound of a master. Opus at this rate stays in its hybrid mode for speech, which alone can carry in-band FEC. */
export interface MasterFormat {
  targetLufs: number;
  maxTruePeakDbtp: number;
  bitrateBps: number;
  expectedLossPercent: number;
}

export const MASTER_FORMAT: MasterFormat = { targetLufs: -16, maxTruePeakDbtp: -1.5, bitrateBps: 32_000, expectedLossPercent: 5 };
