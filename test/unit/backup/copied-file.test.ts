import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyFile } from '../../../controller/backup/copied-file.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

describe('the copy of a file in a backup', () => {
  it('leaves out the zeros at its end where they only keep room, and no others', async () => {
    const from = makeScratchFolder('backup-from');
    const to = makeScratchFolder('backup-to');
    // Over several reads of the stream, with zeros in between as a damaged file has them.
    const lines = Buffer.concat([Buffer.from('first\n'), Buffer.alloc(300_000), Buffer.from('last\n')]);
    writeFileSync(join(from, 'journal'), Buffer.concat([lines, Buffer.alloc(2_000_000)]));
    writeFileSync(join(from, 'empty'), Buffer.alloc(1_000_000));
    expect(await copyFile(from, to, 'journal', { withoutReserve: true })).toMatchObject({ sizeBytes: lines.length });
    expect(readFileSync(join(to, 'journal')).equals(lines)).toBe(true);
    expect(await copyFile(from, to, 'empty', { withoutReserve: true })).toMatchObject({ sizeBytes: 0 });
    const whole = makeScratchFolder('backup-whole');
    await copyFile(from, whole, 'journal');
    expect(statSync(join(whole, 'journal')).size).toBe(lines.length + 2_000_000);
  });
});
