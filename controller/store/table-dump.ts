import pg from 'pg';

const ROWS_AT_ONCE = 500;
const CONNECT_LIMIT_MS = 10_000;
/** Log-ins end with the machine that they were made on: a backup must not revive one that was ended since. */
const LEFT_OUT = new Set(['sessions']);

export interface Dump {
  /** Hashes of the migrations that the database has, in order. */
  migrations: string[];
  /** Names of the tables, those first that others refer to. */
  tables: string[];
  /** Each row as one line of JSON, as PostgreSQL itself writes it: nothing passes through JavaScript's numbers. */
  rows(table: string): AsyncIterable<string[]>;
}

/** Gives all tables as they were at one instant, whatever is written meanwhile. */
export async function withDump<Result>(databaseUrl: string, use: (dump: Dump) => Promise<Result>): Promise<Result> {
  return withClient(databaseUrl, async (client) => {
    await client.query('begin transaction isolation level repeatable read read only');
    const dump: Dump = {
      migrations: await migrationsOf(client),
      tables: await tablesOf(client),
      async *rows(table) {
        await client.query(`declare rows no scroll cursor for select row_to_json(t)::text as line from ${quoted(table)} t`);
        for (;;) {
          const { rows } = await client.query<{ line: string }>(`fetch ${ROWS_AT_ONCE} from rows`);
          if (rows.length === 0) break;
          yield rows.map(({ line }) => line);
        }
        await client.query('close rows');
      },
    };
    const result = await use(dump);
    await client.query('commit');
    return result;
  });
}

export interface Load {
  migrations: string[];
  /** Whether there is any row already. */
  isEmpty(): Promise<boolean>;
  insert(table: string, lines: readonly string[]): Promise<void>;
}

/** Fills a database that was migrated and is empty: all of it, or nothing. */
export async function withLoad(databaseUrl: string, use: (load: Load) => Promise<void>): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query('begin');
    const tables = await tablesOf(client);
    await use({
      migrations: await migrationsOf(client),
      async isEmpty() {
        for (const table of tables) {
          const { rows } = await client.query(`select 1 from ${quoted(table)} limit 1`);
          if (rows.length > 0) return false;
        }
        return true;
      },
      async insert(table, lines) {
        if (!tables.includes(table)) throw new Error(`there is no table ${table}`);
        const columns = (await columnsOf(client, table)).map(quoted).join(', ');
        await client.query(
          `insert into ${quoted(table)} (${columns}) overriding system value
           select ${columns} from json_populate_recordset(null::${quoted(table)}, $1::json)`,
          [`[${lines.join(',')}]`],
        );
      },
    });
    for (const table of tables) await continueSequences(client, table);
    await client.query('commit');
  });
}

async function withClient<Result>(databaseUrl: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    application_name: 'loa-xa backup',
  });
  // The error also rejects the query in flight; without a listener it would end the process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query("set timezone = 'UTC'");
    return await use(client);
  } finally {
    await client.end();
  }
}

async function migrationsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ hash: string }>('select hash from drizzle.__drizzle_migrations order by id');
  return rows.map(({ hash }) => hash);
}

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1",
  );
  const references = await client.query<{ from: string; to: string }>(
    `select f.relname as from, t.relname as to from pg_constraint c join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
      where c.contype = 'f'`,
  );
  const ordered: string[] = [];
  const visit = (table: string): void => {
    if (ordered.includes(table)) return;
    for (const { from, to } of references.rows) if (from === table && to !== table) visit(to);
    ordered.push(table);
  };
  for (const { name } of rows) if (!LEFT_OUT.has(name)) visit(name);
  return ordered;
}

/** Without those that the database computes. */
async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
    [table],
  );
  return rows.map(({ name }) => name);
}

async function continueSequences(client: pg.Client, table: string): Promise<void> {
  for (const column of await columnsOf(client, table)) {
    await client.query(
      `select setval(s, coalesce((select max(${quoted(column)}::text::numeric)::bigint from ${quoted(table)}), 1),
              exists (select 1 from ${quoted(table)}))
         from (select pg_get_serial_sequence($1, $2) as s) found where s is not null`,
      [quoted(table), column],
    );
  }
}

function quoted(name: string): string {
  return pg.escapeIdentifier(name);
}
