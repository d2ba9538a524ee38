import { chmod, chown, open, stat } from 'node:fs/promises';
import { findServiceAccount, type ServiceAccount } from '../../processes/index.ts';

/** Not the account of PostgreSQL and Redis: what reads strangers' files must not reach the commune's data. */
const ACCOUNT_NAME = 'loa-xa-media';

let found: Promise<ServiceAccount | undefined> | undefined;

/** As whom ffmpeg and its kin run; undefined: as the controller itself, which then isn't root. Looked up once in a process' life. */
export function toolAccount(): Promise<ServiceAccount | undefined> {
  found ??= findServiceAccount(undefined, ACCOUNT_NAME).catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

/** Arguments of limited.sh that hand files to the program as /dev/fd/3 (to read) and /dev/fd/4 (to write). */
export async function handOver(
  files: { read?: string | undefined; write?: string | undefined },
  account: ServiceAccount | undefined,
): Promise<string[]> {
  if (files.read !== undefined) await letRead(files.read, account);
  if (files.write !== undefined) await makeWritable(files.write, account);
  return [
    ...(account ? [`--as=${account.uid}:${account.gid}`] : []),
    ...(files.read === undefined ? [] : [`--read=${files.read}`]),
    ...(files.write === undefined ? [] : [`--write=${files.write}`]),
  ];
}

/** What the program wrote is the controller's own again. */
export async function takeBack(path: string): Promise<void> {
  if (await toolAccount()) await chown(path, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
}

/** By its group, so that it can't be changed. Opening /dev/fd/N asks for the file's own permission, not its folders'. */
async function letRead(path: string, account: ServiceAccount | undefined): Promise<void> {
  if (!account) return;
  const { mode, uid } = await stat(path);
  if (mode & 0o004) return;
  await chown(path, uid, account.gid);
  await chmod(path, (mode & 0o777) | 0o040);
}

async function makeWritable(path: string, account: ServiceAccount | undefined): Promise<void> {
  const handle = await open(path, 'w', 0o640);
  try {
    if (account) await handle.chown(account.uid, account.gid);
  } finally {
    await handle.close();
  }
}
