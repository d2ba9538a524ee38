import type { Targets } from '../../controller/protocol/broadcasts.ts';
import type { Place } from '../api/places.ts';
import { useMessages } from '../i18n/messages.ts';

const NAMED_AT_MOST = 3;

/** "Toàn xã", "Ấp 1, Ấp 2 và 3 nơi khác": where, in few words. */
export function usePlaceWords(places: readonly Place[]): (targets: Targets) => string {
  const t = useMessages();
  return (targets) => {
    if ('everything' in targets) return t.places.everything;
    const hamlets = targets.hamletIds.map((id) => places.find((place) => place.hamletId === id)?.name ?? id);
    const clusters = targets.clusterIds.map((id) => {
      const place = places.find((candidate) => candidate.clusters.some((cluster) => cluster.clusterId === id));
      return place?.clusters.find((cluster) => cluster.clusterId === id)?.name ?? id;
    });
    const names = [...hamlets, ...clusters];
    const named = names.slice(0, NAMED_AT_MOST).join(', ');
    return names.length > NAMED_AT_MOST ? t.places.andOthers(named, names.length - NAMED_AT_MOST) : named;
  };
}
