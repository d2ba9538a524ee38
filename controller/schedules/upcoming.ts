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
  return [...overlapsOneByOne(playings, clash)];
}

/** The same, one playing after the other: each is less than a millisecond or two of work, whatever else there is. */
export function* overlapsOneByOne(playings: readonly UpcomingPlaying[], clash: typeof clashOf): Generator<UpcomingOccurrence> {
  const sorted = [...playings].sort((one, other) => one.startsAtMs - other.startsAtMs || (one.occurrenceId < other.occurrenceId ? -1 : 1));
  const isComing = (playing: UpcomingPlaying): boolean => playing.status === 'planned' || playing.status === 'broadcast';
  const commonPlaces = createPlaceComparison();
  for (const playing of sorted) {
    yield {
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
    };
  }

  function overlapsOf(playing: UpcomingPlaying): UpcomingOccurrence['overlaps'] {
    const overlaps: UpcomingOccurrence['overlaps'] = [];
    const endsAtMs = playing.startsAtMs + (playing.durationMs ?? 0);
    for (const other of sorted) {
      if (overlaps.length >= NAMED_MAX || (other.startsAtMs > playing.startsAtMs && other.startsAtMs >= endsAtMs)) break;
      if (other === playing || !isComing(other) || !shareTime(playing, other)) continue;
      const places = commonPlaces(playing.clusterIds, other.clusterIds);
      if (!places) continue;
      const met = clash(
        { ...playing, id: playing.occurrenceId, clusterIds: places.one },
        { ...other, id: other.occurrenceId, clusterIds: places.other },
      );
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

/** Places of two playings, each kind by one that stands for it: arbitration asks whether there are some, never how many. */
interface CommonPlaces {
  one: readonly string[];
  other: readonly string[];
}

const BOTH = 'both';

/** Compares lists of places as rows of bits. Playings of one schedule have the same list. Undefined: no place is common. */
function createPlaceComparison(): (one: readonly string[], other: readonly string[]) => CommonPlaces | undefined {
  const numbers = new Map<string, number>();
  const rows = new Map<readonly string[], Uint32Array>();
  const rowOf = (places: readonly string[]): Uint32Array => {
    const known = rows.get(places);
    if (known) return known;
    const ownNumbers = places.map((place) => {
      const number = numbers.get(place) ?? numbers.size;
      numbers.set(place, number);
      return number;
    });
    const row = new Uint32Array(Math.ceil((Math.max(-1, ...ownNumbers) + 1) / 32));
    for (const number of ownNumbers) row[number >>> 5] = (row[number >>> 5] ?? 0) | (1 << (number & 31));
    rows.set(places, row);
    return row;
  };
  return (one, other) => {
    const [first, second] = [rowOf(one), rowOf(other)];
    let [common, onlyFirst, onlySecond] = [0, 0, 0];
    for (let index = 0; index < Math.max(first.length, second.length); index++) {
      const [a, b] = [first[index] ?? 0, second[index] ?? 0];
      common |= a & b;
      onlyFirst |= a & ~b;
      onlySecond |= b & ~a;
    }
    if (common === 0) return undefined;
    return { one: onlyFirst === 0 ? [BOTH] : [BOTH, 'one'], other: onlySecond === 0 ? [BOTH] : [BOTH, 'other'] };
  };
}
