import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../controller/errors.ts';
import { migrateDatabase } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await startTestDatabase();
});
afterEach(() => database.close());

function otherDatabase(name: string): string {
  const url = new URL(database.databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

describe('migrating', () => {
  it('is done once when several controllers start at the same moment', async () => {
    const name = `empty_${randomUUID().slice(0, 8)}`;
    await database.store.pool.query(`create database ${name} template template0`);
    const databaseUrl = otherDatabase(name);
    await Promise.all(Array.from({ length: 4 }, () => migrateDatabase({ databaseUrl })));
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as count from drizzle.__drizzle_migrations');
    await client.end();
    const files = readdirSync(new URL('../../../controller/store/migrations', import.meta.url)).filter((file) => file.endsWith('.sql'));
    expect(rows).toEqual([{ count: files.length }]);
  });

  it('says where and why when the database cannot be reached, without the password', async () => {
    const failure = await migrateDatabase({ databaseUrl: 'postgresql://xa:bi-mat@127.0.0.1:1/loa_xa' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AppError);
    const { code, words, message } = failure as AppError;
    expect(code).toBe('store.unreachable');
    expect(words.en).toContain('127.0.0.1:1/loa_xa');
    expect(JSON.stringify(words) + message).not.toContain('bi-mat');
  });

  it('says that the log-in is refused, or that the user may not make tables, with what to do', async () => {
    const withUser = (name: string): string => {
      const url = new URL(database.databaseUrl);
      url.username = name;
      return url.href;
    };
    await expect(migrateDatabase({ databaseUrl: withUser('khong_ai') })).rejects.toMatchObject({
      code: 'store.refused',
      words: { en: expect.stringMatching(/"khong_ai".*Correct the user name and the password in DATABASE_URL/) },
    });
    const name = `empty_${randomUUID().slice(0, 8)}`;
    const guest = `guest_${randomUUID().slice(0, 8)}`;
    await database.store.pool.query(`create database ${name} template template0`);
    await database.store.pool.query(`create role ${guest} login`);
    const url = new URL(withUser(guest));
    url.pathname = `/${name}`;
    await expect(migrateDatabase({ databaseUrl: url.href })).rejects.toMatchObject({
      code: 'store.not_allowed',
      words: { en: expect.stringContaining('OWNER TO') },
    });
  });

  it('names a database that does not exist', async () => {
    await expect(migrateDatabase({ databaseUrl: otherDatabase('khong_co') })).rejects.toMatchObject({
      code: 'store.unreachable',
      words: { en: expect.stringContaining('khong_co') },
    });
  });
});

describe('test databases', () => {
  it('are strangers to each other', async () => {
    const other = await startTestDatabase();
    await database.store.pool.query('create table only_here (id int)');
    await expect(other.store.pool.query('select * from only_here')).rejects.toMatchObject({ code: '42P01' });
    await other.close();
  });
});
