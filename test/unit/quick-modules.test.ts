import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = `
  import { createRequire } from 'node:module';
  await import('./controller/quick-modules.ts');
  const { eq, sql } = await import('drizzle-orm');
  const { drizzle } = await import('drizzle-orm/node-postgres');
  const files = Object.keys(createRequire(import.meta.url + '/x.js').cache).filter((file) => file.includes('/drizzle-orm/'));
  console.log(JSON.stringify({ files: files.length, all: [eq, sql, drizzle].map((one) => typeof one) }));
`;

it('Drizzle comes as CommonJS, and with all its names', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' },
  });
  const { files, all } = JSON.parse(stdout) as { files: number; all: string[] };
  expect(files).toBeGreaterThan(50);
  expect(all).toEqual(['function', 'function', 'function']);
});
