import type { Clock } from '../clock.ts';
import type { Inventory } from '../inventory/index.ts';
import type { ClusterOutcome } from '../protocol/broadcasts.ts';
import type { Store } from '../store/index.ts';
import { type Giving, outcomesOf } from './outcomes.ts';
import { readCauses, readMakeUps, readReceipts } from './queries.ts';
import { type BroadcastRecord, wasGiven } from './record.ts';

export interface OutcomeDeps {
  store: Store;
  clock: Clock;
  inventory: Pick<Inventory, 'cluster'>;
}

/** What became of a broadcast on each of its clusters, by the receipts in the store: its own, and those of the passes that make up for it. */
export async function readOutcomes({ store, clock, inventory }: OutcomeDeps, record: BroadcastRecord): Promise<ClusterOutcome[]> {
  const givingOf = async ({ broadcastId, passes, positionMs }: BroadcastRecord): Promise<Giving> => ({
    passes,
    airedMs: positionMs,
    receipts: await readReceipts(store, broadcastId),
  });
  const clusters = record.clusterIds.map((clusterId) => {
    const cluster = inventory.cluster(clusterId);
    return { clusterId, clusterName: cluster?.name ?? clusterId, hamletId: cluster?.hamletId ?? clusterId };
  });
  const makeUps = record.class === 'emergency' ? await readMakeUps(store, [record.broadcastId]) : [];
  return outcomesOf({
    clusters,
    giving: await givingOf(record),
    makeUps: await Promise.all(makeUps.filter(wasGiven).map(givingOf)),
    causes: record.class === 'emergency' ? await readCauses(store, record.broadcastId) : new Map(),
    endedAtMs: record.endedAtMs,
    nowMs: clock.nowMs(),
  });
}
