import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { makeScratchFolder } from './scratch-folder.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Builds the console as it is served, into a folder that goes with the test process; returns the folder. */
export function buildConsole(): string {
  const distDir = makeScratchFolder('console');
  // A process of its own: in a test's, NODE_ENV is "test", and React would be built with its checks.
  const vite = path.join(root, 'node_modules/vite/bin/vite.js');
  execFileSync(
    process.execPath,
    [vite, 'build', path.join(root, 'web-console'), '--outDir', distDir, '--emptyOutDir', '--logLevel', 'error'],
    {
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: 'inherit',
    },
  );
  return distDir;
}
