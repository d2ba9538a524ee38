import { readFileSync } from 'node:fs';
import { levelDb, locate, readWav, spectralDistanceDb } from './audio-compare.ts';

const SAMPLES_PER_MS = 48;

export interface HornFinding {
  /** Wall-clock instant at which the reference's first sample left the horn, epoch ms. */
  soundedAtMs: number;
  /** 1 = the same waveform. */
  correlation: number;
  /** Horn minus reference over the stretch both have, dB. */
  levelDifferenceDb: number;
  /** Bark-band distance after taking the level difference out, dB. */
  spectralDistanceDb: number;
}

interface RecordedStretch {
  samples: Float32Array;
  /** Epoch ms of the first sample. */
  firstSampleAtMs: number;
}

/** What a horn played within a window of wall-clock time. */
export function hornStretch(wavFile: string, window: { fromMs: number; untilMs: number }): RecordedStretch {
  const facts = JSON.parse(readFileSync(`${wavFile}.json`, 'utf8')) as { firstSampleAtMs: number };
  const { samples } = readWav(wavFile);
  const from = Math.max(0, Math.floor((window.fromMs - facts.firstSampleAtMs) * SAMPLES_PER_MS));
  const until = Math.min(samples.length, Math.ceil((window.untilMs - facts.firstSampleAtMs) * SAMPLES_PER_MS));
  return { samples: samples.subarray(from, until), firstSampleAtMs: facts.firstSampleAtMs + from / SAMPLES_PER_MS };
}

/**
 * How alike two sounds are piece by piece, medians over the pieces that are not silent. A live programme follows the drift of the
 * announcer's sound card by leaving out or doubling single frames in quiet moments: that ends a long comparison, not a short one.
 * @param slackMs how far a piece may have moved
 */
export function comparePieces(
  heard: Float32Array,
  reference: Float32Array,
  { pieceMs = 200, slackMs = 120 } = {},
): { correlation: number; spectralDistanceDb: number } {
  const length = pieceMs * SAMPLES_PER_MS;
  const slack = slackMs * SAMPLES_PER_MS;
  const floorDb = levelDb(reference) - 20;
  const correlations: number[] = [];
  const distances: number[] = [];
  for (let at = 0; at + length <= reference.length; at += length) {
    const piece = reference.subarray(at, at + length);
    if (levelDb(piece) < floorDb) continue;
    const near = heard.subarray(Math.max(0, at - slack), at + length + slack);
    const found = locate(near, piece);
    const start = Math.max(0, Math.round(found.offsetSamples));
    const match = near.subarray(start, start + length);
    const gain = 10 ** ((levelDb(piece) - levelDb(match)) / 20);
    correlations.push(found.correlation);
    distances.push(
      spectralDistanceDb(
        piece,
        match.map((value) => value * gain),
      ),
    );
  }
  return { correlation: median(correlations), spectralDistanceDb: median(distances) };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Pieces in which loss of sound is looked for; a word has several. */
const HOLE_PIECE_MS = 10;
/** So much quieter than it was meant is a hole. */
const HOLE_BELOW_DB = 18;

/**
 * The longest stretch in which the reference sounds and the horn was silent or nearly so, ms.
 * @param heard begins where the reference begins, and has its length
 */
export function longestHoleMs(heard: Float32Array, reference: Float32Array): number {
  const length = HOLE_PIECE_MS * SAMPLES_PER_MS;
  const gainDb = levelDb(heard) - levelDb(reference);
  const floorDb = levelDb(reference) - 20;
  let longest = 0;
  let hole = 0;
  for (let at = 0; at + length <= reference.length; at += length) {
    const meantDb = levelDb(reference.subarray(at, at + length));
    // Where nothing should sound, nothing is missed; a hole goes on through a pause.
    if (meantDb < floorDb) continue;
    const heardDb = levelDb(heard.subarray(at, at + length));
    hole = heardDb < meantDb + gainDb - HOLE_BELOW_DB ? hole + HOLE_PIECE_MS : 0;
    longest = Math.max(longest, hole);
  }
  return longest;
}

/** Looks for a reference (48 kHz) in what a simulated horn played, within a window of wall-clock time. */
export function findInHorn(wavFile: string, reference: Float32Array, window: { fromMs: number; untilMs: number }): HornFinding {
  const { samples: heard, firstSampleAtMs } = hornStretch(wavFile, window);
  const found = locate(heard, reference);
  const start = Math.max(0, Math.round(found.offsetSamples));
  const stretch = heard.subarray(start, start + reference.length);
  const meant = reference.subarray(0, stretch.length);
  const levelDifferenceDb = levelDb(stretch) - levelDb(meant);
  const gain = 10 ** (-levelDifferenceDb / 20);
  return {
    soundedAtMs: firstSampleAtMs + found.offsetSamples / SAMPLES_PER_MS,
    correlation: found.correlation,
    levelDifferenceDb,
    spectralDistanceDb: spectralDistanceDb(
      meant,
      stretch.map((value) => value * gain),
    ),
  };
}
