import { LEVEL_CHUNKS_MAX, LEVELS_IN_CHUNK_MAX } from '../../controller/protocol/media.ts';
import type { LevelChunk } from '../../controller/protocol/speaker-control.ts';

const SECOND_MS = 1000;
const SILENCE_DB = -120;
/** Seconds without sound that are told as such; a longer hole begins another chunk. */
const HOLE_MAX_S = 10;

/** How loud a programme came out, second by second of its capture: the seconds that were not told yet. */
export class LevelLog {
  #seconds = new Map<number, { energy: number; ms: number }>();

  add(captureAtMs: number, levelDb: number, durationMs: number): void {
    const second = Math.floor(captureAtMs / SECOND_MS);
    const sum = this.#seconds.get(second) ?? { energy: 0, ms: 0 };
    sum.energy += 10 ** (levelDb / 10) * durationMs;
    sum.ms += durationMs;
    this.#seconds.set(second, sum);
  }

  /** What was not taken yet; the second under way only at the end. */
  take(isOver: boolean): LevelChunk[] {
    const seconds = [...this.#seconds.keys()].sort((one, other) => one - other);
    if (!isOver) seconds.pop();
    const chunks: LevelChunk[] = [];
    for (const second of seconds) {
      const { energy, ms } = this.#seconds.get(second) ?? { energy: 0, ms: 1 };
      this.#seconds.delete(second);
      const db = Math.round(Math.min(20, Math.max(SILENCE_DB, 10 * Math.log10(energy / ms + 1e-12))));
      const last = chunks.at(-1);
      const holeS = last ? second - (last.fromMs / SECOND_MS + last.db.length) : 0;
      if (last && holeS <= HOLE_MAX_S && last.db.length + holeS < LEVELS_IN_CHUNK_MAX) last.db.push(...Array(holeS).fill(null), db);
      else chunks.push({ fromMs: second * SECOND_MS, db: [db] });
    }
    return newest(chunks);
  }
}

/** Bounded: where a controller was away for long, the oldest levels are given up, and only they. */
export function newest(chunks: readonly LevelChunk[]): LevelChunk[] {
  return chunks.slice(-LEVEL_CHUNKS_MAX);
}
