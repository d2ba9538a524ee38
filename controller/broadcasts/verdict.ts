import type { BroadcastStatus } from '../protocol/broadcasts.ts';
import type { Decision } from './arbitration.ts';
import type { BroadcastRecord, EndReason } from './record.ts';
import { REASONS } from './words.ts';

/** What arbitration's last word on a broadcast is called, and why, for a person. Pure. @param by those in its way */
export function verdictOf(
  decision: Extract<Decision, { do: 'end' | 'miss' | 'refuse' }>,
  record: BroadcastRecord,
  by: readonly BroadcastRecord[],
): [BroadcastStatus, EndReason] {
  if (decision.do === 'refuse') return ['failed', REASONS.liveBusy(by)];
  const isEmergency = record.class === 'emergency';
  if (decision.do === 'end') {
    if (isEmergency) return ['cut', REASONS.replaced(by)];
    return ['cut', decision.why === 'preempted' ? REASONS.preempted(by) : REASONS.pausedTooLong(by)];
  }
  if (decision.why === 'too_late') return ['missed', REASONS.tooLate()];
  if (decision.why === 'not_ready') return ['failed', REASONS.nobodyConnected()];
  return ['missed', isEmergency ? REASONS.replaced(by) : REASONS.blocked(by)];
}
