import type { BroadcastRecord } from '../record.ts';

/** Between the decision and the first word, and after the last: channels open, delays. */
const MARGIN_MS = 4000;

/**
 * The clusters where something sounds, or will begin before a pass that begins now is over. Pure.
 * @param active everything that is not over; `heldOff`: the clusters where it can't sound just now: something else has the loudspeaker, or they are held
 * @param passMs how long the pass takes
 */
export function soundingDuring(
  active: readonly { record: BroadcastRecord; heldOff: readonly string[] }[],
  passMs: number,
  nowMs: number,
): Set<string> {
  const busy = new Set<string>();
  for (const { record, heldOff } of active) {
    // What is pre-empted everywhere waits for who sounds there; that one is in the list too.
    if (record.status === 'preempted' || record.startsAtMs > nowMs + passMs + MARGIN_MS) continue;
    const silent = new Set(heldOff);
    for (const clusterId of record.clusterIds) if (!silent.has(clusterId)) busy.add(clusterId);
  }
  return busy;
}
