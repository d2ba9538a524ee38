import { access, chmod, chown, mkdir, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import { AppError, type Words } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createDiskReserve, type DiskReserve } from './disk-reserve.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { clearTheWay } from './layout.ts';
import { findServiceAccount, requirePassage, type ServiceAccount } from './service-account.ts';
import { createSetAside, type SetAside } from './set-aside.ts';

/** Below this a database may not be able to recover from a crash. Tried all the same: what it can still play is worth more than an order on the disk. */
export const SMALLEST_FREE_SPACE_BYTES = 200 * 1024 * 1024;

/** Given up when there is less left than a database needs to recover: a start is worth more than the reserve. */
const START_RESERVE_BYTES = 48 * 1024 * 1024;
const SMALLEST_FOR_START_BYTES = 32 * 1024 * 1024;
/** Where PostgreSQL's folder is another disk: for locks and sockets on ours. */
const RUN_RESERVE_BYTES = 4 * 1024 * 1024;
/** Of emergencies: over an hour. */
const COPIES_RESERVE_BYTES = 16 * 1024 * 1024;
/** Minutes of an emergency. */
const COPIES_PIECE_BYTES = 1024 * 1024;

const LOCK_FILE = 'controller.lock';
/** What only a controller leaves in a folder; a copy restored from a backup may lack the first. */
const MARKS = [LOCK_FILE, 'tls/authority.pem'];
/** What a folder may hold and still count as empty: a new disk's own folder, and a write test that was killed. */
const NOTHING = /^(lost\+found|\.write-test-\d+)$/;
const STICKY = 0o1000;

