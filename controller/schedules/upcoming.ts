import type { clashOf, PlannedPlaying } from '../broadcasts/index.ts';
import type { UpcomingOccurrence } from '../protocol/schedules.ts';

/** One playing to come, with what is known of it. */
export interface UpcomingPlaying extends Omit<PlannedPlaying, 'id'> {
  occurrenceId: string;
  scheduleId: string;
  name: string;
  status: UpcomingOccurrence['status'];
  broadcastId: string | null;
}

/** Of each playing so many others are named that it meets: nobody reads more, and together they grow with the square. */
const NAMED_MAX = 20;

/**
 * Puts beside each playing those that it meets, and says who gets the clusters. Pure.
 * @param clash arbitration's word, clashOf(): handed in, so that the thread that computes this need not load all of broadcasts
 */
export function withOverlaps(playings: readonly UpcomingPlaying[], clash: typeof clashOf): UpcomingOccurrence[] {
  const sorted = [...playings].sort((one, other) => one.startsAtMs - other.startsAtMs || (one.occurrenceId < other.occurrenceId ? -1 : 1));
  const isComing = (playing: UpcomingPlaying): boolean => playing.status === 'planned' || playing.status === 'broadcast';
  const sharePlaces = placesRemembered();
  return sorted.map((playing) => ({
    occurrenceId: playing.occurrenceId,
    scheduleId: playing.scheduleId,
    name: playing.name,
    class: playing.class,
    startsAtMs: playing.startsAtMs,
    durationMs: playing.durationMs,
    clusterCount: playing.clusterIds.length,
    status: playing.status,
    broadcastId: playing.broadcastId,
    overlaps: isComing(playing) ? overlapsOf(playing) : [],
  }));

  function overlapsOf(playing: UpcomingPlaying): UpcomingOccurrence['overlaps'] {
    const overlaps: UpcomingOccurrence['overlaps'] = [];
    for (const other of sorted) {
      if (overlaps.length >= NAMED_MAX) break;
      if (other === playing || !isComing(other) || !shareTime(playing, other)) continue;
      if (!sharePlaces(playing.clusterIds, other.clusterIds)) continue;
      const met = clash({ ...playing, id: playing.occurrenceId }, { ...other, id: other.occurrenceId });
      if (!met) continue;
      const { occurrenceId, name, startsAtMs } = other;
      overlaps.push({ occurrenceId, name, startsAtMs, winner: met.winner === 'one' ? 'this' : 'other', loserThen: met.loserThen });
    }
    return overlaps;
  }
}

/** As clashOf() sees it, for a hundredth of its cost. */
function shareTime(one: UpcomingPlaying, other: UpcomingPlaying): boolean {
  const [first, second] = other.startsAtMs < one.startsAtMs ? [other, one] : [one, other];
  return first.startsAtMs === second.startsAtMs || second.startsAtMs < first.startsAtMs + (first.durationMs ?? 0);
}

/** Playings of one schedule have the same list of places: two lists are compared once. */
function placesRemembered(): (one: readonly string[], other: readonly string[]) => boolean {
  const sets = new Map<readonly string[], { set: ReadonlySet<string>; shares: Map<readonly string[], boolean> }>();
  return (one, other) => {
    let known = sets.get(one);
    if (!known) {
      known = { set: new Set(one), shares: new Map() };
      sets.set(one, known);
    }
    let shares = known.shares.get(other);
    if (shares === undefined) {
      const { set } = known;
      shares = other.some((clusterId) => set.has(clusterId));
      known.shares.set(other, shares);
    }
    return shares;
  };
}
