import type { Targets } from '../../controller/protocol/broadcasts.ts';

/** What is ticked. Everything, or whole hamlets and single clusters beside them. */
export interface PlaceChoice {
  everything: boolean;
  hamletIds: ReadonlySet<string>;
  clusterIds: ReadonlySet<string>;
}

export const EVERYTHING: PlaceChoice = { everything: true, hamletIds: new Set(), clusterIds: new Set() };
export const NOWHERE: PlaceChoice = { everything: false, hamletIds: new Set(), clusterIds: new Set() };

/** What the API is asked for; undefined while nothing is ticked. */
export function targetsOf(choice: PlaceChoice): Targets | undefined {
  if (choice.everything) return { everything: true };
  if (choice.hamletIds.size + choice.clusterIds.size === 0) return undefined;
  return { hamletIds: [...choice.hamletIds], clusterIds: [...choice.clusterIds] };
}

function toggled(set: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** A hamlet as a whole; its single clusters are untied, so that nothing is chosen twice. */
export function toggleHamlet(choice: PlaceChoice, hamletId: string, itsClusterIds: readonly string[]): PlaceChoice {
  const clusterIds = new Set([...choice.clusterIds].filter((id) => !itsClusterIds.includes(id)));
  return { everything: false, hamletIds: toggled(choice.hamletIds, hamletId), clusterIds };
}

/** One cluster. Taking one out of a whole hamlet leaves its others chosen. */
export function toggleCluster(choice: PlaceChoice, hamletId: string, clusterId: string, itsClusterIds: readonly string[]): PlaceChoice {
  if (!choice.hamletIds.has(hamletId)) return { ...choice, everything: false, clusterIds: toggled(choice.clusterIds, clusterId) };
  const hamletIds = toggled(choice.hamletIds, hamletId);
  const clusterIds = new Set([...choice.clusterIds, ...itsClusterIds.filter((id) => id !== clusterId)]);
  return { everything: false, hamletIds, clusterIds };
}
