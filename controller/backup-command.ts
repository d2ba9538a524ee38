import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkBackup, clearAway, makeBackup, requireEmpty, restoreDatabase, restoreFiles } from './backup/index.ts';
import { SystemClock } from './clock.ts';
import { type Config, readConfig, terminalLanguage } from './config.ts';
import { AppError, type Words } from './errors.ts';
import { openDataDirectory, socketDirectoryPath } from './processes/index.ts';
import { createEmbeddedPostgres, isThere, privateDatabaseUrl } from './store/index.ts';
import { createLogger } from './telemetry/logger.ts';

/** `npm run backup` and `npm run restore`. */
const USAGE = `Usage:
  npm run backup -- --to FOLDER [--keys-to FOLDER] [--data-dir FOLDER]
  npm run restore -- --from FOLDER --keys-from FOLDER [--data-dir FOLDER]

A backup is made of a controller that runs or of one that is stopped; the keys go to a folder of their own (beside it unless told), for whoever
has them can pass for this commune's server. A restore writes only into a data directory that is new or empty.
LOA_XA_DATA_DIR, LOA_XA_DEMO and DATABASE_URL count as for npm start.
`;
const EXIT_USAGE = 2;
const PROJECT = path.resolve(import.meta.dirname, '..');

const clock = new SystemClock();
const logger = createLogger({ level: process.env.LOA_XA_LOG_LEVEL ?? 'warn' });

function say(words: Words, config: Config): void {
  process.stdout.write(`${words[config.language]}\n`);
}

/** With the private server of the data directory, whether a controller runs it or nobody does; or the one that DATABASE_URL names. */
async function withDatabase(config: Config, use: (databaseUrl: string) => Promise<void>): Promise<void> {
  if (config.databaseUrl) return use(config.databaseUrl);
  const running = privateDatabaseUrl(socketDirectoryPath(config.dataDir, process.getuid?.() === 0));
  if (await isThere(running)) return use(running);
  const directory = await openDataDirectory({ path: config.dataDir, clock, logger });
  const postgres = createEmbeddedPostgres({ dataDirectory: directory.path, account: directory.account, clock, logger });
  try {
    await postgres.start();
    await use(postgres.databaseUrl());
  } finally {
    await postgres.close();
    await directory.close();
  }
}

async function backup(config: Config, to: string, keysTo: string): Promise<void> {
  const version = (JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { version: string }).version;
  await withDatabase(config, async (databaseUrl) => {
    const { folder, keysFolder } = await makeBackup({ dataDir: config.dataDir, databaseUrl, to, keysTo, version, clock, logger });
    say(
      {
        vi: `Đã sao lưu vào ${folder}\nKhoá của xã ở ${keysFolder}: hãy cất ở nơi khác, chỉ người quản trị đọc được.`,
        en: `Backed up to ${folder}\nThe commune's keys are in ${keysFolder}: keep them elsewhere, readable by the administrator alone.`,
      },
      config,
    );
  });
}

async function restore(config: Config, from: string, keysFrom: string): Promise<void> {
  await requireEmpty(config.dataDir);
  const checked = await checkBackup(path.resolve(from), path.resolve(keysFrom));
  try {
    await withDatabase(config, async (databaseUrl) => {
      await restoreDatabase(checked, databaseUrl);
      await restoreFiles(checked, config.dataDir);
    });
  } catch (error) {
    await clearAway(config.dataDir).catch(() => undefined);
    throw error;
  }
  const madeAt = new Date(checked.manifest.madeAtMs).toISOString();
  say(
    {
      vi: `Đã khôi phục bản sao lưu ngày ${madeAt} vào ${config.dataDir}. Hãy khởi động với thư mục dữ liệu này; mọi người phải đăng nhập lại.`,
      en: `Restored the backup of ${madeAt} into ${config.dataDir}. Start with this data directory; everybody has to log in again.`,
    },
    config,
  );
}

async function run(): Promise<void> {
  const folder = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: { to: folder, 'keys-to': folder, from: folder, 'keys-from': folder, 'data-dir': folder, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const config = readConfig({
    ...process.env,
    LOA_XA_DEMO: process.env.LOA_XA_DEMO ?? '0',
    LOA_XA_DATA_DIR: values['data-dir'] ?? process.env.LOA_XA_DATA_DIR,
  });
  const [command] = positionals;
  const { to, from } = values;
  if (values.help) process.stdout.write(USAGE);
  else if (command === 'backup' && to !== undefined) await backup(config, to, values['keys-to'] ?? to);
  else if (command === 'restore' && from !== undefined) await restore(config, from, values['keys-from'] ?? `${from}-keys`);
  else {
    process.stderr.write(USAGE);
    process.exitCode = EXIT_USAGE;
  }
}

try {
  await run();
} catch (error) {
  const isUsage = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  const text =
    error instanceof AppError
      ? error.words[terminalLanguage(process.env)]
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(isUsage ? `${(error as Error).message}\n\n${USAGE}` : `${text}\n`);
  process.exitCode = isUsage ? EXIT_USAGE : 1;
}
