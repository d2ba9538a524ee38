/**
 * `npm test [-- arguments for vitest]`: makes the machine ready, then lint, types and all the tests (unit, integration, end to end).
 * The last line is "N passed, N failed"; the exit code is 0 only when nothing failed and at least one test ran.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from './setup/index.mjs';
import { PROJECT } from './setup/places.mjs';
import { countTests } from './test-count.mjs';

const { node, environment } = await setUp('test');
const isTerminal = process.stdout.isTTY === true;
// In a log the programs' colours are noise.
if (!isTerminal) Object.assign(environment, { NO_COLOR: '1', FORCE_COLOR: undefined });
let passed = 0;
let failed = 0;

async function run(title, script, args) {
  const startedAt = Date.now();
  console.log(`\n── ${title}`);
  const child = spawn(node, [join(PROJECT, 'node_modules', script), ...args], { cwd: PROJECT, env: environment, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  console.log(`── ${title}: ${code === 0 ? 'passed' : 'FAILED'} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return code === 0;
}

async function check(title, script, args) {
  if (await run(title, script, args)) passed += 1;
  else failed += 1;
}

await check('lint', '@biomejs/biome/bin/biome', ['ci', '--max-diagnostics=50', ...(isTerminal ? [] : ['--colors=off']), '.']);
await check('types', 'typescript/bin/tsc', ['--noEmit']);

const folder = mkdtempSync(join(tmpdir(), 'loa-xa-results-'));
const results = join(folder, 'results.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const isGood = await run('tests', 'vitest/vitest.mjs', ['run', ...reporters, ...process.argv.slice(2)]);
const count = countTests(() => readFileSync(results, 'utf8'));
rmSync(folder, { recursive: true, force: true });
passed += count.passed;
failed += count.failed;
// vitest can fail without a failed test: an unhandled error, or not one test found.
if (count.failed === 0 && (!isGood || count.passed === 0)) failed += 1;

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