export interface DataDirectory extends Pick<SetAside, 'setAside' | 'onFinding'> {
  /** Absolute path. */
  path: string;
  /** Who the private servers run as; undefined: as the controller's own user. */
  account: ServiceAccount | undefined;
  freeBytes(): Promise<number>;
  /** Room on a full disk; who watches the disk makes them. */
  reserves: { start: DiskReserve; run: DiskReserve; copies: DiskReserve };
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
 * Makes the folder that holds everything the commune must not lose (mode 0750), checks that it can be written, locks it for this process,
 * and sets aside what would be in the way. A disk that is nearly full is told and stops nothing.
 * @throws AppError `processes.data_directory_*` or `processes.already_running`, each with its remedy.
 */
export async function openDataDirectory(options: OpenDataDirectoryOptions): Promise<DataDirectory> {
  const path = resolve(options.path);
  const isNew = await makeFolder(path);
  if (!isNew) await requireOurs(path);
  const reserves = {
    // It is PostgreSQL that can't start without room, and its folder may be another disk.
    start: createDiskReserve({ path: join(path, 'postgres', 'reserve', 'start'), sizeBytes: START_RESERVE_BYTES }),
    run: createDiskReserve({ path: join(path, 'reserve', 'run'), sizeBytes: RUN_RESERVE_BYTES }),
    copies: createDiskReserve({
      ...{ path: join(path, 'reserve', 'copies'), sizeBytes: COPIES_RESERVE_BYTES, pieceBytes: COPIES_PIECE_BYTES },
    }),
  };
  await requireWritable(path);
  const freeBytes = (): Promise<number> => freeBytesOf(path);
  const { setAside, note, onFinding } = createSetAside({ dataDirectory: path, clock: options.clock, logger: options.logger });
  const lock = await takeInstanceLock({ path: join(path, LOCK_FILE), nowMs: options.clock.nowMs(), setAside });
  try {
    await clearTheWay(path, { setAside });
    const giveUp = async (reserve: DiskReserve, neededBytes: number, folder: string): Promise<void> => {
      const foundBytes = await freeBytesOf(folder).catch(freeBytes);
      if (foundBytes >= neededBytes || !(await reserve.giveUp())) return;
      options.logger.error({ folder }, 'the disk is full: its reserve is given up for the start');
    };
    await giveUp(reserves.start, SMALLEST_FOR_START_BYTES, join(path, 'postgres'));
    await giveUp(reserves.run, RUN_RESERVE_BYTES, path);
    const smallestBytes = options.smallestFreeBytes ?? SMALLEST_FREE_SPACE_BYTES;
    const foundBytes = await freeBytes();
    if (foundBytes < smallestBytes) {
      options.logger.error({ path, freeBytes: foundBytes, smallestBytes }, 'the disk is nearly full; starting all the same');
      note({ code: 'start.disk_nearly_full', ...wordsOfFull(path, foundBytes, smallestBytes) });
    }
    const account = await findServiceAccount(options.logger);
    // The servers' account must pass through to its own folders inside; it can list or change nothing else here.
    if (account) await chown(path, process.getuid?.() ?? 0, account.gid);
    await chmod(path, 0o750);
    await requirePassage(path, account);
    return { path, account, freeBytes, reserves, setAside, onFinding, close: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Makes a folder inside the data directory that only the private servers' account may read (mode 0700). */
export async function makePrivateFolder(path: string, account: ServiceAccount | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  if (account) await chown(path, account.uid, account.gid);
}

/** Whether it was made just now. The folders above it stay open: the private servers' account has to pass through them. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return (await mkdir(path, { recursive: true, mode: 0o750 })) !== undefined;
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Its mode and group are about to change: /tmp or somebody's documents would be closed to everybody else. */
async function requireOurs(path: string): Promise<void> {
  const { mode } = await stat(path);
  // A folder that everybody may write to is a shared one, also while it is empty.
  if ((mode & STICKY) !== 0) throw foreign(path);
  for (const mark of MARKS) if (await exists(join(path, mark))) return;
  const entries = await readdir(path).catch((error: unknown) => {
    throw unusable(path, error);
  });
  if (entries.some((name) => !NOTHING.test(name))) throw foreign(path);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function requireWritable(path: string): Promise<void> {
  const probe = join(path, `.write-test-${process.pid}`);
  try {
    await writeFile(probe, 'x', { flush: true });
  } catch (error) {
    if (!isFull(error)) throw unusable(path, error);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

function foreign(path: string): AppError {
  const inside = join(path, 'loa-xa');
  return new AppError({
    code: 'processes.data_directory_foreign',
    status: 500,
    words: {
      vi: `Thư mục ${path} đang chứa dữ liệu khác, không phải của Loa Xã, nên không được dùng làm thư mục dữ liệu: quyền truy cập của nó sẽ bị thay đổi. Hãy chọn một thư mục mới hoặc trống, ví dụ --data-dir ${inside}`,
      en: `The folder ${path} belongs to something else, so it is not taken as the data directory: its permissions would be changed. Choose a new or an empty folder, for example --data-dir ${inside}`,
    },
    details: { path },
  });
}

function unusable(path: string, cause: unknown): AppError {
  const { code } = cause as NodeJS.ErrnoException;
  if (isFull(cause)) return full(path, cause);
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

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Not even the folder itself could be made. */
function full(path: string, cause: unknown): AppError {
  return new AppError({
    code: 'processes.data_directory_full',
    status: 507,
    words: wordsOfFull(path, 0, SMALLEST_FREE_SPACE_BYTES),
    details: { path },
    cause,
  });
}

function wordsOfFull(path: string, freeBytes: number, smallestFreeBytes: number): Words {
  const freeMb = Math.floor(freeBytes / 1024 / 1024);
  const neededMb = Math.ceil(smallestFreeBytes / 1024 / 1024);
  return {
    vi: `Ổ đĩa chứa ${path} chỉ còn ${freeMb} MB; cần ít nhất ${neededMb} MB. Hãy giải phóng dung lượng, hoặc chọn thư mục ở ổ đĩa khác bằng --data-dir.`,
    en: `The disk of ${path} has only ${freeMb} MB left; at least ${neededMb} MB are needed. Free some space, or choose a folder on another disk with --data-dir.`,
  };
}
