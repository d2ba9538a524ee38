import { decodeFile } from '../support/audio-compare.ts';
import { findInHorn } from '../support/horn.ts';
import { type BenchRow, benchRow } from './bench-row.ts';
import type { PlannedStart } from './scheduled-starts.ts';

/** What a new cluster is set to. */
const CLUSTER_VOLUME_DB = -6;

/** What one horn played, beside the master; the bounds are those of the end-to-end test. */
export async function hornRows(horn: string, { recording, startsAtMs }: PlannedStart): Promise<BenchRow[]> {
  const meant = (await decodeFile(recording.file)).samples;
  const found = findInHorn(horn, meant, { fromMs: startsAtMs - 1000, untilMs: startsAtMs + meant.length / 48 + 1000 });
  const common = { name: 'sound', n: Math.round(meant.length / 48_000), profile: 'lan' };
  const levelDb = Math.abs(found.levelDifferenceDb - CLUSTER_VOLUME_DB);
  return [
    benchRow({
      ...common,
      metric: 'horn against master, correlation (at least)',
      value: found.correlation,
      unit: '',
      target: 0.95,
      atLeast: true,
    }),
    benchRow({ ...common, metric: 'spectral distance (Bark bands)', value: found.spectralDistanceDb, unit: 'dB', target: 1 }),
    benchRow({ ...common, metric: 'level beside the volume set', value: levelDb, unit: 'dB', target: 0.5 }),
    benchRow({ ...common, metric: 'start found by correlation, error', value: Math.abs(found.soundedAtMs - startsAtMs), target: 5 }),
  ];
}
