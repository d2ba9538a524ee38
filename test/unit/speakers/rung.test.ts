import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FaultCode, SPEAKER_RUNGS } from '../../../controller/protocol/speaker-state.ts';
import { areHornsCut, deriveRung, mediaEvidenceMs, type RungEvidence } from '../../../controller/speakers/rung.ts';

const NOW_MS = 1_790_000_000_000;
const CONNECTED: RungEvidence = {
  connected: true,
  mediaSeenAtMs: null,
  programme: null,
  silentBeats: 0,
  hornsCut: false,
  bufferMs: 0,
  beatPeriodMs: 20_000,
  heardAtMs: NOW_MS,
};
const PROGRAMME = { channelId: 'c', broadcastId: 'b', reportedAtMs: NOW_MS };

describe('a speaker is shown no higher than its evidence', () => {
  test.each<[string, Partial<RungEvidence>, string]>([
    ['nothing without a connection', { connected: false, mediaSeenAtMs: NOW_MS, programme: PROGRAMME }, 'offline'],
    ['connected', {}, 'connected'],
    ['packets arrive', { mediaSeenAtMs: NOW_MS - 1000 }, 'receiving'],
    ['packets arrived long ago', { mediaSeenAtMs: NOW_MS - 51_000 }, 'connected'],
    ['sound waits in the buffer', { mediaSeenAtMs: NOW_MS, bufferMs: 800 }, 'decoding'],
    ['a full buffer without packets is old news', { bufferMs: 800 }, 'connected'],
    ['it says that it plays', { mediaSeenAtMs: NOW_MS, programme: PROGRAMME }, 'playing'],
    ['it says that it plays, and two beats show no level', { mediaSeenAtMs: NOW_MS, programme: PROGRAMME, silentBeats: 2 }, 'decoding'],
    [
      'it says that it plays, and has said nothing since',
      { mediaSeenAtMs: NOW_MS, programme: PROGRAMME, heardAtMs: NOW_MS - 9000 },
      'receiving',
    ],
    ['a stall of its network is no end', { mediaSeenAtMs: NOW_MS, programme: PROGRAMME, heardAtMs: NOW_MS - 5000 }, 'playing'],
    ['one silent beat is a pause', { mediaSeenAtMs: NOW_MS, programme: PROGRAMME, silentBeats: 1 }, 'playing'],
    ['its horns are cut off', { mediaSeenAtMs: NOW_MS, programme: PROGRAMME, hornsCut: true }, 'decoding'],
    [
      'it said so long ago and packets stopped',
      { mediaSeenAtMs: NOW_MS - 60_000, programme: { ...PROGRAMME, reportedAtMs: NOW_MS - 60_000 } },
      'connected',
    ],
  ])('%s', (_what, evidence, rung) => {
    expect(deriveRung({ ...CONNECTED, ...evidence }, NOW_MS)).toBe(rung);
  });

  test.each<[FaultCode[], boolean]>([
    [[], false],
    [['power_lost', 'clock_off'], false],
    [['amplifier_failed'], true],
    [['power_lost', 'line_open'], true],
    [['line_short'], true],
  ])('with %s standing, the horns being cut off is %s', (faults, cut) => {
    expect(areHornsCut(faults)).toBe(cut);
  });

  test('evidence stays good for two beats and a half, and for two pilots and a half when beats are quicker', () => {
    expect(mediaEvidenceMs(20_000)).toBe(50_000);
    expect(mediaEvidenceMs(1000)).toBe(25_000);
  });

  test('taking evidence away never raises the rung', () => {
    const evidence = fc.record({
      connected: fc.boolean(),
      mediaSeenAtMs: fc.option(fc.integer({ min: NOW_MS - 100_000, max: NOW_MS })),
      programme: fc.option(
        fc.record({
          channelId: fc.constant('c'),
          broadcastId: fc.constant('b'),
          reportedAtMs: fc.integer({ min: NOW_MS - 100_000, max: NOW_MS }),
        }),
      ),
      silentBeats: fc.integer({ min: 0, max: 3 }),
      hornsCut: fc.boolean(),
      bufferMs: fc.constantFrom(0, 500),
      heardAtMs: fc.integer({ min: NOW_MS - 20_000, max: NOW_MS }),
      beatPeriodMs: fc.constantFrom(1000, 20_000, 60_000),
    });
    const rank = (given: RungEvidence, nowMs: number): number => SPEAKER_RUNGS.indexOf(deriveRung(given, nowMs));
    fc.assert(
      fc.property(evidence, fc.integer({ min: 0, max: 200_000 }), (given, laterMs) => {
        const now = rank(given, NOW_MS);
        expect(rank({ ...given, mediaSeenAtMs: null }, NOW_MS)).toBeLessThanOrEqual(now);
        expect(rank({ ...given, hornsCut: true }, NOW_MS)).toBeLessThanOrEqual(now);
        expect(rank({ ...given, silentBeats: given.silentBeats + 1 }, NOW_MS)).toBeLessThanOrEqual(now);
        expect(rank(given, NOW_MS + laterMs)).toBeLessThanOrEqual(now);
        expect(rank({ ...given, connected: false }, NOW_MS)).toBe(0);
        expect(deriveRung(given, NOW_MS)).not.toBe('heard');
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
