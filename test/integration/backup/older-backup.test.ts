import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkBackup, type MadeBackup, makeBackup, restoreDatabase } from '../../../controller/backup/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { knownMigrations, migrateDatabase } from '../../../controller/store/index.ts';
import { startEmptyDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });
/** Of a version from before `clusters.muted` was. */
const OLDER = 3;
const open: (() => Promise<void>)[] = [];
let folder: string;

beforeEach(() => {
  folder = makeScratchFolder('older-backup');
  mkdirSync(join(folder, 'data/tls'), { recursive: true });
  writeFileSync(join(folder, 'data/tls/authority.pem'), 'a key');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function emptyDatabase(): Promise<string> {
  const { databaseUrl, close } = await startEmptyDatabase();
  open.push(close);
  return databaseUrl;
}

async function query<Row extends pg.QueryResultRow>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function olderBackup(): Promise<MadeBackup> {
  const databaseUrl = await emptyDatabase();
  await migrateDatabase({ databaseUrl, first: OLDER });
  await query(databaseUrl, "insert into hamlets (id, name, position) values ('ap-01', 'Ấp Một', 1)");
  await query(databaseUrl, "insert into clusters (id, hamlet_id, name, kind) values ('c-1', 'ap-01', 'Nhà văn hoá', 'ip')");
  const to = { to: join(folder, 'to'), keysTo: join(folder, 'keys') };
  return makeBackup({ dataDir: join(folder, 'data'), databaseUrl, ...to, version: '0.0.1', clock, logger });
}

test('a backup of an older version is restored and brought up to date', async () => {
  const made = await olderBackup();
  expect(made.manifest.migrations).toHaveLength(OLDER);
  const databaseUrl = await emptyDatabase();
  await restoreDatabase(await checkBackup(made.folder, made.keysFolder), databaseUrl);
  expect(await query(databaseUrl, 'select name, muted, emergency_volume_db from clusters')).toEqual([
    { name: 'Nhà văn hoá', muted: false, emergency_volume_db: 0 },
  ]);
  const migrations = await query<{ hash: string }>(databaseUrl, 'select hash from drizzle.__drizzle_migrations order by id');
  expect(migrations.map(({ hash }) => hash)).toEqual(knownMigrations());
  // And never over anything.
  const again = restoreDatabase(await checkBackup(made.folder, made.keysFolder), databaseUrl);
  await expect(again).rejects.toMatchObject({ code: 'backup.database_taken' });
});

test('one of a newer version is refused in words, and the database is left as it was', async () => {
  const made = await olderBackup();
  const path = join(made.folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as MadeBackup['manifest'];
  const newer = { ...manifest, version: '9.0.0', migrations: [...knownMigrations(), 'f'.repeat(64)] };
  writeFileSync(path, JSON.stringify(newer));
  const databaseUrl = await emptyDatabase();
  const refused = restoreDatabase(await checkBackup(made.folder, made.keysFolder), databaseUrl);
  await expect(refused).rejects.toMatchObject({ code: 'backup.newer_version', words: { en: expect.stringContaining('9.0.0') } });
  expect(await query(databaseUrl, "select 1 from pg_tables where schemaname not in ('pg_catalog', 'information_schema')")).toEqual([]);
});
