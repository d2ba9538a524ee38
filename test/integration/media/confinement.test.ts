import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Confinement } from '../../../controller/media/ffmpeg/confinement.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const run = promisify(execFile);
const PROJECT = resolve(import.meta.dirname, '../../..');
const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;
const canBind = !IS_ROOT || works('unshare', ['--mount', 'true']);

interface Report {
  uid: number;
  confinement: Confinement;
  conditions: string[];
  wanted: Record<string, string>;
  needed: Record<string, string>;
}

let folder: string;
let recording: string;

function works(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** As nobody, who may pass through no folder of root's: the project is seen below the scratch folder. */
async function asNobody(name: string, path = process.env.PATH): Promise<Report> {
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { mode: 0o700 });
  const script = 'test/support/media-as-nobody.ts';
  const args = [dataDir, recording];
  const env = { PATH: path, NODE_NO_WARNINGS: '1' };
  if (!IS_ROOT) return JSON.parse((await run(process.execPath, [join(PROJECT, script), ...args], { env })).stdout);
  chownSync(dataDir, NOBODY, NOBODY);
  const project = join(folder, `project-${name}`);
  mkdirSync(project);
  const bound = ['/bin/sh', '-c', '/bin/mount --bind "$0" "$1" && cd "$1" && shift && exec "$@"', PROJECT, project];
  const command = ['--mount', ...bound, process.execPath, join(project, script), ...args];
  return JSON.parse((await run('/usr/bin/unshare', command, { env })).stdout);
}

describe.skipIf(!canBind)('where the controller is not root', { timeout: 180_000 }, () => {
  let report: Report;

  beforeAll(async () => {
    folder = makeScratchFolder('confinement');
    chmodSync(folder, 0o755);
    recording = join(folder, 'speech.wav');
    execFileSync('espeak-ng', ['-v', 'vi', '-w', recording, 'Kính thưa bà con, hôm nay trời mưa.']);
    report = await asNobody('confined');
  }, 180_000);

  test('a file that takes ffmpeg over reads no key, reaches no database and no network, and leaves the controller alone', () => {
    expect(report.uid).not.toBe(0);
    const { namespace, landlock } = report.confinement;
    // A machine that has neither says so (below); nothing else can be asked of it.
    if (namespace && landlock)
      expect(report.wanted).toEqual(Object.fromEntries(Object.keys(report.wanted).map((name) => [name, expect.stringMatching(/^no: /)])));
    else if (namespace || landlock) expect(report.wanted['a key, by a program']).toMatch(/^no: /);
    expect(report.conditions).toEqual(namespace || landlock ? [] : ['media.unconfined']);
  });

  test('recordings, spoken texts and relays work as ever', () => {
    expect(report.needed).toEqual({ 'a recording becomes a master': 'done', 'a text is spoken': 'done', 'a relay is heard': 'done' });
  });

  test.each([
    ['namespaces', 'unshare'],
    ['Landlock', 'perl'],
  ])('without %s, what is left keeps the keys', async (_, missing) => {
    const { confinement, wanted, needed } = await asNobody(`without-${missing}`, pathWithout(missing));
    expect(confinement[missing === 'perl' ? 'landlock' : 'namespace']).toBe(false);
    if (!confinement.landlock && !confinement.namespace) return;
    for (const [name, outcome] of Object.entries(wanted)) if (name.includes('key')) expect(outcome, name).toMatch(/^no: /);
    expect(Object.values(needed)).toEqual(['done', 'done', 'done']);
  });

  test('and with nothing left it is said, and people work on', async () => {
    const { conditions, wanted, needed } = await asNobody('open', pathWithout('perl', 'unshare'));
    // Which shows that the attempts above are good ones.
    for (const name of ['a key, by a program', 'a key, by ffmpeg and a list that was let through']) expect(wanted[name]).toBe('done');
    expect(conditions).toEqual(['media.unconfined']);
    expect(Object.values(needed)).toEqual(['done', 'done', 'done']);
  });
});

/** All that the slice starts, but for these. */
function pathWithout(...missing: string[]): string {
  const bin = join(folder, `bin-without-${missing.join('-')}`);
  mkdirSync(bin);
  const programs = 'sh cat head env ionice nice setpriv setsid timeout unshare mount perl test ls umount ffmpeg ffprobe espeak-ng'.split(
    ' ',
  );
  for (const program of programs) {
    if (missing.includes(program)) continue;
    const found = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    if (found.startsWith('/')) symlinkSync(found, join(bin, program));
  }
  return bin;
}
