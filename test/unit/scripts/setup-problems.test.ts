import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { consoleProblem } from '../../../scripts/setup/console.mjs';
import { aptProblem, installPackages } from '../../../scripts/setup/debian-packages.mjs';
import { npmProblem } from '../../../scripts/setup/npm-dependencies.mjs';

const why = { vi: 'lý do', en: 'the reason' };

describe('what cannot be installed is said in one message with the remedy', () => {
  it('without root: the exact command, and nothing is tried', async () => {
    const attempt = installPackages({ names: ['ffmpeg', 'espeak-ng'], why, terminal: undefined, isRoot: false });
    await expect(attempt).rejects.toMatchObject({
      words: { en: expect.stringContaining('the reason'), vi: expect.stringContaining('lý do') },
      command: 'sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg espeak-ng',
    });
  });

  it('not a Debian system', async () => {
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    const attempt = installPackages({ names: ['ffmpeg'], why, terminal: undefined });
    await expect(attempt).rejects.toMatchObject({ words: { en: expect.stringContaining('not Debian') } });
    process.env.PATH = PATH;
  });

  it('nothing missing asks for nothing', async () => {
    await installPackages({ names: [], why, terminal: undefined, isRoot: false });
  });

  // The outputs are those of apt 2.6 on Debian 12.
  it.each([
    ['E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt-get)', 'Another program is installing'],
    [
      "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'",
      'Debian mirror',
    ],
    ['E: Unable to locate package ffmpeg', 'Debian mirror'],
    ["E: You don't have enough free space in /var/cache/apt/archives/.", 'disk is full'],
    ['E: Sub-process /usr/bin/dpkg returned an error code (1)', 'could not be installed'],
  ])('apt: %s', (line, words) => {
    const problem = aptProblem(['ffmpeg'], ['Reading package lists...', line]);
    expect(problem.words.en).toContain(words);
    expect(problem.details).toEqual([line]);
  });

  it('npm without its registry, from what npm really says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'loa-xa-npm-'));
    const args = [
      'pack',
      'left-pad@1.3.0',
      '--registry=http://127.0.0.1:9',
      '--fetch-retries=0',
      `--cache=${folder}`,
      `--pack-destination=${folder}`,
    ];
    const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(status).not.toBe(0);
    expect(npmProblem(stderr.split('\n'))).toMatchObject({
      words: { en: expect.stringContaining('npm registry cannot be reached') },
      command: expect.stringContaining('npm config set'),
    });
  });

  it.each([
    ['npm error code ENOSPC', 'disk is full'],
    ['npm error code EACCES', "can't be written"],
    ['npm error code EUSAGE', 'could not install the packages'],
  ])('npm: %s', (line, words) => {
    expect(npmProblem([line]).words.en).toContain(words);
  });

  it('npm, whatever it says: what to type next', () => {
    expect(npmProblem(['npm error code EUSAGE']).command).toContain('npm cache clean');
  });

  it('the console: what to do, with the build’s own words', () => {
    const lines = ['[vite] error', "Could not resolve './nothing.ts'"];
    expect(consoleProblem(lines)).toMatchObject({ details: lines, command: expect.stringContaining('git checkout -- web-console') });
    expect(consoleProblem(["Error: ENOSPC: no space left on device, write 'dist/x.js'"]).words.en).toContain('disk is full');
  });
});

it('the worker is built by a script that bash can read', () => {
  execFileSync('bash', ['-n', new URL('../../../scripts/mediasoup-worker/build.sh', import.meta.url).pathname]);
  execFileSync('sh', ['-n', new URL('../../../container/entrypoint.sh', import.meta.url).pathname]);
});
