import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/index.ts';
import { writeFileAtomically } from '../tls/index.ts';
import type { Audit } from './audit.ts';
import type { PasswordHashing } from './password-hashing.ts';
import { makeTemporaryPassword } from './temporary-password.ts';
import { insertUser, listUsers } from './user-store.ts';

export interface FirstLogIn {
  username: string;
  password: string;
  /** Where it can be read again (mode 0600). */
  file: string;
}

interface Options {
  db: Database;
  audit: Audit;
  hashing: PasswordHashing;
  clock: Clock;
  dataDir: string;
  username: string;
}

/** Nobody ever ships with a known password: the first one is random, and must be changed at the first log-in. */
export async function makeFirstAdministrator(options: Options): Promise<FirstLogIn | undefined> {
  const { db, hashing, clock, username } = options;
  if ((await listUsers(db)).length > 0) return undefined;
  const password = makeTemporaryPassword();
  const file = join(options.dataDir, 'first-login.txt');
  // Before the account: a crash in between leaves a password that opens nothing, not an account that nobody can open.
  await writeFileAtomically(
    file,
    `${username}\n${password}\n\nMật khẩu này phải đổi khi đăng nhập lần đầu; sau đó hãy xoá tập tin này.\nThis password must be changed at the first log-in; delete this file afterwards.\n`,
    0o600,
  );
  const now = new Date(clock.nowMs());
  const passwordHash = await hashing.hash(password);
  const account = { username, displayName: 'Quản trị viên', role: 'administrator', createdAt: now };
  const user = await insertUser(db, { ...account, passwordHash, passwordChangedAt: now, mustChangePassword: true });
  if (!user) return undefined;
  await options.audit.record(
    { actorId: null, actorName: 'controller', action: 'user.created', target: username, ip: null },
    { whenPossible: true },
  );
  return { username, password, file };
}
