import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchContext, BenchRow } from './bench-row.ts';
import { renderTable } from './table.ts';

type Bench = (context: BenchContext) => Promise<BenchRow[]>;

/** Loaded one by one: a bench that cannot be loaded must not take the others with it. */
const BENCHES: Record<string, () => Promise<Bench>> = {
  'fan-out': async () => (await import('./fan-out.ts')).bench,
  capacity: async () => (await import('./capacity.ts')).bench,
  heartbeats: async () => (await import('./heartbeats.ts')).bench,
  silence: async () => (await import('./silence.ts')).bench,
  ingest: async () => (await import('./ingest.ts')).bench,
  'on-air': async () => (await import('./on-air.ts')).bench,
  live: async () => (await import('./live.ts')).bench,
};

const HELP = `npm run bench -- [--only NAME[,NAME]] [--quick] [--json FILE]

Measures the rows of "Speed" and "Sound" and prints target, figure and, where a peer is installed, the ratio to it in the same run.
  --only   ${Object.keys(BENCHES).join(', ')}
  --quick  under a minute: fewer speakers and shorter runs; figures are indicative
  --json   also writes an array of {name, metric, value, unit, target, pass, peer, ratio, n, profile}
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const wanted = values.only?.split(',') ?? Object.keys(BENCHES);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench called ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exit(2);
}

const tmpDir = await mkdtemp(path.join(os.tmpdir(), 'loa-xa-bench-'));
const rows: BenchRow[] = [];
let failures = 0;
try {
  for (const name of wanted) {
    process.stderr.write(`\n== ${name}\n`);
    try {
      const bench = await BENCHES[name]?.();
      if (bench) rows.push(...(await bench({ quick: values.quick, log: (line) => process.stderr.write(`   ${line}\n`), tmpDir })));
    } catch (error) {
      failures++;
      process.stderr.write(`   FAILED: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
    if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  }
} finally {
  await rm(tmpDir, { recursive: true, force: true });
}

const cpu = os.cpus()[0]?.model ?? 'unknown processor';
process.stdout.write(
  `\n${os.availableParallelism()} x ${cpu}, Node ${process.version}${values.quick ? ', quick run' : ''}\n\n${renderTable(rows)}`,
);
process.exitCode = failures > 0 ? 1 : 0;
