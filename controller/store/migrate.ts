import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { AppError, errorText } from '../errors.ts';
import { isConnectionLoss } from './connection-loss.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any number that no other program would lock on the same server: the letters "LOAXA" in ASCII. */
const ADVISORY_LOCK_KEY = 0x4c4f415841;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Brings the database to this version's schema. Several controllers may start at once: one migrates, the others wait.
 * @throws AppError `store.unreachable` or `store.not_migrated`; the connection string's password never appears in it.
 */
export async function migrateDatabase(options: { databaseUrl: string }): Promise<void> {
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // The error also rejects the query in flight; without a listener it would end the process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK_KEY]);
    await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS_FOLDER });
  } catch (error) {
    throw explain(error, options.databaseUrl);
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

function explain(error: unknown, databaseUrl: string): AppError {
  const place = describePlace(databaseUrl);
  const reason = rootCause(error);
  const isUnreachable = isConnectionLoss(error) || isRefused(error);
  return new AppError({
    code: isUnreachable ? 'store.unreachable' : 'store.not_migrated',
    status: 503,
    words: isUnreachable
      ? {
          vi: `Không kết nối được cơ sở dữ liệu ${place}: ${reason}. Hãy kiểm tra DATABASE_URL và máy chủ PostgreSQL.`,
          en: `The database ${place} can't be reached: ${reason}. Check DATABASE_URL and the PostgreSQL server.`,
        }
      : {
          vi: `Không cập nhật được cấu trúc cơ sở dữ liệu ${place}: ${reason}`,
          en: `The structure of the database ${place} could not be brought up to date: ${reason}`,
        },
    details: { place },
    cause: error,
  });
}

/** SQLSTATE 28 (authorisation), 3D000 (no such database), 53300 (too many connections), and names that don't resolve. */
function isRefused(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? '');
  return /^(28...|3D000|53300|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
}

function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return errorText(cause) || String((cause as { code?: unknown }).code ?? 'unknown reason');
}

function describePlace(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    return `${url.searchParams.get('host') ?? url.host}${url.pathname}`;
  } catch {
    return '(DATABASE_URL)';
  }
}
