import { useQuery } from '@tanstack/react-query';
import type { AddedPlaces, AddPlaces, Cluster, ClusterChanges, Hamlet, HamletChanges } from '../../controller/protocol/inventory.ts';
import { byName } from '../formats/search.ts';
import { call } from './client.ts';

export interface Place extends Hamlet {
  clusters: Cluster[];
}

/** The commune as people think of it: hamlets in their order, each with its clusters. */
async function fetchPlaces(): Promise<Place[]> {
  const [{ hamlets }, { clusters }] = await Promise.all([
    call<{ hamlets: Hamlet[] }>('GET', '/api/hamlets'),
    call<{ clusters: Cluster[] }>('GET', '/api/clusters'),
  ]);
  return [...hamlets]
    .sort((a, b) => a.position - b.position)
    .map((hamlet) => ({ ...hamlet, clusters: clusters.filter((cluster) => cluster.hamletId === hamlet.hamletId).sort(byName) }));
}

export const PLACES_KEY = ['places'];

export function usePlaces() {
  return useQuery({ queryKey: PLACES_KEY, queryFn: fetchPlaces, staleTime: 60_000 });
}

export const changeCluster = (clusterId: string, changes: ClusterChanges): Promise<Cluster> =>
  call('PATCH', `/api/clusters/${encodeURIComponent(clusterId)}`, changes);

export const changeHamlet = (hamletId: string, changes: HamletChanges): Promise<Hamlet> =>
  call('PATCH', `/api/hamlets/${encodeURIComponent(hamletId)}`, changes);

export const orderHamlets = (hamletIds: readonly string[]): Promise<{ hamlets: Hamlet[] }> =>
  call('PUT', '/api/hamlets/order', { hamletIds });

export const addPlaces = (places: AddPlaces): Promise<AddedPlaces> => call('POST', '/api/places', places);

/** Clusters that can be addressed: FM clusters have no return channel and are reached over their transmitter, not from here. */
export function ipClusters(places: readonly Place[]): Cluster[] {
  return places.flatMap((place) => place.clusters).filter((cluster) => cluster.kind === 'ip');
}
