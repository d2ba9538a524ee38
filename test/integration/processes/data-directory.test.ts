import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { type DataDirectory, type Finding, openDataDirectory } from '../../../controller/processes/index.ts';
import { startChildController } from '../../support/child-controller.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const NOBODY_UID = 65_534;

function open(path: string, smallestFreeBytes?: number): Promise<DataDirectory> {
  return openDataDirectory({ path, clock, logger, ...(smallestFreeBytes === undefined ? {} : { smallestFreeBytes }) });
}

function scratch(): string {
  const folder = makeScratchFolder('data');
  chmodSync(folder, 0o711);
  return folder;
}

describe('the data directory', () => {
  it('is made for the controller and its servers alone', async () => {
    const path = join(scratch(), 'deep', 'data');
    mkdirSync(join(path, '..'), { mode: 0o755 });
    const directory = await open(path);
    expect(statSync(path).mode & 0o777).toBe(0o750);
    expect(await directory.freeBytes()).toBeGreaterThan(0);
    await directory.close();
  });

  it('leaves the folders above open, so that its servers can pass through', async () => {
    const path = join(scratch(), 'new', 'data');
    await (await open(path)).close();
    expect(statSync(join(path, '..')).mode & 0o011).toBe(0o011);
  });

  it('takes a folder that is empty or was a controller’s before, also one restored without its lock file', async () => {
    const path = join(scratch(), 'data');
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    await (await open(path)).close();
    writeFileSync(join(path, 'anything'), '');
    await (await open(path)).close();
    rmSync(join(path, 'controller.lock'));
    mkdirSync(join(path, 'tls'));
    writeFileSync(join(path, 'tls/authority.pem'), '');
    await (await open(path)).close();
  });

  it('refuses somebody else’s folder in words, and leaves it as it was', async () => {
    const documents = join(scratch(), 'documents');
    mkdirSync(documents, { mode: 0o755 });
    writeFileSync(join(documents, 'letter.txt'), '');
    const shared = join(scratch(), 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    for (const path of [documents, shared]) {
      const before = statSync(path);
      const refusal = open(path);
      await expect(refusal).rejects.toMatchObject({ code: 'processes.data_directory_foreign' });
      await expect(refusal).rejects.toThrow(`--data-dir ${path}/loa-xa`);
      expect(statSync(path)).toMatchObject({ mode: before.mode, uid: before.uid, gid: before.gid });
      expect(existsSync(join(path, 'controller.lock'))).toBe(false);
    }
  });

  it('admits one controller, and says which one it is', async () => {
    const path = join(scratch(), 'data');
    const first = await open(path);
    const second = await startChildController({ dataDirectory: path, servers: false });
    expect(second.report.refused?.code).toBe('processes.already_running');
    expect(second.report.refused?.en).toContain(`process ${process.pid}, since 20`);
    await first.close();
    const third = await startChildController({ dataDirectory: path, servers: false });
    expect(third.report.refused).toBeUndefined();
    await expect(open(path)).rejects.toMatchObject({ code: 'processes.already_running', details: { pid: third.pid } });
    await third.kill();
    await (await open(path)).close();
  });

  it('is refused when it cannot be written', async () => {
    const path = join(scratch(), 'data');
    mkdirSync(path, { mode: 0o555 });
    if (process.getuid?.() === 0) chownSync(path, NOBODY_UID, NOBODY_UID);
    const { report } = await startChildController({ dataDirectory: path, servers: false, withoutRootPowers: true });
    expect(report.refused?.code).toBe('processes.data_directory_read_only');
    expect(report.refused?.en).toContain(path);
    expect(report.refused?.en).toContain('--data-dir');
  });

  it('is opened when the disk is nearly full, and says so', async () => {
    const directory = await open(join(scratch(), 'data'), Number.MAX_SAFE_INTEGER);
    const findings: Finding[] = [];
    directory.onFinding((finding) => findings.push(finding));
    expect(findings).toMatchObject([{ code: 'start.disk_nearly_full', en: expect.stringContaining('MB left') }]);
    await directory.close();
  });

  it('sets aside whatever stands where something else belongs, keeps it with its date, and says so', async () => {
    const path = join(scratch(), 'data');
    await (await open(path)).close();
    for (const folder of ['tls', 'journal', 'redis/appendonlydir', 'run/redis.sock']) mkdirSync(join(path, folder), { recursive: true });
    rmSync(join(path, 'controller.lock'));
    writeFileSync(join(path, 'tls/authority.pem'), 'never touched');
    const pipes = [
      'controller.lock',
      'tls/server.pem',
      'journal/unwritten.jsonl',
      'journal/refused.jsonl',
      'redis/appendonlydir/appendonly.aof.manifest',
    ];
    for (const pipe of pipes) execFileSync('mkfifo', [join(path, pipe)]);
    for (const folder of ['tls/ca.crt', 'first-login.txt', 'log/controller.log']) mkdirSync(join(path, folder), { recursive: true });
    for (const file of ['uploads', 'aired', 'masters']) writeFileSync(join(path, file), 'a file');
    symlinkSync('/nowhere', join(path, 'tmp'));
    const directory = await open(path);
    const findings: Finding[] = [];
    directory.onFinding((finding) => findings.push(finding));
    const wrong = ['controller.lock', 'redis.sock', 'server.pem', 'ca.crt', 'unwritten.jsonl', 'refused.jsonl', 'redis', 'first-login.txt'];
    const names = [...wrong, 'controller.log', 'uploads', 'aired', 'masters', 'tmp'];
    expect(findings.map(({ code, subject }) => `${code} ${subject}`).sort()).toEqual(names.map((name) => `start.set_aside ${name}`).sort());
    const kept = readdirSync(join(path, 'set-aside'));
    for (const name of names) expect(kept.filter((one) => /^\d{4}-\d\d-\d\dT/.test(one) && one.endsWith(`-${name}`))).toHaveLength(1);
    expect(readFileSync(join(path, 'tls/authority.pem'), 'utf8')).toBe('never touched');
    await directory.close();
    // Nothing is in the way any more.
    const again = await open(path);
    again.onFinding((finding) => expect.fail(finding.en));
    await again.close();
  });

  it('keeps only a few of what is set aside again and again', async () => {
    const path = join(scratch(), 'data');
    for (let round = 0; round < 8; round += 1) {
      const directory = await open(path);
      await directory.close();
      writeFileSync(join(path, 'uploads'), String(round));
    }
    expect(readdirSync(join(path, 'set-aside')).length).toBeLessThanOrEqual(5);
  });

  it('is refused when a file is in its way', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    await expect(open(file)).rejects.toMatchObject({ code: 'processes.data_directory_not_a_folder' });
    await expect(open(join(file, 'below'))).rejects.toMatchObject({ code: 'processes.data_directory_not_a_folder' });
  });
});
