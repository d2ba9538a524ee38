import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../controller/accounts/audit.ts';
import { SystemClock } from '../../../controller/clock.ts';
import { createInventory, type Inventory } from '../../../controller/inventory/index.ts';
import { placeRow } from '../../../controller/protocol/inventory.ts';
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts';

const AUTHOR = { userId: null, displayName: 'a test' };

describe('places that people type or paste', () => {
  let database: TestDatabase;
  let inventory: Inventory;
  const audited: AuditEntry[] = [];

  beforeAll(async () => {
    database = await startTestDatabase();
    const audit = { record: async (entry: AuditEntry) => void audited.push(entry) };
    inventory = createInventory({ store: database.store, clock: new SystemClock(), audit });
    await inventory.start();
    await inventory.addPlaces([placeRow.parse({ hamlet: 'Ấp 1' }), placeRow.parse({ hamlet: 'Ấp 2', cluster: 'Chợ' })], AUTHOR);
  });
  afterAll(async () => {
    await inventory.close();
    await database.close();
  });

  it('adds a table of places, all or none, tells the speakers’ side, and leaves one line in the trail', async () => {
    const before = audited.length;
    const told: string[] = [];
    const end = inventory.onClusterChanged((cluster) => told.push(cluster.clusterId));
    const rows = [
      placeRow.parse({ hamlet: 'Ấp 2', cluster: 'Cổng chợ', horns: 4 }),
      placeRow.parse({ hamlet: 'Ấp Mới', cluster: 'Đình', kind: 'fm' }),
      placeRow.parse({ hamlet: 'ấp mới' }),
    ];
    expect(inventory.previewPlaces(rows)).toMatchObject({ hamlets: [{ name: 'Ấp Mới' }], clusters: [{ horns: 4 }, { kind: 'fm' }] });
    expect(inventory.hamlets()).toHaveLength(2);
    await inventory.addPlaces(rows, AUTHOR);
    expect(told).toEqual(['ap-2-c2', 'ap-moi-c1']);
    expect(inventory.cluster('ap-moi-c1')).toMatchObject({ name: 'Đình', kind: 'fm', hamletId: 'ap-moi' });
    expect(audited.slice(before).map(({ action, detail }) => [action, detail])).toEqual([
      ['places.added', { hamlets: ['Ấp Mới'], clusters: ['ap-2-c2', 'ap-moi-c1'] }],
    ]);
    expect(await inventory.addPlaces(rows, AUTHOR)).toEqual({ hamlets: [], clusters: [], presentRows: 3 });
    expect(audited).toHaveLength(before + 1);
    // The same at once from two pages: it is there once, and whoever came second is told.
    const both = [placeRow.parse({ hamlet: 'Ấp Kép', cluster: 'Một' })];
    const ends = await Promise.allSettled([inventory.addPlaces(both, AUTHOR), inventory.addPlaces(both, AUTHOR)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find((one) => one.status === 'rejected')?.reason).toMatchObject({ code: 'inventory.places_changed' });
    end();
  });

  it('puts the hamlets in another order, and refuses an order that leaves one out', async () => {
    const ids = inventory.hamlets().map(({ hamletId }) => hamletId);
    const reversed = ids.toReversed();
    await inventory.orderHamlets(reversed, AUTHOR);
    expect(inventory.hamlets().map(({ hamletId, position }) => [hamletId, position])).toEqual(reversed.map((id, index) => [id, index + 1]));
    expect(inventory.clusters()[0]?.hamletId).toBe(reversed.find((id) => inventory.clusters().some((one) => one.hamletId === id)));
    await expect(inventory.orderHamlets(reversed.slice(1), AUTHOR)).rejects.toMatchObject({ code: 'inventory.places_changed' });
    await expect(inventory.orderHamlets([...reversed.slice(1), 'ap-99'], AUTHOR)).rejects.toMatchObject({
      code: 'inventory.places_changed',
    });
    await inventory.orderHamlets(ids, AUTHOR);
  });
});
