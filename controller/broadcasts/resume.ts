import type { Clock } from '../clock.ts';
import type { BroadcastEngine } from './engine.ts';
import type { Journal } from './journal.ts';
import type { MakeUpDesk } from './make-up/index.ts';
import type { PlannedBroadcasts } from './planned-broadcasts.ts';
import { reconcile } from './reconcile.ts';
import type { BroadcastRecord } from './record.ts';

export interface ResumeDeps {
  clock: Pick<Clock, 'nowMs'>;
  journal: Pick<Journal, 'note'>;
  engine: Pick<BroadcastEngine, 'conclude'>;
  planned: Pick<PlannedBroadcasts, 'prepare'>;
  makeUp: Pick<MakeUpDesk, 'start' | 'goesOn' | 'takeUp'>;
  /** Its time has not come. */
  arm(record: BroadcastRecord): void;
}

/**
 * Takes up what the last run left unfinished. Emergencies first; then what is still owed of those that are over, for its sake poles are kept silent; then everything else,
 * which finds them kept so.
 */
export async function resume(deps: ResumeDeps, unfinished: readonly BroadcastRecord[]): Promise<void> {
  const isEmergency = (record: BroadcastRecord): boolean => record.class === 'emergency';
  deps.makeUp.start();
  for (const record of unfinished.filter(isEmergency)) await goOn(deps, record);
  await deps.makeUp.takeUp();
  for (const record of unfinished.filter((each) => !isEmergency(each))) await goOn(deps, record);
}

async function goOn({ clock, journal, engine, planned, makeUp, arm }: ResumeDeps, record: BroadcastRecord): Promise<void> {
  const found = reconcile(record, clock.nowMs());
  journal.note(record.broadcastId, 'controller_restarted', { found: record.status, does: found.do, positionMs: record.positionMs });
  if (found.do === 'wait') arm(record);
  else if (found.do === 'conclude') engine.conclude(record, found.status, found.reason);
  else {
    if (record.class === 'emergency') makeUp.goesOn(record);
    await planned.prepare(record, found.do === 'resume');
  }
}
