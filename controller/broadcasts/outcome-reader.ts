import type { Clock } from '../clock.ts';
import type { Inventory } from '../inventory/index.ts';
import type { ClusterOutcome } from '../protocol/broadcasts.ts';
import type { SentStretch } from '../protocol/sent-sound.ts';
import type { Store } from '../store/index.ts';
import { breathe } from '../turns.ts';
import { sentSecondsOf } from './levels.ts';
import { type Giving, outcomesOneByOne } from './outcomes.ts';
import { type PoleFaults, readPoleFaults } from './pole-faults.ts';
import { type Programme, programmeOf } from './programme.ts';
import { readCauses, readMakeUps, readReceipts, readSentSound } from './queries.ts';
import { type BroadcastRecord, wasGiven } from './record.ts';

export interface OutcomeDeps {
  store: Store;
  clock: Clock;
  inventory: Pick<Inventory, 'cluster'>;
}

/** Judged in one turn of the event loop: each may have told of hours, second by second. */
const CLUSTERS_AT_ONCE = 5;
const NO_FAULTS: PoleFaults = { silences: new Map(), causes: new Map() };

/** What became of a broadcast on each of its clusters, by the receipts in the store: its own, and those of the passes that make up for it. */
export async function readOutcomes({ store, clock, inventory }: OutcomeDeps, record: BroadcastRecord): Promise<ClusterOutcome[]> {
  const programmeIn = (sent: readonly SentStretch[], { startedAtMs, endedAtMs }: BroadcastRecord): Programme | undefined =>
    sent.length === 0 || startedAtMs === null ? undefined : programmeOf(sent, { fromMs: startedAtMs, untilMs: endedAtMs ?? clock.nowMs() });
  const givingOf = async (given: BroadcastRecord): Promise<Giving> => {
    const { broadcastId, passes, positionMs, content, status, endedAtMs } = given;
    const sent = await readSentSound(store, broadcastId);
    const seconds = sentSecondsOf(sent);
    await breathe();
    return {
      passes,
      airedMs: positionMs,
      // A talk or a station is as long as it was on the air; a bulletin has an end.
      isCutShort: content.kind === 'bulletin' && passes.length === 0 && status !== 'finished' && endedAtMs !== null,
      // A message that was given whole is judged by its passes.
      programme: passes.length > 0 ? undefined : programmeIn(sent, given),
      seconds,
      isDueThroughout: content.kind === 'relay',
      receipts: await readReceipts(store, broadcastId),
    };
  };
  const clusters = record.clusterIds.map((clusterId) => {
    const cluster = inventory.cluster(clusterId);
    return { clusterId, clusterName: cluster?.name ?? clusterId, hamletId: cluster?.hamletId ?? clusterId };
  });
  const makeUps = record.class === 'emergency' ? await readMakeUps(store, [record.broadcastId]) : [];
  const passes = makeUps.filter(wasGiven);
  const during = {
    clusterIds: record.clusterIds,
    fromMs: record.startedAtMs ?? record.startsAtMs,
    untilMs: Math.max(...[record, ...passes].map(({ endedAtMs }) => endedAtMs ?? clock.nowMs())),
  };
  const { silences, causes } = record.startedAtMs === null ? NO_FAULTS : await readPoleFaults(store, during);
  const known = record.class === 'emergency' ? await readCauses(store, record.broadcastId) : new Map();
  const outcomes: ClusterOutcome[] = [];
  const judged = outcomesOneByOne({
    clusters,
    giving: await givingOf(record),
    makeUps: await Promise.all(passes.map(givingOf)),
    causes: new Map([...causes, ...known]),
    silences,
    endedAtMs: record.endedAtMs,
    nowMs: clock.nowMs(),
  });
  for (const outcome of judged) {
    outcomes.push(outcome);
    if (outcomes.length % CLUSTERS_AT_ONCE === 0) await breathe();
  }
  return outcomes;
}
