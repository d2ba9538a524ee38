import type { Cluster } from '../../controller/protocol/inventory.ts';
import type { SpeakerLiveState } from '../../controller/protocol/speaker-state.ts';
import type { Place } from '../api/places.ts';
import { type Due, dueOn, type Evidence, evidenceOf } from '../live/evidence.ts';
import { isStale } from '../live/live-state.ts';
import { remembered } from '../live/plain-evidence.ts';
import { useControllerNow, useLive } from './console-context.ts';

/** One cluster, and what may be said of it. */
export interface EvidenceRow {
  cluster: Cluster;
  speaker: SpeakerLiveState | undefined;
  due: Due | undefined;
  evidence: Evidence;
}

/** What can be said of every cluster of the commune, now; without a link: what could be said at the last word from the server. */
export function useEvidenceRows(places: readonly Place[]): Map<string, EvidenceRow[]> {
  const live = useLive();
  const now = useControllerNow();
  const stale = isStale(live);
  const atMs = stale ? (live.stateAtMs ?? now) : now;
  const known = [...live.broadcasts.values()];
  return new Map(
    places.map((place) => [
      place.hamletId,
      place.clusters.map((cluster) => {
        const speaker = live.speakers.get(cluster.clusterId);
        const due = cluster.kind === 'ip' ? dueOn(cluster.clusterId, known, speaker?.muted) : undefined;
        const evidence = evidenceOf(speaker, due, atMs);
        return { cluster, speaker, due, evidence: stale ? remembered(evidence) : evidence };
      }),
    ]),
  );
}
