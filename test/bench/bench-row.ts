/** One measured figure, as `npm run bench -- --json` writes it. */
export interface BenchRow {
  /** Row of the quality table, for example `fan-out`. */
  name: string;
  /** What of it, for example `server CPU`. */
  metric: string;
  value: number;
  unit: string;
  /** Figure to reach; null where none was set. */
  target: number | null;
  /** null where there is no target. */
  pass: boolean | null;
  /** What was measured beside us in the same run; null if nothing was installed. */
  peer: string | null;
  /** Ours divided by the peer's. */
  ratio: number | null;
  /** Speakers, samples or repetitions behind the figure. */
  n: number;
  /** Network profile, where one was simulated. */
  profile: string | null;
}

export interface BenchContext {
  /** Under a minute for everything; figures are then only indicative. */
  quick: boolean;
  log(line: string): void;
  /** Removed when the bench ends. */
  tmpDir: string;
}
