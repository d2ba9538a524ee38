import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { type DataDirectory, openDataDirectory } from '../../../controller/processes/index.ts';
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

  it('is refused when the disk is nearly full', async () => {
    await expect(open(join(scratch(), 'data'), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'processes.data_directory_full',
      status: 507,
    });
  });

  it('is refused when a file is in its way', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    await expect(open(file)).rejects.toMatchObject({ code: 'processes.data_directory_not_a_folder' });
    await expect(open(join(file, 'below'))).rejects.toMatchObject({ code: 'processes.data_directory_not_a_folder' });
  });
});
