import type { BroadcastRecord } from './record.ts';

/** A broadcast with the file of its bulletin; null: other content. */
export interface Urgent {
  record: BroadcastRecord;
  masterPath: string | null;
}

/** One that is said a set number of times was missed by nobody who asks for the same within this time of its start. */
const TOGETHER_MS = 10_000;

/**
 * The emergency that says the same words at the same places already, if there is one: two people who press at the same moment mean one warning. Not one that would
 * be over before it was said as often as is wanted, nor one that is not as loud. Pure.
 * @param others what is on its way or on the air: of these only an emergency that sounds now, or is about to, says it already
 */
export function sameEmergency(asked: Urgent, others: readonly Urgent[], nowMs: number): BroadcastRecord | undefined {
  const { record: wish, masterPath } = asked;
  const { content } = wish;
  if (wish.class !== 'emergency' || wish.makesUpFor !== null || wish.status === 'planned' || content.kind !== 'bulletin') return undefined;
  const places = new Set(wish.clusterIds);
  const isSame = ({ record, masterPath: itsMasterPath }: Urgent): boolean => {
    const its = record.content;
    // A bulletin in the queue, or a warning that is planned for another time, warns nobody now.
    if (record.class !== 'emergency' || record.status === 'planned') return false;
    if (its.kind !== 'bulletin' || record.makesUpFor !== null || record.emergencyKind !== wish.emergencyKind || record.gainDb < wish.gainDb)
      return false;
    if (its.bulletinId !== content.bulletinId && (masterPath === null || itsMasterPath !== masterPath)) return false;
    if (record.clusterIds.length !== places.size || !record.clusterIds.every((clusterId) => places.has(clusterId))) return false;
    if (its.repeat === 'until_stopped') return true;
    return its.repeat === content.repeat && Math.abs(nowMs - record.startsAtMs) < TOGETHER_MS;
  };
  return others.find(isSame)?.record;
}
