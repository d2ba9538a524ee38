import type { Tone } from '../design/tokens.ts';
import type { ClusterWord, Evidence } from './evidence.ts';

/** All that an announcer, approver or viewer is told of one cluster: is it heard there? */
export type PlainWord = 'heard' | 'unknown' | 'muted' | 'silent';

const PLAIN: Record<ClusterWord, PlainWord> = {
  heard: 'heard',
  silent: 'silent',
  // The amplifier draws current: nobody has heard it.
  sounding: 'unknown',
  starting: 'unknown',
  check: 'unknown',
  offline: 'unknown',
  muted: 'muted',
  ready: 'unknown',
  unknown: 'unknown',
};

/** Pure. Never more than the evidence, and red only on what is heard; amber stays, for somebody should be called. */
export function plainOf({ word, tone }: Pick<Evidence, 'word' | 'tone'>): { word: PlainWord; tone: Tone } {
  const plain = PLAIN[word];
  return { word: plain, tone: plain === 'unknown' && tone !== 'warn' ? 'unknown' : tone };
}

/** Evidence that is only a memory: nothing is proven now, so no colour claims anything. */
export function remembered(evidence: Evidence): Evidence {
  return { ...evidence, tone: 'unknown' };
}
