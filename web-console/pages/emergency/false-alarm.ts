import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import type { Fired, StartRequest, Stopped } from '../../api/broadcasts.ts';
import { sayingOf } from './prepared.ts';

/** How far the taking back of a false alarm has come. From `looking` on the emergency is silent. */
export type FalseAlarm =
  | { step: 'stopping' }
  | { step: 'not_stopped'; problem: unknown }
  | { step: 'looking' }
  | { step: 'not_loaded'; problem: unknown }
  | { step: 'no_correction' }
  | { step: 'sending'; title: string }
  | { step: 'unknown'; title: string }
  | { step: 'refused'; title: string; problem: unknown }
  | { step: 'acknowledged'; title: string; broadcast: BroadcastSummary };

export interface FalseAlarmWays {
  stop(broadcastId: string): Promise<Stopped>;
  /** What stands ready in the library; undefined: nothing. Throws when the library can't be read. */
  findCorrection(): Promise<Bulletin | undefined>;
  /** Where an emergency was given that is over. Throws when that can't be read. */
  placesOf(broadcastId: string): Promise<BroadcastSummary['targets']>;
  fire(request: StartRequest, onUnknown: () => void): Promise<Fired>;
}

const UNDER_WAY: readonly FalseAlarm['step'][] = ['stopping', 'looking', 'sending', 'unknown'];
export const isUnderWay = (alarm: FalseAlarm | undefined): boolean => alarm !== undefined && UNDER_WAY.includes(alarm.step);

/**
 * Stops the emergency, then says that it was a mistake; `tell` hears of every step, so that none can fail in silence. Begun again with
 * the same id after a failure it goes on where it stood: what is stopped stays stopped, and the correction can sound once only.
 */
export async function takeBack(
  { broadcastId, targets, makesUpFor }: Pick<BroadcastSummary, 'broadcastId' | 'targets' | 'makesUpFor'>,
  correctionId: string,
  ways: FalseAlarmWays,
  tell: (alarm: FalseAlarm) => void,
): Promise<void> {
  tell({ step: 'stopping' });
  const stopped = await ways.stop(broadcastId);
  if (stopped.outcome === 'unknown') return tell({ step: 'not_stopped', problem: stopped.problem });
  tell({ step: 'looking' });
  let correction: Bulletin | undefined;
  let places = targets;
  try {
    correction = await ways.findCorrection();
    // A make-up pass reaches those that missed it; the mistake was heard by all the others.
    if (makesUpFor !== null) places = await ways.placesOf(makesUpFor);
  } catch (problem) {
    return tell({ step: 'not_loaded', problem });
  }
  if (!correction) return tell({ step: 'no_correction' });
  const { title } = correction;
  tell({ step: 'sending', title });
  const request: StartRequest = {
    broadcastId: correctionId,
    title,
    class: 'emergency',
    ...sayingOf(correction),
    emergencyKind: 'correction',
    targets: places,
  };
  try {
    const fired = await ways.fire(request, () => tell({ step: 'unknown', title }));
    if (fired.outcome === 'refused') tell({ step: 'refused', title, problem: fired.problem });
    else tell({ step: 'acknowledged', title, broadcast: fired.broadcast });
  } catch (problem) {
    tell({ step: 'refused', title, problem });
  }
}
