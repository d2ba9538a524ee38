import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { AppError, errorText, type Words } from '../errors.ts';
import { isConnectionLoss } from './connection-loss.ts';
import { MIGRATIONS_FOLDER, withFirstMigrations } from './migration-folder.ts';

/** Any number that no other program would lock on the same server: the letters "LOAXA" in ASCII. */
const ADVISORY_LOCK_KEY = 0x4c4f415841;
const CONNECT_TIMEOUT_MS = 10_000;
/** SQLSTATE 3D000 (no such database), 53300 (too many connections), and names that don't resolve. */
const NOT_THERE = /^(3D000|53300|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/**
 * Brings the database to this version's schema. Several controllers may start at once: one migrates, the others wait.
 * @param options.first only so many of the migrations: the structure of an older version, for a backup that it made
 * @throws AppError `store.unreachable`, `store.refused`, `store.not_allowed` or `store.not_migrated`; the connection string's password never appears in it.
 */
export async function migrateDatabase(options: { databaseUrl: string; first?: number }): Promise<void> {
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // The error also rejects the query in flight; without a listener it would end the process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK_KEY]);
    const bring = (migrationsFolder: string): Promise<void> => migrate(drizzle({ client }), { migrationsFolder });
    await (options.first === undefined ? bring(MIGRATIONS_FOLDER) : withFirstMigrations(options.first, bring));
  } catch (error) {
    throw explain(error, options.databaseUrl);
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

function explain(error: unknown, databaseUrl: string): AppError {
  const place = describeDatabase(databaseUrl);
  const reason = rootCause(error);
  const code = String((error as { code?: unknown }).code ?? (error as { cause?: { code?: unknown } }).cause?.code ?? '');
  const { kind, words } = diagnose(error, code, place, reason);
  return new AppError({ code: `store.${kind}`, status: 503, words, details: { place }, cause: error });
}

function diagnose(error: unknown, code: string, place: string, reason: string): { kind: string; words: Words } {
  // SQLSTATE class 28 (authorisation); the driver itself stops at a password that is missing.
  if (code.startsWith('28') || reason.startsWith('SASL')) {
    return {
      kind: 'refused',
      words: {
        vi: `Cơ sở dữ liệu ${place} từ chối đăng nhập: ${reason}. Hãy sửa tên người dùng và mật khẩu trong DATABASE_URL.`,
        en: `The database ${place} refuses the log-in: ${reason}. Correct the user name and the password in DATABASE_URL.`,
      },
    };
  }
  if (code === '42501') {
    return {
      kind: 'not_allowed',
      words: {
        vi: `Người dùng của DATABASE_URL không được phép tạo bảng trong ${place}: ${reason}. Hãy cho người dùng đó làm chủ: ALTER DATABASE … OWNER TO …`,
        en: `The user of DATABASE_URL may not make tables in ${place}: ${reason}. Make that user its owner: ALTER DATABASE … OWNER TO …`,
      },
    };
  }
  if (isConnectionLoss(error) || NOT_THERE.test(code)) {
    return {
      kind: 'unreachable',
      words: {
        vi: `Không kết nối được cơ sở dữ liệu ${place}: ${reason}. Hãy kiểm tra DATABASE_URL và máy chủ PostgreSQL.`,
        en: `The database ${place} can't be reached: ${reason}. Check DATABASE_URL and the PostgreSQL server.`,
      },
    };
  }
  return {
    kind: 'not_migrated',
    words: {
      vi: `Không cập nhật được cấu trúc cơ sở dữ liệu ${place}: ${reason}. Chưa có gì bị thay đổi; hãy chạy lại phiên bản trước, hoặc xem nhật ký của máy chủ PostgreSQL.`,
      en: `The structure of the database ${place} could not be brought up to date: ${reason}. Nothing was changed; start the version before again, or read the PostgreSQL server's log.`,
    },
  };
}

function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return errorText(cause) || String((cause as { code?: unknown }).code ?? 'unknown reason');
}

/** Where it is, without the password. */
export function describeDatabase(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    return `${url.searchParams.get('host') ?? url.host}${url.pathname}`;
  } catch {
    return '(DATABASE_URL)';
  }
}
