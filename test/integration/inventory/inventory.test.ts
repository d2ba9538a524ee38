import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../controller/accounts/audit.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createInventory, type Inventory } from '../../../controller/inventory/index.ts';
import {
  type CommuneFile,
  clusterChanges,
  communeFile,
  MOST_CLUSTERS,
  MOST_HAMLETS,
  newCluster,
  newHamlet,
} from '../../../controller/protocol/inventory.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';

const AUTHOR = { userId: null, displayName: 'a test' };
const COMMUNE: CommuneFile = communeFile.parse({
  commune: { name: 'Xã Thử' },
  hamlets: [
    {
      id: 'ap-01',
      name: 'Ấp 1',
      population: 900,
      clusters: [
        { id: 'ap-01-c1', name: 'Cụm 1' },
        { id: 'ap-01-c2', name: 'Cụm 2', kind: 'fm' },
      ],
    },
    { id: 'ap-02', name: 'Ấp 2', clusters: [{ id: 'ap-02-c1', name: 'Cụm 1', latitude: 10.7, longitude: 106.8 }] },
  ],
});

describe('inventory', () => {
  let database: TestDatabase;
  let inventory: Inventory;
  const audited: AuditEntry[] = [];
  const open = (): Inventory =>
    createInventory({ store: database.store, clock: new SystemClock(), audit: { record: async (entry) => void audited.push(entry) } });

  beforeAll(async () => {
    database = await startTestDatabase();
    inventory = open();
    await inventory.start();
  });
  afterAll(async () => {
    await inventory.close();
    await database.close();
  });

  it('imports a commune once, and leaves alone what people changed since', async () => {
    expect(await inventory.importCommune(COMMUNE, AUTHOR)).toEqual({ hamlets: 2, clusters: 3 });
    await inventory.updateHamlet('ap-02', { name: 'Ấp Hai' }, AUTHOR);
    expect(await inventory.importCommune(COMMUNE, AUTHOR)).toEqual({ hamlets: 0, clusters: 0 });
    expect(inventory.hamlets().map((hamlet) => hamlet.name)).toEqual(['Ấp 1', 'Ấp Hai']);
    expect(inventory.cluster('ap-02-c1')).toMatchObject({ hamletId: 'ap-02', kind: 'ip', horns: 2, volumeDb: -6, latitude: 10.7 });
    expect(audited.map((entry) => entry.action)).toEqual(['commune.imported', 'hamlet.changed']);
  });

  it('names in the trail the account and the address, not what people call themselves, also while the trail can’t be written', async () => {
    const author = { userId: '11111111-1111-4111-8111-111111111111', username: 'lan.nguyen', displayName: 'Chủ tịch', ip: '10.0.0.7' };
    const waiting: AuditEntry[] = [];
    const away = createInventory({
      store: database.store,
      clock: new SystemClock(),
      audit: {
        async record(entry, { whenPossible = false } = {}) {
          if (!whenPossible) throw new Error('the store is away');
          waiting.push(entry);
        },
      },
    });
    await away.start();
    expect((await away.updateHamlet('ap-01', { name: 'Ấp Nhất' }, author)).name).toBe('Ấp Nhất');
    expect(waiting).toMatchObject([{ actorName: 'lan.nguyen', ip: '10.0.0.7', action: 'hamlet.changed', detail: { name: 'Ấp Nhất' } }]);
    await away.updateHamlet('ap-01', { name: 'Ấp 1' }, author);
    await away.close();
    await inventory.start();
  });

  it('is the same after a restart', async () => {
    const again = open();
    await again.start();
    expect(again.clusters()).toEqual(inventory.clusters());
    expect(again.hamlets()).toEqual(inventory.hamlets());
    await again.close();
  });

  it('holds as many places as a broadcast can name, says so, and lets what is there be changed', async () => {
    const { pool } = database.store;
    await pool.query(
      `insert into hamlets (id, name, position) select 'them-' || n, 'Ấp', n from generate_series(1, ${MOST_HAMLETS} - (select count(*) from hamlets)) n`,
    );
    await pool.query(
      `insert into clusters (id, hamlet_id, name, kind) select 'them-c' || n, 'ap-01', 'Cụm', 'ip' from generate_series(1, ${MOST_CLUSTERS} - (select count(*) from clusters) - 1) n`,
    );
    await inventory.start();
    const add = (clusterId: string) => inventory.createCluster(newCluster.parse({ clusterId, hamletId: 'ap-01', name: 'Cụm' }), AUTHOR);
    const outcomes = await Promise.allSettled([add('cuoi-1'), add('cuoi-2'), add('cuoi-3')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'inventory.too_many_clusters', status: 409, words: { vi: expect.stringContaining('5000') } },
    });
    await expect(inventory.createHamlet(newHamlet.parse({ hamletId: 'them', name: 'Ấp', position: 1 }), AUTHOR)).rejects.toMatchObject({
      code: 'inventory.too_many_hamlets',
    });
    const more = communeFile.parse({ commune: { name: 'Xã' }, hamlets: [{ id: 'them', name: 'Ấp' }] });
    await expect(inventory.importCommune(more, AUTHOR)).rejects.toMatchObject({ code: 'inventory.too_many_hamlets' });
    expect(await inventory.importCommune(COMMUNE, AUTHOR)).toEqual({ hamlets: 0, clusters: 0 });
    expect((await inventory.updateCluster('ap-01-c1', { note: 'cột mới' }, AUTHOR)).note).toBe('cột mới');
    await pool.query(`delete from clusters where id like 'them-%' or id like 'cuoi-%'`);
    await pool.query(`delete from hamlets where id like 'them-%'`);
    await inventory.updateCluster('ap-01-c1', { note: '' }, AUTHOR);
  });

  it('knows what targets mean, and keeps FM clusters apart', () => {
    expect(inventory.resolve({ everything: true })).toMatchObject({
      clusterIds: ['ap-01-c1', 'ap-02-c1'],
      fmClusterIds: ['ap-01-c2'],
      isEverything: true,
    });
    const some = inventory.resolve({ hamletIds: ['ap-01'], clusterIds: ['ap-01-c1'] });
    expect(some.clusterIds).toEqual(['ap-01-c1']);
    expect(some.hamlets.map((hamlet) => hamlet.hamletId)).toEqual(['ap-01']);
    expect(some.isEverything).toBe(false);
    expect(() => inventory.resolve({ hamletIds: ['ap-99'], clusterIds: [] })).toThrow(/no hamlet “ap-99”/);
    expect(() => inventory.resolve({ hamletIds: [], clusterIds: ['x'] })).toThrow(/no cluster “x”/);
  });

  it('adds and changes clusters, tells listeners, refuses a taken id and an unknown hamlet', async () => {
    const heard: string[] = [];
    const stop = inventory.onClusterChanged((cluster) => heard.push(`${cluster.clusterId} ${cluster.volumeDb}`));
    const cluster = newCluster.parse({ clusterId: 'ap-02-c2', hamletId: 'ap-02', name: 'Chợ' });
    await inventory.createCluster(cluster, AUTHOR);
    await inventory.updateCluster('ap-02-c2', { volumeDb: -12 }, AUTHOR);
    expect(heard).toEqual(['ap-02-c2 -6', 'ap-02-c2 -12']);
    const loudness = { muted: true, emergencyVolumeDb: -3 };
    expect(cluster).toMatchObject({ muted: false, emergencyVolumeDb: 0 });
    expect(await inventory.updateCluster('ap-02-c2', loudness, AUTHOR)).toMatchObject(loudness);
    expect(audited.at(-1)).toMatchObject({ action: 'cluster.changed', target: 'ap-02-c2', detail: loudness });
    // Nobody can set an emergency to inaudible.
    expect(clusterChanges.safeParse({ emergencyVolumeDb: -20.5 }).success).toBe(false);
    await expect(inventory.createCluster(cluster, AUTHOR)).rejects.toMatchObject({ code: 'inventory.exists', status: 409 });
    await expect(inventory.updateCluster('ap-02-c2', { hamletId: 'nowhere' }, AUTHOR)).rejects.toMatchObject({
      code: 'inventory.unknown_place',
    });
    stop();
    await inventory.updateCluster('ap-02-c2', { note: 'Sau chợ' }, AUTHOR);
    expect(heard).toHaveLength(3);
  });
});
