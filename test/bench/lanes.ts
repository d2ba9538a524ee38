import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRow, Topic } from './bench-row.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/**
 * Part of a quick run in a process of its own, beside the rest: a commune on air waits most of the time, and a process's own processor time
 * is what some rows are made of.
 */
export async function runBeside(topics: readonly Topic[], tmpDir: string): Promise<{ rows: BenchRow[]; failures: number }> {
  const file = path.join(tmpDir, 'beside.json');
  const child = spawn(process.execPath, [...process.execArgv, MAIN, '--quick', '--only', topics.join(','), '--json', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return { rows: JSON.parse(await readFile(file, 'utf8')) as BenchRow[], failures: code === 0 ? 0 : 1 };
}
