import type { BroadcastStatus } from '../../controller/protocol/broadcasts.ts';

/** What somebody was told is done. Whatever happens to the system, it must be so afterwards. */
export interface Promises {
  /** Broadcasts that were accepted, and what was said of each last. */
  broadcasts: Map<string, { stopped: boolean; startsLater: boolean; isEmergency: boolean }>;
  /** Entries of the dictionary: what was written -> how it is said. */
  words: Map<string, string>;
  /** Actions that the audit trail has to show: action -> targets, each as often as it was acknowledged. */
  audited: { action: string; target: string }[];
}

export function noPromises(): Promises {
  return { broadcasts: new Map(), words: new Map(), audited: [] };
}

/** What the system says of itself after the trouble. */
export interface Account {
  broadcasts: ReadonlyMap<string, { status: BroadcastStatus; hasSounded: boolean; hasCopy: boolean }>;
  words: ReadonlyMap<string, string>;
  audited: readonly { action: string; target: string }[];
  trailIsIntact: boolean;
}

const WAITS: readonly BroadcastStatus[] = ['planned', 'preparing'];
const ENDED: readonly BroadcastStatus[] = ['stopped', 'finished', 'cut', 'failed', 'missed'];

/** Promises that were not kept, each as a sentence. Pure. */
export function broken(promises: Promises, account: Account): string[] {
  const wrong: string[] = [];
  for (const [broadcastId, { stopped, startsLater, isEmergency }] of promises.broadcasts) {
    const found = account.broadcasts.get(broadcastId);
    if (!found) wrong.push(`broadcast ${broadcastId} was accepted and is not known`);
    else if (stopped && !ENDED.includes(found.status)) wrong.push(`broadcast ${broadcastId} was stopped and is ${found.status}`);
    else if (startsLater && !stopped && !WAITS.includes(found.status))
      wrong.push(`broadcast ${broadcastId} was planned and is ${found.status}`);
    else if (isEmergency && stopped && found.hasSounded && !found.hasCopy)
      wrong.push(`emergency ${broadcastId} sounded and has left no copy`);
  }
  for (const [written, spoken] of promises.words) {
    const found = account.words.get(written);
    if (found !== spoken) wrong.push(`"${written}" was accepted as "${spoken}" and is ${found === undefined ? 'not known' : `"${found}"`}`);
  }
  const left = account.audited.map(({ action, target }) => `${action} ${target}`);
  for (const { action, target } of promises.audited) {
    const at = left.indexOf(`${action} ${target}`);
    if (at < 0) wrong.push(`the audit trail does not show ${action} ${target}`);
    else left.splice(at, 1);
  }
  if (!account.trailIsIntact) wrong.push('the audit trail is not intact');
  return wrong;
}
