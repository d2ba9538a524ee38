import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FfmpegError } from '../../../controller/media/ffmpeg/ffmpeg-error.ts';
import { type LimitedRun, runLimited } from '../../../controller/media/ffmpeg/limited-run.ts';
import { reasonOf } from '../../../controller/media/ffmpeg/tool-end.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const LIMITS = { memoryBytes: 1024 ** 3, cpuSeconds: 20, fileBytes: 65_536, wallSeconds: 20 };
const IS_ROOT = process.getuid?.() === 0;
let folder: string;

const shell = (script: string, more: Partial<LimitedRun> = {}): Promise<string> =>
  runLimited({ program: 'sh', args: ['-c', script], limits: LIMITS, maxStdoutBytes: 65_536, ...more });
const reason = async (run: Promise<string>): Promise<string> =>
  run.then(
    (output) => `it ended well: ${output}`,
    (error: FfmpegError) => error.reason,
  );

beforeAll(() => {
  folder = makeScratchFolder('limited');
});
afterEach(() => vi.unstubAllEnvs());

describe('a program that reads what strangers sent', () => {
  test('knows nothing of the controller’s environment', async () => {
    vi.stubEnv('PGPASSWORD', 'secret');
    vi.stubEnv('DATABASE_URL', 'postgres://loa:secret@localhost/loa');
    const environment = await shell('', { program: 'cat', args: ['/proc/self/environ'] });
    const names = environment.split('\0').flatMap((pair) => pair.split('=')[0] || []);
    expect(new Set(names)).toEqual(new Set(['PATH', 'LC_ALL']));
  });

  test('stands behind the air: niceness, the weight of its session, and the disk', async () => {
    const stat = (await shell('cat /proc/self/stat')).trim();
    expect(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])).toBeGreaterThanOrEqual(10);
    expect(await shell('cat /proc/self/autogroup 2>/dev/null || echo "none nice 10"')).toMatch(/nice 10$/m);
    expect(await shell('ionice -p $$')).toContain('idle');
  });

  test.runIf(IS_ROOT)('is not root, has no groups and can gain nothing', async () => {
    const status = await shell('cat /proc/self/status');
    const [, uid = ''] = /Uid:\t(\d+)\t\1\t\1\t\1\n/.exec(status) ?? [];
    // Not the account of PostgreSQL and Redis either.
    expect(execFileSync('id', ['-nu', uid], { encoding: 'utf8' }).trim()).toBe('loa-xa-media');
    expect(status).toMatch(/Groups:\s*\n/);
    expect(status).toMatch(/CapEff:\t0+\n/);
    expect(status).toMatch(/NoNewPrivs:\t1\n/);
  });

  test('reads and writes only the files that are handed to it, wherever they lie', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const [source, target, other] = [join(closed, 'a b "c".upload'), join(closed, 'out'), join(closed, 'other')];
    await writeFile(source, 'âm thanh', { mode: 0o600 });
    await writeFile(other, 'của xã', { mode: 0o644 });
    const script = `cat /dev/fd/3 >/dev/fd/4; echo x 2>/dev/null >>/dev/fd/3 && echo changed; cat '${other}' 2>/dev/null`;
    expect(await shell(script, { read: source, write: target }).catch(() => '')).toBe(IS_ROOT ? '' : expect.anything());
    expect(await readFile(target, 'utf8')).toBe('âm thanh');
    expect(await readFile(source, 'utf8')).toBe(IS_ROOT ? 'âm thanh' : expect.anything());
    expect((await stat(target)).uid).toBe(process.getuid?.());
    await chmod(closed, 0o755);
  });
});

describe('why a program ended', () => {
  test('a limit is told from a kill', async () => {
    expect(await reason(shell('exec sleep 30', { limits: { ...LIMITS, wallSeconds: 1 } }))).toBe('limit');
    expect(await reason(shell('while :; do :; done', { limits: { ...LIMITS, cpuSeconds: 1 } }))).toBe('limit');
    expect(await reason(shell('head -c 1000000 /dev/zero >/dev/fd/4', { write: join(folder, 'big') }))).toMatch(/limit|failed/);
    expect(await reason(shell('head -c 1000000 /dev/zero'))).toBe('limit');
    expect(await reason(shell('kill -KILL $$'))).toBe('killed');
    expect(await reason(shell('kill -TERM $$'))).toBe('killed');
    expect(await reason(shell('exit 1'))).toBe('failed');
    expect(await reason(shell('', { program: 'no-such-program' }))).toBe('missing');
  });

  test('ffmpeg catches signals and says so', () => {
    const ended = (stderr: string) => reasonOf({ code: 255, signal: null, stderr });
    expect(ended('x\nExiting normally, received signal 15.')).toBe('killed');
    expect(ended('x\nExiting normally, received signal 24.\ny')).toBe('limit');
    expect(ended('    title           : Exiting normally, received signal 15.')).toBe('failed');
  });

  test('aborting ends it and gives the reason of the abort', async () => {
    const abort = new AbortController();
    const run = shell('exec sleep 30', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
  });
});
