import { createReadStream } from 'node:fs';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { errorText } from '../errors.ts';
import { describeDatabase, knownMigrations, type Load, migrateDatabase, withLoad } from '../store/index.ts';
import { backupErrors } from './backup-errors.ts';
import { copyFile, sha256Of } from './copied-file.ts';
import { keysManifest, MANIFEST, type Manifest, manifest, type Part } from './manifest.ts';

/** What a folder may hold and still count as empty: a new disk's own folder. */
const NOTHING = ['lost+found'];
const ROWS_AT_ONCE = 200;

export interface CheckedBackup {
  folder: string;
  keysFolder: string;
  manifest: Manifest;
  keys: Part[];
}

/** Reads all of a backup and compares it with its manifest. @throws AppError backup.damaged, backup.other_keys */
export async function checkBackup(folder: string, keysFolder: string): Promise<CheckedBackup> {
  const found = await readManifest(folder, manifest);
  const keys = await readManifest(keysFolder, keysManifest);
  if (keys.backupId !== found.backupId) throw backupErrors.otherKeys(keysFolder);
  for (const part of found.tables) await checkPart(join(folder, 'database'), part);
  for (const part of found.files) await checkPart(join(folder, 'files'), part);
  for (const part of keys.files) await checkPart(keysFolder, part);
  return { folder, keysFolder, manifest: found, keys: keys.files };
}

/** @throws AppError backup.target_taken */
export async function requireEmpty(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.some((name) => !NOTHING.includes(name))) throw backupErrors.targetTaken(dataDir);
}

/** Files and keys to their places. */
export async function restoreFiles(backup: CheckedBackup, dataDir: string): Promise<void> {
  for (const { path } of backup.keys) await copyFile(backup.keysFolder, dataDir, path);
  for (const { path } of backup.manifest.files) await copyFile(join(backup.folder, 'files'), dataDir, path);
  await chmod(join(dataDir, 'tls'), 0o700);
}

/**
 * Into a database that holds nothing: with the structure of the version that made the backup, so that each row fits, which is then brought up to
 * date as at a start after an update.
 * @throws AppError backup.database_taken, backup.newer_version
 */
export async function restoreDatabase(backup: CheckedBackup, databaseUrl: string): Promise<void> {
  const { migrations, tables, version } = backup.manifest;
  const known = knownMigrations();
  if (migrations.some((hash, at) => hash !== known[at])) throw backupErrors.newerVersion(version);
  await migrateDatabase({ databaseUrl, first: migrations.length });
  await withLoad(databaseUrl, async (load) => {
    // A database of a later structure was somebody's, too.
    const isTaken = migrations.join() !== load.migrations.join() || !(await load.isEmpty());
    if (isTaken) throw backupErrors.databaseTaken(describeDatabase(databaseUrl));
    for (const { table, path, rows } of tables) {
      const loaded = await loadTable(load, table, join(backup.folder, 'database', path));
      if (loaded !== rows) throw backupErrors.damaged(path, `${loaded} of ${rows} rows`);
    }
  });
  await migrateDatabase({ databaseUrl });
}

/** What a restore that failed has left. */
export async function clearAway(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!NOTHING.includes(name)) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function loadTable(load: Load, table: string, file: string): Promise<number> {
  let waiting: string[] = [];
  let rows = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await load.insert(table, waiting);
    rows += waiting.length;
    waiting = [];
  };
  const packed = createReadStream(file);
  const text = packed.pipe(createGunzip());
  packed.on('error', (error) => text.destroy(error));
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== '') waiting.push(line);
    if (waiting.length >= ROWS_AT_ONCE) await flush();
  }
  await flush();
  return rows;
}

async function readManifest<Schema extends z.ZodType>(folder: string, schema: Schema): Promise<z.output<Schema>> {
  const path = join(folder, MANIFEST);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw backupErrors.damaged(path, errorText(error).slice(0, 300));
  }
}

async function checkPart(folder: string, { path, sha256 }: Part): Promise<void> {
  const file = join(folder, path);
  const found = await sha256Of(file).catch((error: unknown) => errorText(error));
  if (found !== sha256) throw backupErrors.damaged(file, found.length === sha256.length ? 'its hash is another' : found);
}
