import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../telemetry/logger.ts';

const run = promisify(execFile);
const ACCOUNT_NAME = 'loa-xa';
const LAST_RESORT = 'nobody';

/** An unprivileged system account that other programs run as when the controller itself is root. */
export interface ServiceAccount {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Finds the account (`loa-xa`, of the private servers, unless another is named), creating it when it is missing, else `nobody`.
 * Returns undefined when the controller isn't root: its children then simply run as the same user.
 */
export async function findServiceAccount(
  logger: Pick<Logger, 'debug' | 'warn'> | undefined,
  name = ACCOUNT_NAME,
): Promise<ServiceAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await lookUp(name);
  if (existing) return existing;
  try {
    await run('useradd', [
      ...['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'],
      ...['--shell', '/usr/sbin/nologin', name],
    ]);
  } catch (error) {
    // Another controller may have created it at the same moment; only the look-up below decides.
    logger?.debug({ error: errorText(error) }, 'useradd did not create the service account');
  }
  const created = await lookUp(name);
  if (created) return created;
  const nobody = await lookUp(LAST_RESORT);
  if (nobody) {
    logger?.warn({ account: LAST_RESORT, wanted: name }, 'a system account could not be created; what should run as it runs as nobody');
    return nobody;
  }
  throw new AppError({
    code: 'processes.no_account',
    status: 500,
    words: {
      vi: `Không tạo được tài khoản hệ thống "${name}" để chạy các chương trình phụ. Hãy chạy: useradd --system --user-group ${name}`,
      en: `The system account "${name}", under which other programs must run, could not be created. Run: useradd --system --user-group ${name}`,
    },
  });
}

/** Arguments that make `setpriv` start a program as this account, with none of root's groups. */
export function asAccountArguments(account: ServiceAccount | undefined): string[] {
  return account ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'] : [];
}

/**
 * Makes sure the account can pass through every folder above `path` (a database in /root/... would fail with a riddle).
 * @throws AppError naming the first closed folder and the remedy.
 */
export async function requirePassage(path: string, account: ServiceAccount | undefined): Promise<void> {
  if (!account || (await canPass(path, account))) return;
  const ancestors: string[] = [path];
  for (let folder = path; dirname(folder) !== folder; folder = dirname(folder)) ancestors.unshift(dirname(folder));
  for (const folder of ancestors) {
    if (await canPass(folder, account)) continue;
    throw new AppError({
      code: 'processes.folder_closed',
      status: 500,
      words: {
        vi: `Tài khoản "${account.name}" không đi qua được thư mục ${folder}. Hãy chạy "chmod o+x ${folder}" hoặc chọn thư mục dữ liệu khác bằng --data-dir.`,
        en: `The account "${account.name}" cannot pass through the folder ${folder}. Run "chmod o+x ${folder}" or choose another data directory with --data-dir.`,
      },
      details: { folder, account: account.name },
    });
  }
}

/** Whether the account can enter the folder (or run the file); asked of the kernel, so that ACLs and mounts count too. */
export async function canPass(path: string, account: ServiceAccount): Promise<boolean> {
  try {
    await run('setpriv', [...asAccountArguments(account), '--', 'test', '-x', path]);
    return true;
  } catch {
    return false;
  }
}

async function lookUp(name: string): Promise<ServiceAccount | undefined> {
  try {
    const { stdout } = await run('getent', ['passwd', name]);
    const [, , uid, gid] = stdout.split(':');
    return { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}
