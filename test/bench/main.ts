import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow } from './bench-row.ts';
import { BusyLoops } from './busy-loops.ts';
import { runBeside } from './lanes.ts';
import { renderTable } from './table.ts';
import { BENCHES, type BenchEntry, chooseTopics, isOf, topicList } from './topics.ts';

const HELP = `npm run bench -- [--only NAME[,NAME]] [--quick] [--busy] [--rounds N] [--json FILE]

Measures the rows of "Speed" and "Sound" and prints target, figure and, where a peer is installed, the ratio to it in the same run.
  --only   ${topicList()}
  --quick  under a minute: fewer speakers, shorter runs, two benches at a time; figures are indicative
  --rounds N  of what happens at random (reach: 16)
  --busy   with two busy loops beside it: a figure that only an idle machine reaches is half a figure
  --json   also writes an array of {name, metric, value, unit, target, pass, peer, ratio, n, profile}
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    rounds: { type: 'string' },
    busy: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write('--rounds takes a whole number above 0.\n');
  process.exit(2);
}

const { topics, unknown } = chooseTopics(values.only);
if (unknown.length > 0 || topics.size === 0) {
  process.stderr.write(`There is nothing to measure called "${unknown.join('", "')}". There is: ${topicList()}.\n`);
  process.exit(2);
}

const tmpDir = await mkdtemp(path.join(os.tmpdir(), 'loa-xa-bench-'));
const rows: BenchRow[] = [];
let failures = 0;

function besideLoops(row: BenchRow): BenchRow {
  return values.busy ? { ...row, profile: [row.profile, '2 busy loops'].filter(Boolean).join(', ') } : row;
}

async function keep(): Promise<void> {
  if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}

async function run({ name, topics: own, load }: BenchEntry): Promise<void> {
  const startMs = performance.now();
  const asked = own.filter((topic) => topics.has(topic));
  const log = (line: string): void => void process.stderr.write(`   ${values.quick ? `${name}: ` : ''}${line}\n`);
  process.stderr.write(`\n== ${name}${asked.length === own.length ? '' : `: ${asked.join(', ')}`}\n`);
  try {
    const bench = await load();
    const measured = await bench({ quick: values.quick, rounds, wants: (topic) => topics.has(topic), log, tmpDir });
    rows.push(...measured.filter((row) => isOf(topics, row)).map(besideLoops));
  } catch (error) {
    failures++;
    log(`FAILED: ${error instanceof Error ? error.stack : String(error)}`);
  }
  log(`took ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  await keep();
}

// Each bench's rows say what they were measured beside.
const busy = values.busy ? new BusyLoops(2) : undefined;
try {
  const asked = BENCHES.filter((bench) => bench.topics.some((topic) => topics.has(topic)));
  const beside = asked.filter((bench) => bench.isQuickBeside);
  const here = values.quick && beside.length < asked.length ? asked.filter((bench) => !bench.isQuickBeside) : asked;
  const others =
    here.length < asked.length
      ? runBeside(
          beside.flatMap((bench) => bench.topics),
          tmpDir,
        )
      : undefined;
  // It may fail while nobody waits for it yet.
  others?.catch(() => undefined);
  for (const bench of here) await run(bench);
  if (others) {
    const measured = await others;
    rows.unshift(...measured.rows);
    failures += measured.failures;
    await keep();
  }
} finally {
  await busy?.end();
  await rm(tmpDir, { recursive: true, force: true });
}

const cpu = os.cpus()[0]?.model ?? 'unknown processor';
process.stdout.write(
  `\n${os.availableParallelism()} x ${cpu}, Node ${process.version}${values.quick ? ', quick run' : ''}\n\n${renderTable(rows)}`,
);
process.exitCode = failures > 0 ? 1 : 0;
