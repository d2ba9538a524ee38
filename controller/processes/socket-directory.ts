import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { ServiceAccount } from './service-account.ts';

/** `sun_path` of unix(7) has 108 bytes, one of which ends the string. */
export const LONGEST_SOCKET_PATH_BYTES = 107;
/** The longest socket name that we put inside: PostgreSQL's `.s.PGSQL.5432.lock`. */
const LONGEST_NAME_BYTES = Buffer.byteLength('/.s.PGSQL.5432.lock');

/**
 * Makes the folder (mode 0700, owned by the servers' account) that holds the private servers' unix sockets: `run` in the data directory,
 * or, when that path is too long for the kernel, a short one under /run or the temporary folder.
 * @throws AppError when somebody else owns the short folder.
 */
export async function makeSocketDirectory(dataDirectory: string, account: ServiceAccount | undefined): Promise<string> {
  const path = socketDirectoryPath(dataDirectory, account !== undefined);
  try {
    await mkdir(path, { mode: 0o700 });
    if (account) await chown(path, account.uid, account.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stats = await lstat(path);
  const ownUid = process.getuid?.() ?? -1;
  if (!stats.isDirectory() || (stats.uid !== ownUid && stats.uid !== account?.uid)) {
    throw new AppError({
      code: 'processes.socket_folder_taken',
      status: 500,
      words: {
        vi: `Thư mục ${path} thuộc về người dùng khác nên không thể dùng cho kết nối nội bộ. Hãy xoá thư mục đó.`,
        en: `The folder ${path} belongs to somebody else and can't hold the private sockets. Remove it.`,
      },
      details: { path },
    });
  }
  if (account && stats.uid !== account.uid) await chown(path, account.uid, account.gid);
  if ((stats.mode & 0o777) !== 0o700) await chmod(path, 0o700);
  return path;
}

/** Removes the folder when the last server has left it; the short one under /run would otherwise outlive its data directory. */
export async function leaveSocketDirectory(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    // The other server is still in it, or has removed it already.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Where the sockets of a data directory live; the same answer at every start. */
export function socketDirectoryPath(dataDirectory: string, isRoot: boolean): string {
  const inside = join(dataDirectory, 'run');
  if (Buffer.byteLength(inside) + LONGEST_NAME_BYTES <= LONGEST_SOCKET_PATH_BYTES) return inside;
  const key = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12);
  const owner = process.getuid?.() ?? 0;
  return isRoot ? `/run/loa-xa-${key}` : join(tmpdir(), `loa-xa-${owner}-${key}`);
}
