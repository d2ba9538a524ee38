import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eq, sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditTrail, createAuditTrail } from '../../../controller/accounts/index.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { CommandDesk } from '../../../controller/processes/index.ts';
import { createServerCommands } from '../../../controller/server-commands.ts';
import { writeTransitions } from '../../../controller/speakers/index.ts';
import {
  BoundedQueue,
  createLocalJournal,
  createQuarantine,
  type KeptQuarantine,
  type LocalJournal,
  Outbox,
  schema,
} from '../../../controller/store/index.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { until } from '../../support/until.ts';

const COMMAND = resolve(import.meta.dirname, '../../../controller/refused-command.ts');
const AUDIT_COMMAND = resolve(import.meta.dirname, '../../../controller/audit-command.ts');
const run = promisify(execFile);
const clock = new SystemClock();
const logger = pino({ level: 'silent' });
const { auditEntries, broadcasts, broadcastEvents, speakerTransitions } = schema;

describe('what the database refused', () => {
  let database: TestDatabase;
  let dataDir: string;
  let conditions: string[];
  let quarantine: KeptQuarantine;
  let local: LocalJournal;
  let audit: AuditTrail;
  let desk: CommandDesk | undefined;

  beforeEach(async () => {
    database = await startTestDatabase();
    dataDir = makeScratchFolder('refused');
    await start();
  });
  afterEach(async () => {
    await stop();
    await database.close();
  });

  async function start(): Promise<void> {
    conditions = [];
    const folder = join(dataDir, 'journal');
    quarantine = createQuarantine({ folder, clock, logger, onCondition: ({ state }) => conditions.push(state) });
    await quarantine.start();
    local = createLocalJournal({ folder, clock, logger });
    await local.start();
    const { store } = database;
    store.quarantine = quarantine;
    audit = createAuditTrail({ store, local, clock, logger, dataDir });
    await audit.start();
    desk = new CommandDesk({ dataDir, clock, logger, serve: createServerCommands({ store, quarantine, audit, clock }) });
    await desk.start();
  }
  async function stop(): Promise<void> {
    desk?.close();
    await audit.close();
    await local.close();
    await quarantine.close();
  }

  const command = (...args: string[]) => give(COMMAND, args);
  const give = (file: string, args: readonly string[]) =>
    run(process.execPath, [file, ...args, '--data-dir', dataDir], {
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', LOA_XA_LANGUAGE: 'en', DATABASE_URL: database.databaseUrl },
    }).catch((error: { stdout: string; stderr: string; code: number }) => error);
  const listed = async (): Promise<string[]> => (await quarantine.kept()).map(({ id }) => id);
  const trail = async () => (await audit.find({ limit: 100 })).entries.map(({ action, detail }) => ({ action, detail }));

  /** The ways of a commune, each with a rule in its way as an administrator may have made one. */
  const transition = () => ({
    ...{ entryId: randomUUID(), speakerId: 'loa-1', atMs: clock.nowMs() },
    ...{ fromRung: 'connected' as const, toRung: 'offline' as const, detail: {} },
  });
  async function refuseTransition(entry = transition()) {
    await database.store.db.execute(sql`alter table speaker_transitions add constraint no_offline check (to_rung <> 'offline') not valid`);
    const queue = new BoundedQueue<typeof entry>({ most: 10, batch: 10 });
    const outbox = new Outbox({
      name: 'changes of speakers',
      gatherMs: 0,
      ...{ clock, logger, queue, quarantine },
      write: (entries) => writeTransitions(database.store, entries as Parameters<typeof writeTransitions>[1]),
      onSetAside: ({ entry: refused }) => refused,
    });
    queue.add(entry);
    outbox.added();
    expect(await outbox.through(outbox.mark(), 10_000)).toBe(true);
    await outbox.close(1000);
    return entry;
  }
  const allowTransition = () => database.store.db.execute(sql`alter table speaker_transitions drop constraint no_offline`);

  it('is shown while the controller runs, stays while the cause is there, and is stored once when that is mended', async () => {
    expect(conditions).toEqual([]);
    const entry = await refuseTransition();
    expect(conditions).toEqual(['raised']);
    const [id = ''] = await listed();
    expect((await command()).stdout).toMatch(new RegExp(`${id}.*change of a speaker: refused\\n.*speakerId=loa-1.*\\n.*no_offline`));
    expect(await command('--put-back', 'all')).toMatchObject({ code: 1, stdout: expect.stringMatching(/still refused\n.*\n.*no_offline/) });
    expect(await listed()).toEqual([id]);
    await allowTransition();
    // As after a kill between the writing and the forgetting: it is there already.
    await writeTransitions(database.store, [entry as Parameters<typeof writeTransitions>[1][number]]);
    expect((await command('--put-back', id)).stdout).toContain('change of a speaker: stored');
    expect(await database.store.db.select().from(speakerTransitions)).toHaveLength(1);
    expect(await listed()).toEqual([]);
    expect(conditions).toEqual(['raised', 'cleared']);
    expect(await trail()).toMatchObject([{ action: 'refused.put_back', detail: { from: 'changes of speakers' } }]);
    expect((await command()).stdout).toBe('Nothing is refused.\n');
  });

  it('is dropped only with a reason, which the audit trail keeps; the others stay', async () => {
    quarantine.keep({ from: 'faults', failure: 'refused', reason: 'no', value: { cleared: { faultId: 'a' } } });
    quarantine.keep({ from: 'faults', failure: 'refused', reason: 'no', value: { cleared: { faultId: 'b' } } });
    await until('both are on the disk', async () => (await listed()).length === 2);
    const [first = '', second = ''] = await listed();
    expect(await command('--drop', first)).toMatchObject({ code: 2, stderr: expect.stringContaining('--why "REASON"') });
    expect((await command('--drop', first, '--why', 'thử')).stdout).toContain('dropped');
    expect(await listed()).toEqual([second]);
    expect(await trail()).toMatchObject([{ action: 'refused.dropped', detail: { about: 'faultId=a', why: 'thử' } }]);
    expect(await command('--drop', first, '--why', 'thử')).toMatchObject({ code: 1, stdout: 'There is no such entry.\n' });
    expect(conditions).toEqual(['raised']);
  });

  it('can be seen and stored while no controller runs, and the next start says nothing', async () => {
    await refuseTransition();
    await stop();
    await allowTransition();
    // By this the data directory is known as a controller's.
    writeFileSync(join(dataDir, 'tls/authority.pem'), '');
    const { stdout } = await command('--put-back', 'all');
    expect(stdout).toContain('change of a speaker: stored');
    await start();
    expect(await listed()).toEqual([]);
    expect(conditions).toEqual([]);
    expect(await trail()).toMatchObject([{ action: 'refused.put_back' }]);
    expect(await audit.verify()).toMatchObject({ intact: true });
  });

  it('a broadcast is filled in and never sounds by that; a line of its log and an audit entry are there once', async () => {
    const broadcastId = randomUUID();
    const record = {
      ...{
        broadcastId,
        title: 'Lũ',
        class: 'emergency',
        status: 'on_air',
        content: { kind: 'bulletin', bulletinId: randomUUID(), repeat: 1 },
      },
      ...{ targets: { everything: true }, clusterIds: ['a'], startsAtMs: 1000, startedAtMs: 1000, endedAtMs: null, durationMs: null },
      ...{ positionMs: 0, onPreempted: 'resume', preemptedBy: null, gainDb: 0, chime: false, emergencyKind: 'warning', attention: null },
      ...{ messageMs: null, latestStartMs: 1, origin: 'console', requestedBy: null, requestedByName: 'Hoa', endReason: null, passes: [] },
      ...{ makesUpFor: null, validForMs: 1 },
    };
    const line = { entryId: randomUUID(), atMs: 2000, kind: 'stopped', detail: {} };
    const value = { atMs: 5, actorId: null, actorName: 'Hoa', action: 'a', target: 't', ip: null, detail: {} };
    const kept = { failure: 'refused', reason: 'no' } as const;
    for (let twice = 0; twice < 2; twice += 1) {
      quarantine.keep({ ...kept, from: 'broadcast', value: { broadcastId, insert: record, patch: {} } });
      quarantine.keep({ ...kept, from: 'broadcast', value: { broadcastId, line } });
      quarantine.keep({ ...kept, from: 'audit', value });
      await until('all are on the disk', async () => (await listed()).length === 3);
      const { stdout } = await command('--put-back', 'all');
      expect(stdout.match(/: stored/g)).toHaveLength(3);
    }
    const rows = await database.store.db.select().from(broadcasts).where(eq(broadcasts.id, broadcastId));
    expect(rows).toMatchObject([{ status: 'cut', endReason: { code: 'broadcast.put_back' } }]);
    expect(await database.store.db.select().from(broadcastEvents)).toHaveLength(1);
    expect(await database.store.db.select().from(auditEntries).where(eq(auditEntries.action, 'a'))).toHaveLength(1);
    // What came too late to tell where it was changes nothing; what is missing is filled in.
    await database.store.db.update(broadcasts).set({ endReason: null, startedAt: null, positionMs: 7 });
    const patch = { status: 'on_air', positionMs: 3, startedAtMs: 1000, endReason: { code: 'x', vi: 'Chị Hoa đã dừng', en: 'stopped' } };
    quarantine.keep({ ...kept, from: 'broadcast', value: { broadcastId, patch } });
    await until('it is on the disk', async () => (await listed()).length === 1);
    await command('--put-back', 'all');
    expect(await database.store.db.select().from(broadcasts)).toMatchObject([
      { status: 'cut', positionMs: 7, startedAt: new Date(1000), endReason: { vi: 'Chị Hoa đã dừng' } },
    ]);
    expect(await audit.verify()).toMatchObject({ intact: true });
  });

  it('the audit trail is verified and a gap acknowledged by a command, too', async () => {
    const audited = (...args: string[]) => give(AUDIT_COMMAND, args);
    await audit.record({ actorId: null, actorName: 'Hoa', action: 'a', target: 't', ip: null });
    expect(await audited('verify')).toMatchObject({ stdout: expect.stringMatching(/^Intact: 1 entries/) });
    await database.store.db.update(auditEntries).set({ target: 'x' });
    expect(await audited('verify')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Not intact: entry \d+ was altered/) });
    expect(await audited('acknowledge')).toMatchObject({ code: 2 });
    const said = /^Broken: entry \d+ was altered; acknowledged by .* \(server\) on .*: test\nIntact since: 2 entries/;
    expect((await audited('acknowledge', '--why', 'test')).stdout).toMatch(said);
    expect((await audited('verify')).stdout).toMatch(said);
  });

  it('a line that a kill cut off costs no other', async () => {
    writeFileSync(join(dataDir, 'journal/refused.jsonl'), '{"atMs":1,"fro');
    quarantine.keep({ from: 'faults', failure: 'refused', reason: 'no', value: {} });
    await until('it is on the disk', async () => (await listed()).length === 2);
    expect((await quarantine.kept()).map(({ isDamaged }) => isDamaged)).toEqual([true, false]);
  });

  it('every outbox has its way back', async () => {
    const names = (
      await run(
        'grep',
        [
          '-rhoE',
          "name: ('[a-z ]+'|LOCAL_KIND)",
          'controller/speakers',
          'controller/faults',
          'controller/air',
          'controller/broadcasts',
          'controller/accounts',
        ],
        { cwd: resolve(import.meta.dirname, '../../..') },
      )
    ).stdout;
    const ways = readFileSync(resolve(import.meta.dirname, '../../../controller/refused-entries.ts'), 'utf8');
    for (const [, name] of names.matchAll(/'([a-z ]+)'/g)) expect(ways, name).toMatch(new RegExp(`'?${name}'?: \\(value\\)`));
  });
});
