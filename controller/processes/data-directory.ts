import { chmod, chown, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { findServiceAccount, requirePassage, type ServiceAccount } from './service-account.ts';

/** Below this a database can't even recover from a crash. */
export const SMALLEST_FREE_SPACE_BYTES = 200 * 1024 * 1024;

export interface DataDirectory {
  /** Absolute path. */
  path: string;
  /** Who the private servers run as; undefined: as the controller's own user. */
  account: ServiceAccount | undefined;
  freeBytes(): Promise<number>;
  /** Lets another controller use the folder. */
  close(): Promise<void>;
}

interface OpenDataDirectoryOptions {
  path: string;
  clock: Clock;
  logger: Logger;
  smallestFreeBytes?: number;
}

/**
 * Makes the folder that holds everything the commune must not lose (mode 0750), checks that it can be written and has space,
 * and locks it for this process.
 * @throws AppError `processes.data_directory_*` or `processes.already_running`, each with its remedy.
 */
export async function openDataDirectory(options: OpenDataDirectoryOptions): Promise<DataDirectory> {
  const path = resolve(options.path);
  await makeFolder(path);
  await requireWritable(path);
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  };
  await requireSpace(path, await freeBytes(), options.smallestFreeBytes ?? SMALLEST_FREE_SPACE_BYTES);
  const lock = await takeInstanceLock({ path: join(path, 'controller.lock'), nowMs: options.clock.nowMs() });
  try {
    const account = await findServiceAccount(options.logger);
    // The servers' account must pass through to its own folders inside; it can list or change nothing else here.
    if (account) await chown(path, process.getuid?.() ?? 0, account.gid);
    await chmod(path, 0o750);
    await requirePassage(path, account);
    return { path, account, freeBytes, close: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Makes a folder inside the data directory that only the private servers' account may read (mode 0700). */
export async function makePrivateFolder(path: string, account: ServiceAccount | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  if (account) await chown(path, account.uid, account.gid);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw unusable(path, error);
  }
}

async function requireWritable(path: string): Promise<void> {
  const probe = join(path, `.write-test-${process.pid}`);
  try {
    await writeFile(probe, 'x', { flush: true });
    await rm(probe);
  } catch (error) {
    throw unusable(path, error);
  }
}

async function requireSpace(path: string, freeBytes: number, smallestFreeBytes: number): Promise<void> {
  if (freeBytes < smallestFreeBytes) throw full(path, freeBytes, smallestFreeBytes);
}

function unusable(path: string, cause: unknown): AppError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return full(path, 0, SMALLEST_FREE_SPACE_BYTES, cause);
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new AppError({
      code: 'processes.data_directory_not_a_folder',
      status: 500,
      words: {
        vi: `${path} không phải là thư mục (hoặc nằm dưới một tập tin). Hãy chọn thư mục dữ liệu khác bằng --data-dir.`,
        en: `${path} is not a folder (or lies below a file). Choose another data directory with --data-dir.`,
      },
      details: { path },
      cause,
    });
  }
  return new AppError({
    code: 'processes.data_directory_read_only',
    status: 500,
    words: {
      vi: `Không ghi được vào thư mục dữ liệu ${path} (${code ?? 'lỗi'}). Hãy cấp quyền ghi cho người dùng đang chạy, hoặc chọn thư mục khác bằng --data-dir.`,
      en: `The data directory ${path} can't be written (${code ?? 'error'}). Give this user the right to write there, or choose another folder with --data-dir.`,
    },
    details: { path, reason: code },
    cause,
  });
}

function full(path: string, freeBytes: number, smallestFreeBytes: number, cause?: unknown): AppError {
  const freeMb = Math.floor(freeBytes / 1024 / 1024);
  const neededMb = Math.ceil(smallestFreeBytes / 1024 / 1024);
  return new AppError({
    code: 'processes.data_directory_full',
    status: 507,
    words: {
      vi: `Ổ đĩa chứa ${path} chỉ còn ${freeMb} MB; cần ít nhất ${neededMb} MB. Hãy giải phóng dung lượng, hoặc chọn thư mục ở ổ đĩa khác bằng --data-dir.`,
      en: `The disk of ${path} has only ${freeMb} MB left; at least ${neededMb} MB are needed. Free some space, or choose a folder on another disk with --data-dir.`,
    },
    details: { path, freeBytes, smallestFreeBytes },
    cause,
  });
}
