import type { BroadcastStatus } from '../protocol/broadcasts.ts';
import { defaultLongestPauseMs } from './contender.ts';
import type { BroadcastRecord, EndReason } from './record.ts';
import { REASONS } from './words.ts';

/** What to do with a broadcast that the last run of the controller left unfinished. */
export type Reconciliation =
  /** Its time has not come. */
  | { do: 'wait' }
  /** Its time came while nobody was there, and it still makes sense. */
  | { do: 'start' }
  /** It was on the air: go on from the checkpoint. */
  | { do: 'resume' }
  | { do: 'conclude'; status: BroadcastStatus; reason: EndReason | null };

/** Less than this left of a relay is not worth opening it again. */
const SHORTEST_RELAY_MS = 5000;

/** Pure. @param nowMs epoch ms, at the start of the controller */
export function reconcile(record: BroadcastRecord, nowMs: number): Reconciliation {
  const { content, startedAtMs } = record;
  // Whoever still misses the emergency gets a pass of its own, decided anew.
  if (record.makesUpFor !== null)
    return { do: 'conclude', status: startedAtMs === null ? 'missed' : 'cut', reason: REASONS.controllerWasDown() };
  if (content.kind === 'microphone')
    return { do: 'conclude', status: startedAtMs === null ? 'missed' : 'cut', reason: REASONS.microphoneLost() };
  if (startedAtMs === null) {
    if (record.startsAtMs > nowMs) return { do: 'wait' };
    if (nowMs - record.startsAtMs <= record.latestStartMs) return { do: 'start' };
    return { do: 'conclude', status: 'missed', reason: REASONS.controllerWasDown() };
  }
  if (content.kind === 'relay') {
    const leftMs = startedAtMs + content.durationMs - nowMs;
    return leftMs >= SHORTEST_RELAY_MS ? { do: 'resume' } : { do: 'conclude', status: 'cut', reason: REASONS.downTooLong() };
  }
  if (record.durationMs !== null && record.positionMs >= record.durationMs) return { do: 'conclude', status: 'finished', reason: null };
  const lastSoundAtLeastMs = startedAtMs + record.positionMs;
  if (nowMs - lastSoundAtLeastMs <= defaultLongestPauseMs(record.class)) return { do: 'resume' };
  return { do: 'conclude', status: 'cut', reason: REASONS.downTooLong() };
}
