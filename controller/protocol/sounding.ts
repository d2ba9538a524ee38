import type { BroadcastSummary } from './broadcasts.ts';

/** How many clusters sound of how many that should. */
export interface Sounding {
  sounding: number;
  /**
   * Clusters on which it is due. One that can't sound (offline, a broken line) is among them: the people there should hear it. One that a
   * person has muted is not, nor one on which something else sounds.
   */
  due: number;
  /** Of its clusters, silenced by a person; always 0 for an emergency, which no mute touches. */
  muted: number;
}

/** Pure; without schemas, for the console's pages. @param isMuted what is known of a cluster; unknown is not muted */
export function soundingOf(
  {
    class: itsClass,
    clusterIds,
    heldOffClusterIds = [],
    hearingClusters,
  }: Pick<BroadcastSummary, 'class' | 'clusterIds' | 'heldOffClusterIds' | 'hearingClusters'>,
  isMuted: (clusterId: string) => boolean,
): Sounding {
  const mutedIds = itsClass === 'emergency' ? [] : clusterIds.filter(isMuted);
  const others = new Set([...mutedIds, ...heldOffClusterIds]);
  const due = clusterIds.filter((clusterId) => !others.has(clusterId)).length;
  // The two are measured a moment apart.
  return { sounding: Math.min(hearingClusters, due), due, muted: mutedIds.length };
}
