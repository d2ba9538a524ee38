import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { createUploads } from '../../../controller/programmes/uploads.ts';
import { DiskLane, peoplesFiles } from '../../../controller/store/index.ts';
import { hangReaders } from '../../support/hanging-disk.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

let folder: string;
let sound: string;

beforeEach(async () => {
  folder = makeScratchFolder('disk-lane');
  sound = join(folder, 'sound');
  await writeFile(sound, '0123456789');
});

describe('what people fetch', () => {
  it('comes as from the file itself, whole and in part', async () => {
    const lane = new DiskLane(1);
    const all = Array.from({ length: 20 }, () => text(lane.readFrom(sound)));
    expect(await text(lane.readFrom(sound, { start: 2, end: 4 }))).toBe('234');
    expect(new Set(await Promise.all(all))).toEqual(new Set(['0123456789']));
    await expect(text(lane.readFrom(join(folder, 'nothing')))).rejects.toThrow('ENOENT');
    expect(await lane.run(async () => 'free again')).toBe('free again');
  });

  it('keeps no more threads than its own on a disk that hangs, and all of it comes when the disk is back', async () => {
    // One of the four that a process has here is enough for everything else.
    const lane = new DiskLane(3);
    await writeFile(join(folder, 'other'), 'nobody’s');
    const release = hangReaders(sound);
    const fetched = Array.from({ length: 40 }, () => text(lane.readFrom(sound)));
    const gone = lane.readFrom(sound);
    gone.destroy();
    expect(await readFile(join(folder, 'other'), 'utf8')).toBe('nobody’s');
    release();
    await Promise.all(fetched);
    expect(await text(lane.readFrom(sound))).toBe('0123456789');
  });

  it('is refused in words when too many wait already', async () => {
    const lane = new DiskLane(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = Array.from({ length: 300 }, () => lane.run(() => promise));
    expect(() => lane.requireAnswer()).toThrow(expect.objectContaining({ code: 'store.disk_silent', status: 503 }));
    resolve();
    await Promise.all(waiting);
    expect(() => lane.requireAnswer()).not.toThrow();
  });
});

it('what people send stands in the same queue, step by step', async () => {
  const uploads = createUploads({ dataDir: folder, maxFileBytes: 1_000_000, reserveBytes: 0 });
  await uploads.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  const blocked = Array.from({ length: 6 }, () => peoplesFiles.run(() => promise));
  let isStored = false;
  const sent = uploads.receive('0'.repeat(36), { stream: Readable.from([Buffer.from('âm thanh')]), sizeBytes: 10 }).then((path) => {
    isStored = true;
    return path;
  });
  await readFile(sound);
  expect(isStored).toBe(false);
  resolve();
  expect(await readFile(join(folder, await sent), 'utf8')).toBe('âm thanh');
  await Promise.all(blocked);
});
