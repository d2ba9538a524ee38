import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPlaces } from '../../../controller/inventory/new-places.ts';
import { type Cluster, cluster, type Hamlet, hamlet, newCluster, newHamlet, placeRow } from '../../../controller/protocol/inventory.ts';

const hamlets: Hamlet[] = [newHamlet.parse({ hamletId: 'ap-3', name: 'Ấp 3', position: 4 })];
const clusters: Cluster[] = [newCluster.parse({ clusterId: 'ap-3-c2', hamletId: 'ap-3', name: 'Nhà văn hóa' })];
const rows = (...cells: [hamlet: string, cluster?: string][]) =>
  cells.map(([name, one]) => placeRow.parse({ hamlet: name, cluster: one ?? null }));

describe('places from a table', () => {
  it('adds what is missing, in the order of the table, with ids made from the names', () => {
    const added = newPlaces(
      rows(['Ấp 3', 'Cổng chợ'], ['Khu phố Đông', 'Trường học'], ['Khu phố Đông', 'Đình'], ['Ấp 9']),
      hamlets,
      clusters,
    );
    expect(added.hamlets.map(({ hamletId, position }) => [hamletId, position])).toEqual([
      ['khu-pho-dong', 5],
      ['ap-9', 6],
    ]);
    expect(added.clusters.map(({ clusterId, name }) => [clusterId, name])).toEqual([
      ['ap-3-c1', 'Cổng chợ'],
      ['khu-pho-dong-c1', 'Trường học'],
      ['khu-pho-dong-c2', 'Đình'],
    ]);
    expect(added.presentRows).toBe(0);
  });

  it('knows a place by its name in any case, spacing or Unicode form, and adds it once', () => {
    const added = newPlaces(rows(['ẤP  3', 'nhà văn hóa'.normalize('NFD')], ['Ấp 3'], ['Ấp 4', 'A'], ['ấp 4', 'a']), hamlets, clusters);
    expect(added.hamlets).toHaveLength(1);
    expect(added.clusters).toHaveLength(1);
    expect(added.presentRows).toBe(3);
  });

  it('tells names apart that differ in a mark only', () => {
    const added = newPlaces(rows(['Ấp Đông'], ['Ấp Dông'], ['***'], ['???']), [], []);
    expect(added.hamlets.map(({ hamletId }) => hamletId)).toEqual(['ap-dong', 'ap-dong-2', 'ap', 'ap-2']);
  });

  it('makes valid and different ids from any names, and a second time adds nothing', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => text.trim().length > 0);
    const table = fc.array(fc.record({ hamlet: name, cluster: fc.option(name) }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(table, (cells) => {
        const given = cells.map((cell) => placeRow.parse(cell));
        const first = newPlaces(given, [], []);
        for (const one of first.hamlets) hamlet.parse(one);
        for (const one of first.clusters) cluster.parse(one);
        expect(new Set(first.hamlets.map(({ hamletId }) => hamletId)).size).toBe(first.hamlets.length);
        expect(new Set(first.clusters.map(({ clusterId }) => clusterId)).size).toBe(first.clusters.length);
        const second = newPlaces(given, first.hamlets, first.clusters);
        expect([second.hamlets, second.clusters, second.presentRows]).toEqual([[], [], given.length]);
      }),
    );
  });
});
