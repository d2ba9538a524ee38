import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { BoundedQueue, createQuarantine, createStore, Outbox, type Store, type StoreFailure } from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { mountSmallDisk, noSmallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });

describe('the outbox, on a real database', () => {
  let database: TestDatabase;
  let store: Store;
  let folder: string;
  let failures: (StoreFailure | undefined)[];

  beforeAll(async () => {
    database = await startTestDatabase();
    store = createStore({ databaseUrl: database.databaseUrl, clock, logger });
    store.start();
    await store.db.execute(sql`create table notes (id serial primary key, note text not null check (note <> 'refused'))`);
  });
  beforeEach(async () => {
    await database.store.db.execute(sql`truncate notes`);
    folder = makeScratchFolder('outbox');
    failures = [];
  });
  afterAll(async () => {
    await store.close();
    await database.close();
  });

  function outbox() {
    const quarantine = createQuarantine({ folder, clock, logger });
    const queue = new BoundedQueue<string>({ most: 1000, batch: 100 });
    const box = new Outbox<string>({
      name: 'notes',
      gatherMs: 0,
      ...{ clock, logger, queue, quarantine },
      async write(notes) {
        const rows = sql.join(
          notes.map((note) => sql`(${note})`),
          sql`, `,
        );
        await store.db.execute(sql`insert into notes (note) values ${rows}`);
      },
      onSetAside: ({ entry }) => entry,
      onFailure: (failure) => failures.push(failure),
    });
    const add = (...notes: string[]): void => {
      for (const note of notes) {
        queue.add(note);
        box.added();
      }
    };
    return { add, box, quarantine };
  }
  const written = async (): Promise<string[]> =>
    (await database.store.db.execute<{ note: string }>(sql`select note from notes order by id`)).rows.map(({ note }) => note);

  it('a bad row alone goes to the quarantine, with its reason, and nobody else may read it', async () => {
    const { add, box, quarantine } = outbox();
    add('a', 'refused', 'b', 'nul\0', 'c');
    await box.close(10_000);
    await quarantine.close();
    expect(await written()).toEqual(['a', 'b', 'c']);
    const file = join(folder, 'refused.jsonl');
    const kept = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    expect(kept.map((line) => JSON.parse(line))).toMatchObject([
      { from: 'notes', failure: 'refused', value: 'refused', reason: expect.stringContaining('check constraint') },
      { from: 'notes', failure: 'refused', value: 'nul\0' },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(failures).toEqual([]);
  });

  it('a server that is stopped (SIGSTOP) gets everything in order when it goes on', async () => {
    const { rows } = await database.store.db.execute<{ pid: number }>(
      sql`select pid from pg_stat_activity union select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int`,
    );
    const signal = (name: NodeJS.Signals): void => {
      for (const { pid } of rows) process.kill(pid, name);
    };
    const { add, box } = outbox();
    signal('SIGSTOP');
    try {
      add('a', 'b');
      await until('it is known to be away', () => failures.at(-1) === 'away', 20_000);
      add('c');
    } finally {
      signal('SIGCONT');
    }
    // What was in the socket when it stopped may be done as well: an outbox writes at least once.
    await until('all are written', async () => (await written()).includes('c'), 20_000);
    expect([...new Set(await written())]).toEqual(['a', 'b', 'c']);
    await box.close(10_000);
  });

  it.skipIf(noSmallDisk)(`a database whose disk is full is not away, and takes it when there is room ${noSmallDisk ?? ''}`, async () => {
    const disk = mountSmallDisk(4);
    try {
      const { rows } = await database.store.db.execute<{ path: string }>(sql`select current_setting('data_directory') as path`);
      const { uid, gid } = statSync(rows[0]?.path ?? '');
      chownSync(disk.folder, uid, gid);
      chmodSync(disk.folder, 0o700);
      await database.store.db.execute(sql.raw(`create tablespace small location '${disk.folder}'`));
      await database.store.db.execute(sql`alter table notes set tablespace small`);
      disk.fill();
      const { add, box } = outbox();
      const long = Array.from({ length: 20 }, (_, n) => `${n} ${'x'.repeat(1900)}`);
      add(...long);
      await until('it is known to be full', () => failures.at(-1) === 'full', 20_000);
      disk.free();
      expect(await box.through(box.mark(), 20_000)).toBe(true);
      expect(failures).toEqual(['full', undefined]);
      expect((await written()).map((note) => note.split(' ')[0])).toEqual(long.map((_, n) => String(n)));
      await box.close(1000);
    } finally {
      await database.store.db.execute(sql`alter table notes set tablespace pg_default`);
      await database.store.db.execute(sql`drop tablespace if exists small`);
      disk.close();
    }
  });
});
