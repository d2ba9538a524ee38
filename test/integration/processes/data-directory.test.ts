import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
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
