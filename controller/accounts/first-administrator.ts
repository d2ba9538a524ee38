import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Database } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { writeFileAtomically } from '../tls/index.ts';
import type { Audit } from './audit.ts';
import type { PasswordHashing } from './password-hashing.ts';
import { makeTemporaryPassword } from './temporary-password.ts';
import { insertUser, listUsers } from './user-store.ts';

export interface FirstLogIn {
  username: string;
  password: string;
  /** Where it can be read again (mode 0600) until it is changed. */
  file: string;
}

/** Exists as long as the first password opens something. */
export function firstLogInFile(dataDir: string): string {
  return join(dataDir, 'first-login.txt');
}

/** The password of this account was changed: if it is the first one, a file that names the old one only misleads. */
export async function forgetFirstLogIn(file: string, username: string, logger: Logger): Promise<void> {
  try {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.split('\n', 1)[0] === username) await rm(file, { force: true });
  } catch (error) {
    logger.warn({ file, error: errorText(error) }, 'the first log-in’s file could not be removed; its password is not valid any more');
  }
}

interface Options {
  db: Database;
  audit: Audit;
  hashing: PasswordHashing;
  clock: Clock;
  logger: Logger;
  dataDir: string;
  username: string;
}

/** Nobody ever ships with a known password: the first one is random, and must be changed at the first log-in. */
export async function makeFirstAdministrator(options: Options): Promise<FirstLogIn | undefined> {
  const { db, hashing, clock, username } = options;
  const file = firstLogInFile(options.dataDir);
  const users = await listUsers(db);
  if (users.length > 0) {
    // Killed between the change and the removal, or restored from a backup.
    for (const user of users) if (!user.mustChangePassword) await forgetFirstLogIn(file, user.username, options.logger);
    return undefined;
  }
  const password = makeTemporaryPassword();
  // Before the account: a crash in between leaves a password that opens nothing, not an account that nobody can open.
  await writeFileAtomically(
    file,
    `${username}\n${password}\n\nMật khẩu này phải đổi khi đăng nhập lần đầu; tập tin này sẽ tự mất khi đó.\nThis password must be changed at the first log-in; this file is removed then.\n`,
    0o600,
  );
  const now = new Date(clock.nowMs());
  const passwordHash = await hashing.hash(password);
  const account = { username, displayName: 'Quản trị viên', role: 'administrator', createdAt: now };
  const user = await insertUser(db, { ...account, passwordHash, passwordChangedAt: now, mustChangePassword: true });
  if (!user || user === 'too_many') return undefined;
  await options.audit.record(
    { actorId: null, actorName: 'controller', action: 'user.created', target: username, ip: null },
    { whenPossible: true },
  );
  return { username, password, file };
}
