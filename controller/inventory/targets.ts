import type { Targets } from '../protocol/broadcasts.ts';
import type { Cluster, Hamlet } from '../protocol/inventory.ts';
import { noSuchCluster, noSuchHamlet } from './inventory-errors.ts';

/** What "here and there" means on the ground at this moment. */
export interface Resolution {
  /** IP clusters, in the inventory's order, each once. */
  clusterIds: string[];
  /** FM clusters that are meant but can't be controlled. */
  fmClusterIds: string[];
  /** Hamlets with at least one of those clusters, in order. */
  hamlets: Hamlet[];
  /** All IP clusters there are. */
  isEverything: boolean;
}

/** @throws AppError `inventory.unknown_place` for an id that isn't there. */
export function resolveTargets(
  targets: Targets,
  hamletsById: ReadonlyMap<string, Hamlet>,
  clustersById: ReadonlyMap<string, Cluster>,
): Resolution {
  const clusters = [...clustersById.values()];
  let meant = clusters;
  if (!('everything' in targets)) {
    const hamletIds = new Set(targets.hamletIds);
    const clusterIds = new Set(targets.clusterIds);
    for (const hamletId of hamletIds) if (!hamletsById.has(hamletId)) throw noSuchHamlet(hamletId);
    for (const clusterId of clusterIds) if (!clustersById.has(clusterId)) throw noSuchCluster(clusterId);
    meant = clusters.filter((cluster) => hamletIds.has(cluster.hamletId) || clusterIds.has(cluster.clusterId));
  }
  const reached = new Set(meant.map((cluster) => cluster.hamletId));
  const clusterIds = meant.filter((cluster) => cluster.kind === 'ip').map((cluster) => cluster.clusterId);
  return {
    clusterIds,
    fmClusterIds: meant.filter((cluster) => cluster.kind === 'fm').map((cluster) => cluster.clusterId),
    hamlets: [...hamletsById.values()].filter((hamlet) => reached.has(hamlet.hamletId)),
    isEverything: clusterIds.length === clusters.filter((cluster) => cluster.kind === 'ip').length,
  };
}
