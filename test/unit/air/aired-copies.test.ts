import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AiredCopyRow, type AiredCopyStore, createAiredCopies } from '../../../controller/air/index.ts';
import { SystemClock, TestClock } from '../../../controller/clock.ts';
import type { AppEvents } from '../../../controller/events.ts';
import { readOggOpus } from '../../../controller/media/index.ts';
import { createDiskReserve, type DiskReserve } from '../../../controller/processes/index.ts';
import { mountHangingDisk, noHangingDisk } from '../../support/hanging-disk.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
let folder: string;
let conditions: AppEvents['system.condition'][];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loa-xa-test-copies-'));
  conditions = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  row: AiredCopyRow;
  endsAtMs: number;
  sizeBytes: number;
  sha256: string;
}

function shelf(options: { unfinished?: AiredCopyRow[]; dataDir?: string; isDiskLow?: () => boolean; reserve?: DiskReserve } = {}) {
  const begun: AiredCopyRow[] = [];
  const ended: Ended[] = [];
  const store: AiredCopyStore = {
    begun: async (row) => void begun.push({ ...row }),
    ended: async (row, facts) => void ended.push({ row: { ...row }, ...facts }),
    unfinished: async () => options.unfinished ?? [],
    known: async (paths) => new Set(paths.filter((path) => options.unfinished?.some((row) => row.path === path))),
    close: async () => undefined,
  };
  const copies = createAiredCopies({
    dataDir: options.dataDir ?? folder,
    store,
    clock,
    logger: pino({ level: 'silent' }),
    onCondition: (condition) => conditions.push(condition),
    ...(options.isDiskLow ? { isDiskLow: options.isDiskLow } : {}),
    ...(options.reserve ? { reserve: options.reserve } : {}),
  });
  return { copies, begun, ended };
}

const AT_MS = Date.UTC(2026, 9, 10, 5);

