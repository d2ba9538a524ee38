import type { BroadcastRecord } from '../record.ts';

type Told = Pick<BroadcastRecord, 'broadcastId' | 'startedAtMs' | 'clusterIds'>;

/** Nothing is made up for longer. */
const REMEMBERED_MS = 2 * 86_400_000;

/** Where an emergency was followed by another: a correction, an all-clear, a worse warning. There the older one must not be heard again. */
export class NewerEmergencies {
  #told = new Map<string, Told>();

  /** Emergencies that have begun to sound; make-up passes are none. */
  note(record: BroadcastRecord): void {
    if (record.class !== 'emergency' || record.makesUpFor !== null || record.startedAtMs === null) return;
    this.#told.set(record.broadcastId, record);
    for (const [broadcastId, told] of this.#told) {
      if ((told.startedAtMs ?? 0) < record.startedAtMs - REMEMBERED_MS) this.#told.delete(broadcastId);
    }
  }

  /** The clusters where something newer was said. */
  since(original: Pick<BroadcastRecord, 'broadcastId' | 'startedAtMs'>): ReadonlySet<string> {
    const clusterIds = new Set<string>();
    for (const told of this.#told.values()) {
      if (told.broadcastId === original.broadcastId || (told.startedAtMs ?? 0) <= (original.startedAtMs ?? 0)) continue;
      for (const clusterId of told.clusterIds) clusterIds.add(clusterId);
    }
    return clusterIds;
  }
}
