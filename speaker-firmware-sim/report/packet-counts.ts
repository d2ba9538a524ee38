import type { MediaCounts } from '../speaker/media-receiver.ts';

/** What became of the packets of one speaker, or of all. */
export interface PacketCounts extends MediaCounts {
  /** Never came in time. */
  lost: number;
  /** Came when they were asked for again. */
  repaired: number;
}

const NAMES = ['received', 'lost', 'repaired', 'late', 'duplicate', 'rejected', 'unplaced', 'nacksSent'] as const;

export function noPackets(): PacketCounts {
  return { received: 0, lost: 0, repaired: 0, late: 0, duplicate: 0, rejected: 0, unplaced: 0, nacksSent: 0 };
}

export function addPackets(sum: PacketCounts, more: PacketCounts): void {
  for (const name of NAMES) sum[name] += more[name];
}

/** What came after `before`. */
export function packetsSince(now: PacketCounts, before: PacketCounts): PacketCounts {
  const since = noPackets();
  for (const name of NAMES) since[name] = now[name] - before[name];
  return since;
}

/** Of the packets that were sent to the speaker: lost for good, and lost on the way at first, those included that came when asked for again. */
export function lossShares(counts: PacketCounts): { lossShare: number; lossShareBeforeRepair: number } {
  const sent = Math.max(1, counts.received + counts.lost);
  return { lossShare: counts.lost / sent, lossShareBeforeRepair: (counts.lost + counts.repaired) / sent };
}
