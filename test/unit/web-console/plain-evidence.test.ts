import { describe, expect, it } from 'vitest';
import type { Tone } from '../../../web-console/design/tokens.ts';
import type { ClusterWord } from '../../../web-console/live/evidence.ts';
import { plainOf, remembered } from '../../../web-console/live/plain-evidence.ts';

describe('what an announcer is told of a cluster', () => {
  it.each<[ClusterWord, Tone, string, Tone]>([
    ['heard', 'onAir', 'heard', 'onAir'],
    ['sounding', 'onAir', 'unknown', 'unknown'],
    ['starting', 'unknown', 'unknown', 'unknown'],
    ['silent', 'silent', 'silent', 'silent'],
    ['check', 'warn', 'unknown', 'warn'],
    ['offline', 'warn', 'unknown', 'warn'],
    ['muted', 'quiet', 'muted', 'quiet'],
    ['ready', 'quiet', 'unknown', 'unknown'],
    ['unknown', 'unknown', 'unknown', 'unknown'],
  ])('%s is never more than was proven', (word, tone, plain, plainTone) => {
    expect(plainOf({ word, tone })).toEqual({ word: plain, tone: plainTone });
  });
});

it('a memory keeps its word and claims nothing by colour', () => {
  const evidence = { word: 'heard', tone: 'onAir', segments: 5, sinceMs: 1 } as const;
  expect(remembered(evidence)).toEqual({ ...evidence, tone: 'unknown' });
});
