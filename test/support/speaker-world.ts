import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { AuditEntry } from '../../controller/accounts/audit.ts';
import { type Clock, SystemClock } from '../../controller/clock.ts';
import { type AppEventName, type AppEvents, createEvents, type Events } from '../../controller/events.ts';
import { createFaults, type Faults } from '../../controller/faults/index.ts';
import { createSpeakers, type Speakers } from '../../controller/speakers/index.ts';
import type { SentBroadcast } from '../../controller/speakers/receipt-check.ts';
import { schema } from '../../controller/store/index.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../../controller/tls/index.ts';
import { startTestDatabase, type TestDatabase } from './postgres.ts';
import { makeScratchFolder } from './scratch-folder.ts';

export interface SpeakerWorld {
  clock: Clock;
  database: TestDatabase;
  authority: CertificateAuthority;
  events: Events;
  metrics: Registry;
  audit: AuditEntry[];
  faults: Faults;
  speakers: Speakers;
  /** What was sent of a broadcast: everything is on the air for ever, unless a test says otherwise. */
  sent(broadcastId: string): SentBroadcast | undefined;
  /** Everything that was told, in order. */
  told<Name extends AppEventName>(name: Name): AppEvents[Name][];
  /** Lets go of what was told so far. */
  forgetTold(): void;
  /** A new controller on the same database and authority, as after a restart. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface WorldOptions {
  beatPeriodMs?: number;
  clock?: Clock;
  clusters?: number;
  /** How often one speaker may come back; as in the product when absent. */
  reconnects?: { burst: number; perSecond: number };
  /** Of the speaker port; any free one when absent. */
  port?: number;
  /** This many speakers `SPK-1`, `SPK-2`, ... are in service from the start, on clusters `c-1`, `c-2`, ...; their certificates exist in name only. */
  inService?: number;
}

const RECORDED = [
  'speaker.changed',
  'speaker.connected',
  'speaker.disconnected',
  'speaker.receipt',
  'fault.raised',
  'fault.cleared',
  'system.condition',
] as const;

/** The speaker port and the fault rules on a real database and a real certificate authority; two hamlets, clusters `c-1`, `c-2`, ... */
export async function startSpeakerWorld(options: WorldOptions = {}): Promise<SpeakerWorld> {
  const clock = options.clock ?? new SystemClock();
  const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });
  const database = await startTestDatabase();
  const { store } = database;
  const authority = createCertificateAuthority({
    dataDir: makeScratchFolder('authority'),
    clock,
    logger,
    communeName: 'Xã Thử Nghiệm',
    publicAddresses: ['127.0.0.1', '::1', 'localhost'],
  });
  await authority.start();
  await store.db.insert(schema.hamlets).values([
    { id: 'ap-01', name: 'Ấp 1', position: 1 },
    { id: 'ap-02', name: 'Ấp 2', position: 2 },
  ]);
  await store.db.insert(schema.clusters).values([
    ...Array.from({ length: options.clusters ?? 4 }, (_, index) => ({
      id: `c-${index + 1}`,
      hamletId: index % 2 === 0 ? 'ap-01' : 'ap-02',
      name: `Cụm ${index + 1}`,
      kind: 'ip' as const,
    })),
    { id: 'fm-1', hamletId: 'ap-01', name: 'Cụm FM', kind: 'fm' as const },
  ]);

  if (options.inService) await putInService(database, options.inService);

  const audit: AuditEntry[] = [];
  const told: { name: AppEventName; fact: unknown }[] = [];
  const build = async () => {
    const events = createEvents((name, error) => {
      throw new Error(`listener of ${name}`, { cause: error });
    });
    for (const name of RECORDED) events.on(name, (fact) => told.push({ name, fact }));
    const metrics = new Registry();
    const faults = createFaults({ store, events, clock, logger, metrics });
    const speakers = createSpeakers({
      store,
      events,
      audit: {
        async record(entry) {
          audit.push(entry);
        },
      },
      clock,
      logger,
      metrics,
      tls: authority,
      faults,
      commune: 'Xã Thử Nghiệm',
      host: '127.0.0.1',
      port: options.port ?? 0,
      publicHost: '127.0.0.1',
      ...(options.reconnects ? { reconnects: options.reconnects } : {}),
      ...(options.beatPeriodMs === undefined ? {} : { beatPeriodMs: options.beatPeriodMs }),
    });
    speakers.setFindSent(async (broadcastId) => world.sent(broadcastId));
    await faults.start();
    await speakers.start();
    return { events, metrics, faults, speakers };
  };
  const stop = async (): Promise<void> => {
    await world.speakers.close();
    await world.faults.close();
  };
  const clusterIds = Array.from({ length: Math.max(options.clusters ?? 4, options.inService ?? 0) }, (_, index) => `c-${index + 1}`);
  const world: SpeakerWorld = {
    sent: () => ({ class: 'normal', clusterIds, startedAtMs: 0, endedAtMs: null, positionMs: 0 }),
    clock,
    database,
    authority,
    audit,
    ...(await build()),
    told: (name) => told.filter((entry) => entry.name === name).map((entry) => entry.fact as never),
    forgetTold: () => void told.splice(0),
    async restart() {
      await stop();
      Object.assign(world, await build());
    },
    async close() {
      await stop();
      authority.close();
      await database.close();
    },
  };
  return world;
}

async function putInService(database: TestDatabase, count: number): Promise<void> {
  const { db } = database.store;
  await db.execute(sql`insert into clusters (id, hamlet_id, name, kind)
    select 'c-' || n, case when n % 2 = 1 then 'ap-01' else 'ap-02' end, 'Cụm ' || n, 'ip' from generate_series(1, ${count}::int) n
    on conflict do nothing`);
  await db.execute(sql`insert into speakers (id, cluster_id, certificate_sha256, certificate_not_after, enrolled_at)
    select 'SPK-' || n, 'c-' || n, md5(n::text) || md5((-n)::text), now() + interval '1 year', now() from generate_series(1, ${count}::int) n`);
}
