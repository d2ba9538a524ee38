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
  /** What stands beside us, measured in the same run unless it says "measured elsewhere"; null if nothing was installed. */
  peer: string | null;
  /** Ours divided by the peer's of the same run. */
  ratio: number | null;
  /** Speakers, samples or repetitions behind the figure. */
  n: number;
  /** Network profile, where one was simulated. */
  profile: string | null;
}

export interface BenchContext {
  /** Under a minute for everything; figures are then only indicative. */
  quick: boolean;
  /** How often what happens at random is repeated; undefined: as the bench thinks fit. */
  rounds: number | undefined;
  /** Whether somebody asked for this topic: a bench that measures several leaves out the work for the others. */
  wants(topic: Topic): boolean;
  log(line: string): void;
  /** Removed when the bench ends. */
  tmpDir: string;
}

/** What can be asked for, and the name of its rows. */
export const TOPICS = {
  'fan-out': 'fan-out',
  capacity: 'capacity',
  'scheduled-start': 'scheduled start error',
  start: 'start latency',
  skew: 'skew',
  emergency: 'emergency latency',
  reach: 'emergency under load',
  live: 'live latency',
  'loss-repair': 'loss repair',
  heartbeats: 'heartbeats',
  silence: 'silence noticed',
  ingest: 'ingest',
  memory: 'memory',
  'memory-growth': 'memory growth',
  controller: 'controller',
  sound: 'sound',
  'event-loop': 'event loop',
  'store-hangs': 'store hangs',
  restart: 'restart',
} as const;
export type Topic = keyof typeof TOPICS;

type Measured = Pick<BenchRow, 'name' | 'metric' | 'value' | 'n'> & Partial<BenchRow>;

/** A row in milliseconds unless said otherwise. It passes at its target or below; with `atLeast`, at its target or above. */
export function benchRow({ atLeast = false, ...measured }: Measured & { atLeast?: boolean }): BenchRow {
  const { target = null, value } = measured;
  const pass = target === null ? null : atLeast ? value >= target : value <= target;
  return { unit: 'ms', peer: null, ratio: null, profile: null, ...measured, target, pass };
}
