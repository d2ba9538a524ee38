import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMasterLibrary } from '../../../controller/media/library/master-library.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

test('a twin that is deleted while a bulletin takes the same master leaves it there', async () => {
  const dataDir = makeScratchFolder('library');
  const library = createMasterLibrary({ dataDir });
  await library.start();
  const fresh = async (name: string): Promise<string> => {
    const path = join(await library.makeJobFolder(), name);
    await writeFile(path, 'the same sound');
    return path;
  };
  const { hash, path } = await library.commit(await fresh('first'));
  expect(await library.list()).toEqual([hash]);
  let isRecorded = false;
  let removing: Promise<void> | undefined;
  await library.commit(await fresh('second'), async () => {
    // The other bulletin goes now, between the file's arrival and the record of it.
    removing = library.remove(hash, async () => isRecorded);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    isRecorded = true;
  });
  await removing;
  await access(path);
  await library.remove(hash, async () => false);
  expect(await library.list()).toEqual([]);
});