describe('aired copies', () => {
  it.skipIf(noSmallDisk)(`of an emergency have a reserve on a full disk; others wait for room ${noSmallDisk ?? ''}`, async () => {
    const disk = mountSmallDisk(160);
    try {
      const sizeBytes = 16 * 1024 * 1024;
      const reserve = createDiskReserve({ path: join(disk.folder, 'reserve', 'copies'), sizeBytes, pieceBytes: 1024 * 1024 });
      const leftBytes = (): number => statSync(join(disk.folder, 'reserve/copies')).size;
      await reserve.make();
      const { copies, ended } = shelf({ dataDir: disk.folder, reserve, isDiskLow: () => true });
      // Two seconds of it are written before the disk is full.
      const begun = copies.begin('begun', AT_MS, { isEmergency: true });
      const big = Buffer.concat([Buffer.from([0xf8]), Buffer.alloc(1000, 0x55)]);
      for (let i = 0; i < 100; i++) begun.write(big);
      await until('its file is there', () => existsSync(join(disk.folder, 'aired/2026/10/10/begun-1.opus')));
      disk.fill();
      for (let i = 0; i < 300; i++) begun.write(big);
      await until('it is written with a piece of the reserve', () => leftBytes() < sizeBytes);
      // Whatever else waits for room takes what is left of that piece.
      disk.fill();
      for (let i = 0; i < 100; i++) begun.write(big);
      const ordinary = copies.begin('ordinary', AT_MS);
      ordinary.write(big);
      await ordinary.close(AT_MS + 20);
      const other = copies.begin('other', AT_MS, { isEmergency: true });
      for (let i = 0; i < 50; i++) other.write(big);
      await Promise.all([begun.close(AT_MS + 10_000), other.close(AT_MS + 1000)]);
      expect(ended.map(({ row }) => row.broadcastId).toSorted()).toEqual(['begun', 'other']);
      expect(conditions.filter(({ state }) => state === 'raised')).toEqual([]);
      const file = await readOggOpus(join(disk.folder, 'aired/2026/10/10/begun-1.opus'));
      expect(file.totalSamples).toBe(500 * 960);
      await file.close();
      expect(leftBytes()).toBeGreaterThan(sizeBytes / 2);
      disk.free();
      await reserve.make();
      expect(leftBytes()).toBe(sizeBytes);
    } finally {
      disk.close();
    }
  });

  it('are numbered by run and as long as what was aired, gaps included', async () => {
    const { copies, ended } = shelf();
    for (let run = 0; run < 2; run++) {
      const copy = copies.begin('b-1', AT_MS);
      for (let i = 0; i < 100; i++) copy.write(SILENCE);
      copy.gap(505);
      for (let i = 0; i < 10; i++) copy.write(SILENCE);
      await copy.close(AT_MS + 2700);
    }
    expect(await readdir(join(folder, 'aired/2026/10/10'))).toEqual(['b-1-1.opus', 'b-1-2.opus']);
    const file = await readOggOpus(join(folder, ended[1]?.row.path ?? ''));
    expect(file.durationSamples / 48).toBe(100 * 20 + 500 + 10 * 20);
    await file.close();
  });

  it('are whole up to two seconds before a crash, and closed at the next start', async () => {
    const { copies, begun } = shelf();
    const copy = copies.begin('b-1', AT_MS);
    for (let i = 0; i < 500; i++) copy.write(SILENCE);
    await until('the row', () => begun.length === 1);
    await clock.sleep(50);
    // The process dies here: nothing is closed. What is on disk is all there is.
    const next = shelf({ unfinished: begun });
    await next.copies.start();
    expect(next.ended).toHaveLength(1);
    const keptMs = (next.ended[0]?.endsAtMs ?? 0) - AT_MS;
    expect(keptMs).toBeGreaterThanOrEqual(8000);
    expect(keptMs).toBeLessThanOrEqual(10_000);
    await copies.close();
  });

  it('that cannot be recovered do not stop the start', async () => {
    const row: AiredCopyRow = { id: 'x', broadcastId: 'b', path: 'broken.opus', startsAtMs: AT_MS };
    await writeFile(join(folder, row.path), 'no Ogg');
    const { copies, ended } = shelf({ unfinished: [row, { ...row, path: 'missing.opus' }] });
    await copies.start();
    expect(ended).toEqual([]);
  });

  it.skipIf(noHangingDisk)(
    'on a disk that hangs hold one thread each, say so, and are whole when it is back',
    async () => {
      const disk = mountHangingDisk();
      try {
        const { copies, ended } = shelf({ dataDir: disk.folder });
        const begun = copies.begin('b-1', AT_MS);
        begun.write(SILENCE);
        await until('the first copy is open', () => existsSync(join(disk.folder, 'aired/2026/10/10/b-1-1.opus')));
        disk.hang();
        const waiting = Array.from({ length: 5 }, (_, n) => copies.begin(`c-${n}`, AT_MS));
        for (const copy of [begun, ...waiting]) for (let i = 0; i < 200; i++) copy.write(SILENCE);
        await until('the condition', () => conditions.length > 0, 30_000);
        expect(conditions.map(({ code, state }) => ({ code, state }))).toEqual([{ code: 'air.copy_failed', state: 'raised' }]);
        // Node has four threads for files: with two held, a reading on another disk goes on.
        expect(await readFile('/proc/self/comm', 'utf8')).not.toBe('');
        disk.answer();
        await until('it is said to be over', () => conditions.at(-1)?.state === 'cleared');
        for (const copy of [begun, ...waiting]) await copy.close(AT_MS + 4000);
        expect(ended).toHaveLength(6);
        for (const { row } of ended) {
          const file = await readOggOpus(join(disk.folder, row.path));
          expect(file.durationSamples / 48).toBe(row.broadcastId === 'b-1' ? 201 * 20 : 200 * 20);
          await file.close();
        }
      } finally {
        disk.close();
      }
    },
    60_000,
  );

  it('never fail the air: what goes wrong is said once, and taken back when copies work again', async () => {
    await writeFile(join(folder, 'aired'), 'a file where the folder should be');
    const { copies } = shelf();
    for (let i = 0; i < 2; i++) {
      const copy = copies.begin('b-1', AT_MS);
      copy.write(SILENCE);
      await copy.close(AT_MS);
    }
    expect(conditions.map((condition) => condition.state)).toEqual(['raised']);
    await rm(join(folder, 'aired'));
    const copy = copies.begin('b-1', AT_MS);
    copy.write(SILENCE);
    await copy.close(AT_MS);
    expect(conditions.map((condition) => condition.state)).toEqual(['raised', 'cleared']);
  });

  it('are closed once: while their row waits for a slow store, nothing is said of the disk', async () => {
    const time = new TestClock(AT_MS);
    const asked = Promise.withResolvers<void>();
    const stored = Promise.withResolvers<void>();
    const ended = () => {
      asked.resolve();
      return stored.promise;
    };
    const copies = createAiredCopies({
      dataDir: folder,
      store: {
        begun: async () => undefined,
        ended,
        unfinished: async () => [],
        known: async () => new Set<string>(),
        close: async () => undefined,
      },
      clock: time,
      logger: pino({ level: 'silent' }),
      onCondition: (condition) => conditions.push(condition),
    });
    const copy = copies.begin('b-1', AT_MS);
    copy.write(SILENCE);
    const closing = copy.close(AT_MS);
    await asked.promise;
    // The stop and the air's last packet may cross.
    copy.write(SILENCE);
    await time.advance(10_000);
    stored.resolve();
    await closing;
    expect(conditions).toEqual([]);
  });
});
