import { describe, expect, it } from 'vitest';
import { resolveTargets } from '../../../controller/inventory/targets.ts';
import { cluster, hamlet, MOST_CLUSTERS, MOST_HAMLETS } from '../../../controller/protocol/inventory.ts';
import { leastProcessorMs } from '../../support/processor-time.ts';

const byId = <Id extends string, One extends Record<Id, string>>(key: Id, all: readonly One[]): Map<string, One> =>
  new Map(all.map((one) => [one[key], one]));

/** A commune with so many clusters, and each of its places by name. */
function everyPlace(clusterCount: number) {
  const place = { latitude: null, longitude: null };
  const hamlets = Array.from({ length: MOST_HAMLETS }, (_, n) =>
    hamlet.parse({ hamletId: `ap-${String(n).padStart(37, '0')}`, name: 'x', position: n, population: null, ...place }),
  );
  const clusters = Array.from({ length: clusterCount }, (_, n) =>
    cluster.parse({
      ...{
        clusterId: `cum-${String(n).padStart(36, '0')}`,
        hamletId: hamlets[n % hamlets.length]?.hamletId,
        name: 'x',
        kind: 'ip',
        horns: 2,
      },
      ...{ volumeDb: 0, muted: false, emergencyVolumeDb: 0, alignDelayMs: 0, note: '', ...place },
    }),
  );
  const targets = { hamletIds: hamlets.map(({ hamletId }) => hamletId), clusterIds: clusters.map(({ clusterId }) => clusterId) };
  return () => resolveTargets(targets, byId('hamletId', hamlets), byId('clusterId', clusters));
}

describe('what targets mean', () => {
  it('costs what there are places, not their square, when every one is named', () => {
    expect(everyPlace(MOST_CLUSTERS)().isEverything).toBe(true);
    const few = everyPlace(MOST_CLUSTERS / 10);
    const all = everyPlace(MOST_CLUSTERS);
    expect(leastProcessorMs(all, 5)).toBeLessThan(25 * Math.max(0.5, leastProcessorMs(few, 5)));
  });
});
