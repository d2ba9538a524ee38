import type { CommuneFile, NewCluster, NewHamlet } from '../protocol/inventory.ts';

export function hamletRowsOf(commune: CommuneFile): NewHamlet[] {
  return commune.hamlets.map((hamlet, index) => ({
    hamletId: hamlet.id,
    name: hamlet.name,
    position: index + 1,
    population: hamlet.population ?? null,
    latitude: hamlet.latitude ?? null,
    longitude: hamlet.longitude ?? null,
  }));
}

export function clusterRowsOf(commune: CommuneFile): NewCluster[] {
  return commune.hamlets.flatMap((hamlet) =>
    hamlet.clusters.map((cluster) => ({
      clusterId: cluster.id,
      hamletId: hamlet.id,
      name: cluster.name,
      kind: cluster.kind,
      horns: cluster.horns,
      volumeDb: cluster.volumeDb,
      muted: cluster.muted,
      emergencyVolumeDb: cluster.emergencyVolumeDb,
      alignDelayMs: 0,
      latitude: cluster.latitude ?? null,
      longitude: cluster.longitude ?? null,
      note: cluster.note,
    })),
  );
}
