import { basename, dirname } from 'node:path';
import { AppError } from '../errors.ts';
import { type CommuneFile, communeFile } from '../protocol/inventory.ts';
import { checkPart, readYamlFile } from './yaml-files.ts';

/**
 * A commune's places from its YAML file.
 * @throws AppError `commune.invalid` with every fault and its line
 */
export async function readCommuneFile(path: string): Promise<CommuneFile> {
  const read = await readYamlFile(dirname(path), basename(path));
  const checked = 'problems' in read ? read : checkPart(communeFile, read.file, [], read.file.value);
  if (!('problems' in checked)) return checked.part;
  throw new AppError({
    code: 'commune.invalid',
    status: 422,
    words: { vi: checked.problems.map((one) => one.vi).join('\n'), en: checked.problems.map((one) => one.en).join('\n') },
    details: { path },
  });
}
