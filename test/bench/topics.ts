import { type BenchContext, type BenchRow, TOPICS, type Topic } from './bench-row.ts';

export type Bench = (context: BenchContext) => Promise<BenchRow[]>;

export interface BenchEntry {
  name: string;
  topics: readonly Topic[];
  load(): Promise<Bench>;
  /** In a quick run it is measured in a process of its own, while the commune on air waits for its schedule. */
  isQuickBeside?: boolean;
}

/** Loaded one by one: a bench that cannot be loaded must not take the others with it. */
export const BENCHES: readonly BenchEntry[] = [
  { name: 'fan-out', topics: ['fan-out'], load: async () => (await import('./fan-out.ts')).bench, isQuickBeside: true },
  { name: 'capacity', topics: ['capacity'], load: async () => (await import('./capacity.ts')).bench, isQuickBeside: true },
  { name: 'heartbeats', topics: ['heartbeats'], load: async () => (await import('./heartbeats.ts')).bench, isQuickBeside: true },
  { name: 'silence', topics: ['silence'], load: async () => (await import('./silence.ts')).bench, isQuickBeside: true },
  { name: 'ingest', topics: ['ingest'], load: async () => (await import('./ingest.ts')).bench, isQuickBeside: true },
  {
    name: 'on-air',
    topics: ['scheduled-start', 'start', 'skew', 'emergency', 'loss-repair', 'memory', 'controller', 'sound'],
    load: async () => (await import('./on-air.ts')).bench,
  },
  { name: 'reach', topics: ['reach'], load: async () => (await import('./reach.ts')).bench },
  { name: 'event-loop', topics: ['event-loop'], load: async () => (await import('./event-loop.ts')).bench },
  { name: 'memory-growth', topics: ['memory-growth'], load: async () => (await import('./memory-growth.ts')).bench },
  { name: 'store-hangs', topics: ['store-hangs'], load: async () => (await import('./store-hangs.ts')).bench, isQuickBeside: true },
  { name: 'restart', topics: ['restart'], load: async () => (await import('./restart.ts')).bench, isQuickBeside: true },
  { name: 'live', topics: ['live'], load: async () => (await import('./live.ts')).bench, isQuickBeside: true },
];

/** A row's name as people write it: "Start latency", "scheduled start error", "loss repair". */
const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');

/** The topics that a name means: a topic, the name of its rows, or a whole bench. */
function meant(name: string): readonly Topic[] {
  const wanted = plain(name);
  const topics = (Object.keys(TOPICS) as Topic[]).filter((topic) => topic === wanted || plain(TOPICS[topic]) === wanted);
  return topics.length > 0 ? topics : (BENCHES.find((bench) => bench.name === wanted)?.topics ?? []);
}

/** Everything when nothing is asked for. @returns the names that mean nothing, too */
export function chooseTopics(only: string | undefined): { topics: ReadonlySet<Topic>; unknown: string[] } {
  if (only === undefined) return { topics: new Set(Object.keys(TOPICS) as Topic[]), unknown: [] };
  const names = only.split(',').filter((name) => name.trim() !== '');
  return { topics: new Set(names.flatMap(meant)), unknown: names.filter((name) => meant(name).length === 0) };
}

/** A bench may measure more than was asked for. */
export function isOf(topics: ReadonlySet<Topic>, row: BenchRow): boolean {
  return [...topics].some((topic) => TOPICS[topic] === row.name);
}

/** For help and for a wrong name. */
export function topicList(): string {
  return (Object.entries(TOPICS) as [Topic, string][])
    .map(([topic, rows]) => (plain(rows) === topic ? topic : `${topic} (${rows})`))
    .join(', ')
    .concat('; on-air: all that one commune on air shows');
}
