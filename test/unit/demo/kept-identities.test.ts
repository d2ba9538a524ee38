import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepUsableIdentities } from '../../../controller/demo/kept-identities.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const HERE = { controlUrl: 'wss://192.0.2.1:8444/speaker/v1', caPem: 'ours' };

it('only identities that lead to this controller are kept; the others’ speakers have to enrol again', () => {
  const directory = makeScratchFolder('identities');
  const keep = (speakerId: string, identity?: object | string): string => {
    mkdirSync(join(directory, speakerId));
    const file = join(directory, speakerId, 'identity.json');
    if (identity) writeFileSync(file, typeof identity === 'string' ? identity : JSON.stringify(identity));
    return file;
  };
  writeFileSync(join(directory, 'hamlets.json'), '{}');
  const good = keep('SIM-0001', HERE);
  const stale = [
    keep('SIM-0002', { ...HERE, controlUrl: 'wss://192.0.2.1:18444/speaker/v1' }),
    keep('SIM-0003', { ...HERE, caPem: 'of another data directory' }),
    keep('SIM-0004', '{"controlUrl":'),
    keep('SIM-0005', HERE),
  ];
  // Killed in its first enrolment: the database knows it, and it has saved nothing.
  keep('SIM-0006');
  const usable = keepUsableIdentities(directory, { ...HERE, isInService: (speakerId) => speakerId !== 'SIM-0005' });
  expect([...usable]).toEqual(['SIM-0001']);
  expect(existsSync(good)).toBe(true);
  expect(stale.filter((file) => existsSync(file))).toEqual([]);
});

it('a first start has none', () => {
  expect(keepUsableIdentities(join(makeScratchFolder('identities'), 'none'), { ...HERE, isInService: () => true }).size).toBe(0);
});
