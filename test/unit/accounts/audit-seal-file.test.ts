import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSealFile } from '../../../controller/accounts/audit-seal-file.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';

const STATE = { hash: 'a'.repeat(64), entries: 3, unkept: 0, lost: 0, breach: null };

describe('the seal of the audit trail on a disk without a free byte', () => {
  it.skipIf(noSmallDisk)('leaves the key that was there: a seal that somebody took away must not look like a first start', async () => {
    const disk = mountSmallDisk(1);
    try {
      for (const folder of ['tls', 'journal']) mkdirSync(join(disk.folder, folder), { mode: 0o700 });
      const key = 'b'.repeat(64);
      writeFileSync(join(disk.folder, 'tls', 'audit.key'), key, { mode: 0o400 });
      disk.fill();
      const seal = createSealFile(disk.folder);
      expect(await seal.open()).toEqual({ kind: 'no_seal' });
      await expect(seal.write(STATE)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(readFileSync(join(disk.folder, 'tls', 'audit.key'), 'utf8')).toBe(key);
    } finally {
      disk.close();
    }
  });

  it.skipIf(noSmallDisk)('makes key and seal together when there is room again, so that the next start finds both', async () => {
    const disk = mountSmallDisk(1);
    try {
      for (const folder of ['tls', 'journal']) mkdirSync(join(disk.folder, folder), { mode: 0o700 });
      const seal = createSealFile(disk.folder);
      expect(await seal.open()).toEqual({ kind: 'none' });
      disk.fill();
      await expect(seal.write(STATE)).rejects.toMatchObject({ code: 'ENOSPC' });
      disk.free();
      expect(await createSealFile(disk.folder).open()).toEqual({ kind: 'none' });
      rmSync(join(disk.folder, 'tls/audit.key'));
      await seal.write(STATE);
      expect(await createSealFile(disk.folder).open()).toEqual({ kind: 'sealed', state: STATE });
    } finally {
      disk.close();
    }
  });
});
