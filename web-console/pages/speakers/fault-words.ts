import type { SpeakerFault } from '../../../controller/protocol/speaker-state.ts';
import type { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';

/** What to do first, after what was measured where a figure says more than the fault's name. */
export function faultAdvice(t: typeof SPEAKER_WORDS.vi, { code, evidence }: Pick<SpeakerFault, 'code' | 'evidence'>): string {
  const behindMs = code === 'slow_path' ? evidence.behindNeighboursMs : undefined;
  const advice = t.faults.firstAction[code];
  return typeof behindMs === 'number' ? `${t.faults.slowBy(Math.round(behindMs))} ${advice}` : advice;
}
