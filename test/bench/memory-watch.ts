import type { Timer } from '../../controller/clock.ts';
import type { BenchCommune } from './bench-commune.ts';
import { type BenchRow, benchRow } from './bench-row.ts';
import { proportionalMb, residentMb } from './process-memory.ts';

const PERIOD_MS = 1000;
/** PostgreSQL's shared pages are laborious to count. */
const DATABASE_EVERY = 5;

/** The server's memory over a whole run: what counts is the most it ever needed. */
export class MemoryWatch {
  #town: BenchCommune;
  #timer: Timer;
  #samples = 0;
  #peakMb = { both: 0, node: 0, postgres: 0, redis: 0 };

  constructor(town: BenchCommune) {
    this.#town = town;
    this.#timer = town.clock.every('memory', PERIOD_MS, () => this.#sample());
  }

  end(): void {
    this.#timer.cancel();
  }

  rows(): BenchRow[] {
    this.#sample();
    const common = { name: 'memory', unit: 'MB', n: this.#town.speakers };
    const over = `most of ${this.#samples} samples`;
    return [
      benchRow({ ...common, metric: `controller and media workers, ${over}`, value: this.#peakMb.both, target: 400 }),
      benchRow({ ...common, metric: `of it the controller (Node), ${over}`, value: this.#peakMb.node }),
      benchRow({ ...common, metric: 'beside it PostgreSQL', value: this.#peakMb.postgres }),
      benchRow({ ...common, metric: 'beside it Redis', value: this.#peakMb.redis }),
    ];
  }

  #sample(): void {
    const { commune } = this.#town;
    const peak = this.#peakMb;
    try {
      const node = residentMb(commune.controller?.pid ?? 0);
      const workers = commune.children(/mediasoup-worker/).reduce((sum, pid) => sum + residentMb(pid), 0);
      peak.node = Math.max(peak.node, node);
      peak.both = Math.max(peak.both, node + workers);
      if (this.#samples % DATABASE_EVERY === 0) {
        peak.postgres = Math.max(peak.postgres, proportionalMb(commune.children(/postgres/)));
        peak.redis = Math.max(peak.redis, proportionalMb(commune.children(/redis/)));
      }
      this.#samples += 1;
    } catch {
      // A process ended while it was being looked at.
    }
  }
}
