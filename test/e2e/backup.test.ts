import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { ADMINISTRATOR, CommuneProcess } from '../support/commune-process.ts';
import { until } from '../support/until.ts';

const COMMAND = path.resolve(import.meta.dirname, '../../controller/backup-command.ts');
const run = promisify(execFile);

/** One after the other: what is backed up from a commune on the air is restored into an empty folder, and the commune goes on from there. */
describe('backup and restore', () => {
  const commune = new CommuneProcess({ hamlets: 1, clustersPerHamlet: 2 });
  const place = path.join(path.dirname(commune.dataDir), 'backups');
  let bulletin: Bulletin;
  let folder = '';
  let keysFolder = '';

  const command = (...args: string[]) =>
    run(process.execPath, [COMMAND, ...args, '--data-dir', commune.dataDir], {
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', LOA_XA_LANGUAGE: 'en' },
    });
  const restore = () => command('restore', '--from', folder);

  beforeAll(async () => {
    await commune.start();
    bulletin = await commune.bulletinFromText('Lũ', 'Nước lũ đang lên nhanh, bà con di dời ngay.', 'emergency');
    await commune.api.expect('POST', '/api/schedules', {
      ...{ id: 'sang', name: 'Bản tin sáng', dailyTimes: ['05:00'], targets: { everything: true } },
      content: { kind: 'bulletin', bulletinId: bulletin.bulletinId },
    });
    await commune.startSimulator({ network: 'lan' });
  }, 180_000);
  afterAll(() => commune.close());

  it('a backup of a commune that runs has all pieces with their hashes, and the keys apart', async () => {
    const { stdout } = await command('backup', '--to', place);
    const [plain = '', keys = ''] = readdirSync(place).sort();
    folder = path.join(place, plain);
    keysFolder = path.join(place, keys);
    expect(keysFolder).toBe(`${folder}-keys`);
    expect(stdout).toContain(keysFolder);
    expect(statSync(keysFolder).mode & 0o777).toBe(0o700);
    const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.tables.find(({ table }: { table: string }) => table === 'speakers').rows).toBe(2);
    expect(manifest.files.some((file: { path: string }) => file.path.startsWith('masters/'))).toBe(true);
    expect(readFileSync(path.join(keysFolder, 'tls/authority.pem'), 'utf8')).toContain('PRIVATE KEY');
    // No key, and nobody's log-in, is beside the sound.
    const { stdout: found } = await run('grep', ['-rlE', 'PRIVATE KEY', folder]).catch((error: { stdout: string }) => error);
    expect(found).toBe('');
    expect(existsSync(path.join(folder, 'database/sessions.jsonl.gz'))).toBe(false);
  });

  it('is never restored over anything, nor from what is not whole', async () => {
    await expect(restore()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
    await commune.killController();
    renameSync(commune.dataDir, `${commune.dataDir}-lost`);
    const part = path.join(folder, 'database/speakers.jsonl.gz');
    const whole = readFileSync(part);
    appendFileSync(part, 'x');
    await expect(restore()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('is not whole') });
    rmSync(part);
    await expect(restore()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
    expect(existsSync(commune.dataDir)).toBe(false);
    writeFileSync(part, whole);
  });

  it('gives the commune back: people, bulletins, schedules, and poles that come without a new claim', async () => {
    mkdirSync(commune.dataDir);
    await restore();
    await commune.startController();
    await commune.api.signIn(ADMINISTRATOR.username, ADMINISTRATOR.password);
    const { schedules } = await commune.api.expect<{ schedules: { definition: { id: string } }[] }>('GET', '/api/schedules');
    expect(schedules.map(({ definition }) => definition.id)).toContain('sang');
    const { speakers } = await commune.api.expect<{ speakers: { standing: string }[] }>('GET', '/api/speakers');
    expect(speakers.map(({ standing }) => standing)).toEqual(['in_service', 'in_service']);
    const isBack = async () => {
      const now = await commune.api.expect<{ speakers: { live: { rung: string } }[] }>('GET', '/api/speakers');
      return now.speakers.every(({ live }) => live.rung === 'receiving');
    };
    await until('the poles are back', isBack, 60_000, 250);
    // The chain of the audit trail goes on where it was.
    expect((await commune.api.expect<{ intact: boolean }>('GET', '/api/audit/verify')).intact).toBe(true);
    await commune.api.startBroadcast({
      ...{ title: 'Lũ', class: 'emergency', content: { kind: 'bulletin', bulletinId: bulletin.bulletinId, repeat: 1, pauseMs: 0 } },
    });
    await until('every horn sounds', () => commune.simulatorStatus.hearing === commune.clusterIds.length, 60_000);
  });
});
