import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { createLocalJournal, type LocalJournal } from '../../../controller/store/index.ts';
import { mountHangingDisk, noHangingDisk } from '../../support/hanging-disk.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });

describe('the local journal', () => {
  const told: string[] = [];
  const opened = async (folder: string): Promise<LocalJournal> => {
    const journal = createLocalJournal({ folder, clock, logger, onCondition: ({ state }) => told.push(state) });
    await journal.start();
    return journal;
  };
  const fileIn = (folder: string): string => join(folder, 'unwritten.jsonl');
  /** Without the reserve behind it. */
  const contentIn = (folder: string): string => readFileSync(fileIn(folder), 'latin1').split('\0', 1)[0] ?? '';
  const kept = async (journal: LocalJournal, value: unknown): Promise<string> =>
    (await journal.append('thing', value, { isVital: true })) ?? expect.fail('not kept');

  it('gives the next run what nobody has settled, in order, and is private', async () => {
    const folder = join(makeScratchFolder('journal'), 'journal');
    const first = await opened(folder);
    const ids = await Promise.all([1, 2, 3, 4].map((n) => kept(first, { n })));
    await first.append('other', 'x', { isVital: false });
    first.settle([ids[1] ?? '']);
    // No goodbye: the run ends here, as by SIGKILL.
    const second = await opened(folder);
    // What was settled while others were not may come again.
    expect(second.left('thing').map(({ value }) => value)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
    expect(second.left('other').map(({ value }) => value)).toEqual(['x']);
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await second.close();
  });

  it('is emptied when the database has everything, and only then', async () => {
    const folder = makeScratchFolder('journal');
    const journal = await opened(folder);
    const [one, other] = [await kept(journal, 1), await kept(journal, 2)];
    journal.settle([one]);
    await kept(journal, 3).then((third) => journal.settle([third]));
    expect(contentIn(folder)).not.toBe('');
    journal.settle([other]);
    await until('it is empty', () => contentIn(folder) === '');
    await kept(journal, 4);
    await journal.close();
    const next = await opened(folder);
    expect(next.left('thing').map(({ value }) => value)).toEqual([4]);
    await next.close();
  });

  it('goes on behind a line that was cut off, and keeps a copy of what was damaged', async () => {
    const folder = makeScratchFolder('journal');
    const first = await opened(folder);
    await kept(first, 'whole');
    await first.close();
    writeFileSync(fileIn(folder), `${contentIn(folder)}nonsense\n12345678 {"id":"cut\0\0\0`);
    const second = await opened(folder);
    await kept(second, 'after');
    await second.close();
    const third = await opened(folder);
    expect(third.left('thing').map(({ value }) => value)).toEqual(['whole', 'after']);
    expect(readFileSync(`${fileIn(folder)}.damaged`, 'utf8')).toContain('nonsense');
    await third.close();
  });

  it('keeps nothing from starting where a folder or another file is in its place', async () => {
    told.length = 0;
    const folder = makeScratchFolder('journal');
    mkdirSync(fileIn(folder));
    const blocked = await opened(folder);
    expect(await blocked.append('thing', 1, { isVital: true })).toBeUndefined();
    expect(told).toEqual(['raised']);
    await blocked.close();
    const file = join(makeScratchFolder('journal'), 'file');
    writeFileSync(file, '');
    const inFile = await opened(file);
    expect(await inFile.append('thing', 1, { isVital: true })).toBeUndefined();
    await inFile.close();
  });

  it.skipIf(noSmallDisk)(`says that a full disk takes nothing, and takes it when there is room again ${noSmallDisk ?? ''}`, async () => {
    told.length = 0;
    const disk = mountSmallDisk(2);
    try {
      const journal = await opened(disk.folder);
      await kept(journal, 'before');
      disk.fill();
      // Whatever is left of its page is used up first.
      const big = 'x'.repeat(8192);
      expect(await journal.append('thing', big, { isVital: true })).toBeUndefined();
      expect(told).toEqual(['raised']);
      disk.free();
      await kept(journal, 'after');
      expect(told).toEqual(['raised', 'cleared']);
      const next = await opened(disk.folder);
      expect(next.left('thing').map(({ value }) => value)).toEqual(['before', 'after']);
      await next.close();
      await journal.close();
    } finally {
      disk.close();
    }
  });

  it.skipIf(noSmallDisk)(`takes as much as ever when not one byte is free, for the next run, too ${noSmallDisk ?? ''}`, async () => {
    told.length = 0;
    const disk = mountSmallDisk(120);
    try {
      const journal = await opened(disk.folder);
      await until('its reserve is made', () => statSync(fileIn(disk.folder)).size === 16 * 1024 * 1024);
      disk.fill();
      const ids: string[] = [];
      for (let n = 0; n < 12; n++) ids.push(await kept(journal, { n, text: 'x'.repeat(1024 * 1024) }));
      // What the database has is forgotten, and its room is there for what comes.
      journal.settle(ids);
      await until('it is emptied', () => contentIn(disk.folder) === '');
      // Others take whatever room there is, at once.
      disk.fill();
      for (let n = 0; n < 12; n++) await kept(journal, { n, text: 'y'.repeat(1024 * 1024) });
      expect(told).toEqual([]);
      // Killed: the next run finds all of it, on a disk that is still full.
      const next = await opened(disk.folder);
      expect(next.left('thing').map(({ value }) => (value as { n: number }).n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      await next.close();
      await journal.close();
    } finally {
      disk.close();
    }
  });

  it.skipIf(noHangingDisk)(
    `waits for a disk that hangs no longer than a few seconds when it is closed ${noHangingDisk ?? ''}`,
    async () => {
      const disk = mountHangingDisk();
      try {
        const journal = await opened(disk.folder);
        await kept(journal, 'before');
        disk.hang();
        expect(await journal.append('thing', 'never', { isVital: true })).toBeUndefined();
        await journal.close();
      } finally {
        disk.close();
      }
    },
  );

  it('leaves half of itself to what is vital', async () => {
    const journal = await opened(makeScratchFolder('journal'));
    const megabyte = 'x'.repeat(1024 * 1024);
    let useful = 0;
    while ((await journal.append('useful', megabyte, { isVital: false })) !== undefined) useful++;
    expect(useful).toBeGreaterThanOrEqual(6);
    expect(useful).toBeLessThanOrEqual(8);
    await kept(journal, 'vital');
    await journal.close();
  });
});
