import { clashOf, type PlannedPlaying } from '../broadcasts/index.ts';
import type { UpcomingOccurrence } from '../protocol/schedules.ts';

/** One playing to come, with what is known of it. */
export interface UpcomingPlaying extends Omit<PlannedPlaying, 'id'> {
  occurrenceId: string;
  scheduleId: string;
  name: string;
  status: UpcomingOccurrence['status'];
  broadcastId: string | null;
}

/** Puts beside each playing those that it meets, and says who gets the clusters. Pure. */
export function withOverlaps(playings: readonly UpcomingPlaying[]): UpcomingOccurrence[] {
  const sorted = [...playings].sort((one, other) => one.startsAtMs - other.startsAtMs || (one.occurrenceId < other.occurrenceId ? -1 : 1));
  const isComing = (playing: UpcomingPlaying): boolean => playing.status === 'planned' || playing.status === 'broadcast';
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
    overlaps: !isComing(playing)
      ? []
      : sorted.flatMap((other) => {
          if (other === playing || !isComing(other)) return [];
          const clash = clashOf({ ...playing, id: playing.occurrenceId }, { ...other, id: other.occurrenceId });
          if (!clash) return [];
          const winner = clash.winner === 'one' ? ('this' as const) : ('other' as const);
          return [{ occurrenceId: other.occurrenceId, name: other.name, startsAtMs: other.startsAtMs, winner, loserThen: clash.loserThen }];
        }),
  }));
}
