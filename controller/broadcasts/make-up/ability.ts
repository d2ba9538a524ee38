import { NO_CURRENT_MA } from '../../protocol/media.ts';
import type { FaultCode, SpeakerLiveState } from '../../protocol/speaker-state.ts';
import type { Reason } from '../heard.ts';

/** Why a pole can't sound now, for a program and for a person (the end of a sentence). */
export interface Cause {
  code: string;
  vi: string;
  en: string;
}

/** With these nothing reaches the horns, whatever is played. */
export const CAUSE_BY_FAULT: readonly [FaultCode, Cause][] = [
  ['amplifier_failed', { code: 'amplifier_failed', vi: 'âm ly hỏng', en: 'the amplifier has failed' }],
  ['line_open', { code: 'line_open', vi: 'đứt dây loa', en: 'the horn line is open' }],
  ['line_short', { code: 'line_short', vi: 'chập dây loa', en: 'the horn line is shorted' }],
];
const NO_SPEAKER: Cause = { code: 'no_speaker', vi: 'chưa có bộ thu', en: 'it has no speaker' };
const OFFLINE: Cause = { code: 'offline', vi: 'mất kết nối', en: 'it is not connected' };
const NEVER_CONNECTED: Cause = { code: 'never_connected', vi: 'chưa kết nối lần nào', en: 'it was never connected' };
export const NO_ANSWER: Cause = { code: 'no_answer', vi: 'không trả lời', en: 'it does not answer' };
const NO_PATH: Cause = { code: 'media_path_down', vi: 'chưa nhận được tín hiệu âm thanh', en: 'no sound reaches it' };
const NO_POWER: Cause = { code: 'power_lost', vi: 'mất điện, không có ắc quy', en: 'it has no mains and no battery' };

/** What is found of every pole right after a start of the controller, before it has had the time to call. */
export const BACK_IN_A_MOMENT: ReadonlySet<Cause> = new Set([OFFLINE, NEVER_CONNECTED, NO_PATH]);

/**
 * Whether a pole could sound now: null, or why not. Pure.
 * @param aliveSinceMs a pole that has said nothing since then is cut off, though its connection still stands; epoch ms
 */
export function inabilityOf(speaker: SpeakerLiveState | undefined, aliveSinceMs: number): Cause | null {
  if (!speaker) return NO_SPEAKER;
  if (speaker.rung === 'offline') return speaker.lastBeatMs === null ? NEVER_CONNECTED : OFFLINE;
  for (const [code, cause] of CAUSE_BY_FAULT) if (speaker.faults.includes(code)) return cause;
  if (speaker.faults.includes('power_lost') && (speaker.telemetry?.batteryPercent ?? 0) <= 0) return NO_POWER;
  if (speaker.rung === 'connected' || speaker.faults.includes('media_path_down')) return NO_PATH;
  return speaker.lastBeatMs === null || speaker.lastBeatMs < aliveSinceMs ? NO_ANSWER : null;
}

/**
 * Whether what silenced a pole in the last giving, by its own receipt, still stands, so that one more would be for nothing: its amplifier still draws nothing, or it is muted
 * still, which should not keep an emergency silent and did. Everything else may have passed. Pure.
 */
export function isStillSilencedBy(reason: Reason, speaker: SpeakerLiveState | undefined): boolean {
  if (reason.code === 'muted') return speaker?.muted === true;
  return reason.code === 'no_current' && (speaker?.telemetry?.amplifierCurrentMa ?? NO_CURRENT_MA) < NO_CURRENT_MA;
}
