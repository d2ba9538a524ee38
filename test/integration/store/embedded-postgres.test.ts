import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { findServiceAccount, type ProcessEvent } from '../../../controller/processes/index.ts';
import { createEmbeddedPostgres, createStore, type EmbeddedPostgres, type Store } from '../../../controller/store/index.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function makeDataDirectory(): string {
  const folder = makeScratchFolder('embedded-postgres');
  chmodSync(folder, 0o711);
  return folder;
}

async function start(
  dataDirectory: string,
  more: { mayReplace?: boolean } = {},
): Promise<{ postgres: EmbeddedPostgres; store: Store; events: ProcessEvent[] }> {
  const events: ProcessEvent[] = [];
  const account = await findServiceAccount(logger);
  const postgres = createEmbeddedPostgres({ dataDirectory, account, clock, logger, onEvent: (event) => events.push(event), ...more });
  closers.push(() => postgres.close());
  await postgres.start();
  const store = createStore({ databaseUrl: postgres.databaseUrl(), clock, logger });
  closers.push(() => store.close());
  return { postgres, store, events };
}

async function setting(store: Store, name: string): Promise<unknown> {
  const { rows } = await store.pool.query(`show ${name}`);
  return rows[0]?.[name];
}

describe('the private PostgreSQL server', () => {
  it('is durable, private and not root', async () => {
    const { postgres, store } = await start(makeDataDirectory());
    expect(await setting(store, 'listen_addresses')).toBe('');
    expect(await setting(store, 'fsync')).toBe('on');
    expect(await setting(store, 'full_page_writes')).toBe('on');
    expect(await setting(store, 'data_checksums')).toBe('on');
    expect(await setting(store, 'statement_timeout')).toBe('30s');
    expect(statSync(`/proc/${postgres.pid()}`).uid).not.toBe(0);
    const { rows } = await store.pool.query("select upper('đài truyền thanh xã') as upper, 'b' < 'Đ' as ordered");
    expect(rows).toEqual([{ upper: 'ĐÀI TRUYỀN THANH XÃ', ordered: true }]);
  });

  it('is not made anew where there was one, unless somebody says so', async () => {
    const folder = makeDataDirectory();
    mkdirSync(join(folder, 'tls'));
    writeFileSync(join(folder, 'tls/authority.pem'), 'a key');
    // A disk that is not mounted leaves an empty folder.
    mkdirSync(join(folder, 'postgres'));
    mkdirSync(join(folder, 'journal'));
    await expect(start(folder)).rejects.toMatchObject({ code: 'store.database_missing' });
    expect(readdirSync(join(folder, 'postgres'))).toEqual([]);
    const { store } = await start(folder, { mayReplace: true });
    expect(await store.isHealthy()).toBe(true);
  });

  it('is made after a first start that was interrupted', async () => {
    const folder = makeDataDirectory();
    mkdirSync(join(folder, 'tls'));
    writeFileSync(join(folder, 'tls/authority.pem'), 'a key');
    const { store } = await start(folder);
    expect(await store.isHealthy()).toBe(true);
  });

  it('comes back after SIGKILL with every committed row, and the store with it', async () => {
    const { postgres, store, events } = await start(makeDataDirectory());
    await store.pool.query('create table kept (id int primary key)');
    let acknowledged = 0;
    for (let round = 0; round < 3; round += 1) {
      for (let row = 0; row < 50; row += 1) {
        await store.pool.query('insert into kept values ($1)', [acknowledged]);
        acknowledged += 1;
      }
      const before = postgres.pid();
      process.kill(before ?? 0, 'SIGKILL');
      await until('a new server process', () => postgres.pid() !== undefined && postgres.pid() !== before);
      const { rows } = await store.retry(() => store.db.execute(sql`select count(*)::int as count from kept`));
      expect(rows).toEqual([{ count: acknowledged }]);
    }
    await until('three restarts told', () => events.filter((event) => event.kind === 'restarted').length === 3);
    expect(events.filter((event) => event.kind === 'died').map((event) => event.how)).toEqual(Array(3).fill('killed by SIGKILL'));
    expect(await store.isHealthy()).toBe(true);
  });

  it('says unhealthy, and does not throw, while the server is away', async () => {
    const { postgres, store } = await start(makeDataDirectory());
    expect(await store.isHealthy()).toBe(true);
    await postgres.close();
    expect(await store.isHealthy()).toBe(false);
  });

  it('works in a data directory whose path is too long for a unix socket', async () => {
    const dataDirectory = join(makeDataDirectory(), 'a-very-long-name-of-a-folder-'.repeat(5));
    mkdirSync(dataDirectory, { mode: 0o755 });
    const { postgres, store } = await start(dataDirectory);
    expect(await store.isHealthy()).toBe(true);
    expect(postgres.databaseUrl()).not.toContain('a-very-long-name');
  });

  it('starts over after an interrupted first start, and over a stale lock file that names a living process', async () => {
    const dataDirectory = makeDataDirectory();
    mkdirSync(join(dataDirectory, 'postgres', '17.unfinished', 'base'), { recursive: true });
    const first = await start(dataDirectory);
    await first.store.close();
    await first.postgres.close();
    writeFileSync(join(dataDirectory, 'postgres', '17', 'postmaster.pid'), `${process.pid}\n${dataDirectory}\n`);
    const second = await start(dataDirectory);
    expect(await second.store.isHealthy()).toBe(true);
  });

  it('refuses data of a major version that it has no programs for, in words', async () => {
    const dataDirectory = makeDataDirectory();
    mkdirSync(join(dataDirectory, 'postgres', '99'), { recursive: true });
    await expect(start(dataDirectory)).rejects.toMatchObject({
      code: 'store.postgres_missing',
      words: { en: expect.stringContaining('PostgreSQL 99') },
    });
  });

  it.runIf(process.getuid?.() === 0)('names the folder that the account cannot pass through', async () => {
    const closed = makeScratchFolder('closed');
    const dataDirectory = join(closed, 'data');
    mkdirSync(dataDirectory, { mode: 0o755 });
    await expect(start(dataDirectory)).rejects.toMatchObject({ code: 'processes.folder_closed', details: { folder: closed } });
  });
});
