import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createGzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { type Dump, withDump } from '../store/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import { backupErrors } from './backup-errors.ts';
import { copyFile, filesBelow, writePart } from './copied-file.ts';
import { type KeysManifest, MANIFEST, type Manifest, type Part } from './manifest.ts';

/** What anybody may carry who carries the sound. Acknowledged changes that the database does not have yet are in the journal. */
const FILES = ['masters', 'uploads', 'aired', 'journal'];
/** Made anew at each start, or the database itself, which is dumped. */
const LEFT_OUT = ['postgres', 'redis', 'run', 'programs', 'tmp', 'log', 'controller.lock', 'set-aside', 'unlock', 'lost+found', 'reserve'];
const TRIES = 3;

export interface MakeBackupOptions {
  dataDir: string;
  databaseUrl: string;
  /** Gets a new folder inside. */
  to: string;
  /** Gets the folder with the keys inside; a place that others can't read. */
  keysTo: string;
  version: string;
  clock: Clock;
  logger: Logger;
}

export interface MadeBackup {
  folder: string;
  keysFolder: string;
  manifest: Manifest;
}

/**
 * Copies all that the commune must not lose, also while its controller runs: the database as it is at one instant, the files, and apart from
 * both the keys. Every piece stands in a manifest with its hash; the folders get their names only when they are whole.
 */
export async function makeBackup(options: MakeBackupOptions): Promise<MadeBackup> {
  const { dataDir, clock } = options;
  if (!(await stat(join(dataDir, 'tls/authority.pem')).catch(() => undefined))?.isFile()) throw backupErrors.nothingThere(dataDir);
  const madeAtMs = clock.nowMs();
  const backupId = randomUUID();
  const name = `loa-xa-${new Date(madeAtMs).toISOString().slice(0, 19).replaceAll(':', '-')}-${backupId.slice(0, 4)}`;
  const folder = join(resolve(options.to), name);
  const keysFolder = join(resolve(options.keysTo), `${name}-keys`);
  const unfinished = `${folder}.unfinished`;
  const unfinishedKeys = `${keysFolder}.unfinished`;
  try {
    const keys: KeysManifest = { format: 1, backupId, files: await copyKeys(dataDir, unfinishedKeys) };
    const content = await copyConsistently(options, unfinished);
    const manifest: Manifest = { format: 1, backupId, madeAtMs, version: options.version, ...content };
    await writeFile(join(unfinishedKeys, MANIFEST), JSON.stringify(keys, undefined, 1), { mode: 0o600, flush: true });
    await writeFile(join(unfinished, MANIFEST), JSON.stringify(manifest, undefined, 1), { mode: 0o640, flush: true });
    await rename(unfinishedKeys, keysFolder);
    await rename(unfinished, folder);
    return { folder, keysFolder, manifest };
  } catch (error) {
    for (const half of [unfinished, unfinishedKeys]) await rm(half, { recursive: true, force: true });
    throw error;
  }
}

/** Whatever is not known to be anything else counts as a secret. */
async function copyKeys(dataDir: string, to: string): Promise<Part[]> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const names = (await readdir(dataDir)).filter((name) => !FILES.includes(name) && !LEFT_OUT.includes(name) && !name.startsWith('.'));
  const parts: Part[] = [];
  for (const name of names) for (const path of await filesBelow(dataDir, name)) parts.push(await copyFile(dataDir, to, path));
  return parts;
}

/** A bulletin that is removed between the look at the database and the copy of its sound makes another look necessary. */
async function copyConsistently(options: MakeBackupOptions, to: string): Promise<Pick<Manifest, 'migrations' | 'tables' | 'files'>> {
  for (let attempt = 1; ; attempt += 1) {
    await rm(to, { recursive: true, force: true });
    await mkdir(to, { recursive: true, mode: 0o750 });
    // Before the database: what is brought into it meanwhile is in both then, and bringing it twice changes nothing.
    const journal = await copyFiles(options.dataDir, to, ['journal']);
    const masters = new Set<string>();
    const { migrations, tables } = await withDump(options.databaseUrl, async (dump) => ({
      migrations: dump.migrations,
      tables: await writeTables(dump, to, masters),
    }));
    const sound = await copyFiles(options.dataDir, to, ['masters', 'uploads', 'aired']);
    const copied = new Set(sound.map(({ path }) => path));
    const missing = [...masters].find((path) => !copied.has(path));
    if (missing === undefined) return { migrations, tables, files: [...journal, ...sound] };
    options.logger.warn({ missing, attempt }, 'a file of the backup went away while it was made; once more');
    if (attempt === TRIES) throw backupErrors.notConsistent(missing);
  }
}

async function copyFiles(dataDir: string, to: string, names: readonly string[]): Promise<Part[]> {
  const parts: Part[] = [];
  for (const name of names) {
    for (const path of await filesBelow(dataDir, name)) {
      try {
        const { path: _, ...part } = await copyFile(dataDir, join(to, 'files'), path, { withoutReserve: name === 'journal' });
        parts.push({ path, ...part });
      } catch (error) {
        // An upload that was processed, a bulletin that was removed.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
  return parts;
}

async function writeTables(dump: Dump, to: string, masters: Set<string>): Promise<Manifest['tables']> {
  const tables: Manifest['tables'] = [];
  for (const table of dump.tables) {
    const path = `${table}.jsonl.gz`;
    let rows = 0;
    const lines = async function* (): AsyncGenerator<Buffer> {
      for await (const some of dump.rows(table)) {
        rows += some.length;
        if (table === 'masters') for (const line of some) masters.add(masterPath((JSON.parse(line) as { hash: string }).hash));
        yield Buffer.from(`${some.join('\n')}\n`);
      }
    };
    const part = await writePart(join(to, 'database'), path, packed(lines()), 0o640);
    tables.push({ table, rows, path, ...part });
  }
  return tables;
}

function packed(content: AsyncIterable<Buffer>): AsyncIterable<Uint8Array> {
  const gzip = createGzip();
  void (async () => {
    try {
      for await (const chunk of content) if (!gzip.write(chunk)) await new Promise((resolve) => gzip.once('drain', resolve));
      gzip.end();
    } catch (error) {
      gzip.destroy(error as Error);
    }
  })();
  return gzip;
}

function masterPath(hash: string): string {
  return `masters/${hash.slice(0, 2)}/${hash.slice(2)}.opus`;
}
