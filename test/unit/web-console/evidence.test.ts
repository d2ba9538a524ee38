import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULT_CODES, SPEAKER_RUNGS } from '../../../controller/protocol/speaker-state.ts';
import { dueOn, evidenceOf, GRACE_MS, needsAttention } from '../../../web-console/live/evidence.ts';
import { fakeBroadcast, fakeCommune } from '../../support/fake-commune.ts';

const NOW = 1_800_000_000_000;
const speaker = (change: Record<string, unknown> = {}) => {
  const known = fakeCommune(NOW).speakers.get('ap-01-c1');
  if (!known) throw new Error('the fake commune has no ap-01-c1');
  return { ...known, ...change };
};
const normal = fakeBroadcast({ startedAtMs: NOW - 60_000, startsAtMs: NOW - 60_000 }, ['ap-01-c1'], NOW);
const due = { broadcastId: normal.broadcastId, sinceMs: NOW - 60_000 };

describe('what may be said of a cluster', () => {
  it('nothing known is unknown, not fine', () => {
    expect(evidenceOf(undefined, undefined, NOW)).toMatchObject({ word: 'unknown', tone: 'unknown', segments: 0 });
    expect(evidenceOf(speaker({ rung: 'offline', lastBeatMs: null }), due, NOW).word).toBe('unknown');
  });

  it('connected is normal while nothing is due, and not enough while something is', () => {
    expect(evidenceOf(speaker({ rung: 'connected' }), undefined, NOW)).toMatchObject({ word: 'ready', tone: 'quiet', segments: 1 });
    expect(evidenceOf(speaker({ rung: 'connected' }), due, NOW)).toMatchObject({ word: 'check', tone: 'warn', segments: 1 });
  });

  it('gives a speaker a moment to start', () => {
    const fresh = { ...due, sinceMs: NOW - GRACE_MS + 1 };
    expect(evidenceOf(speaker(), fresh, NOW).word).toBe('starting');
    expect(evidenceOf(speaker(), { ...due, sinceMs: NOW - GRACE_MS }, NOW).word).toBe('check');
  });

  it('playing something else is no proof of this', () => {
    expect(evidenceOf(speaker({ rung: 'playing', broadcastId: 'another' }), due, NOW).word).toBe('check');
    expect(evidenceOf(speaker({ rung: 'playing', broadcastId: due.broadcastId }), due, NOW).word).toBe('sounding');
  });

  it('is muted, and nothing worse, while a person has silenced it and no emergency is due', () => {
    const muted = speaker({ muted: true });
    const emergency = fakeBroadcast({ class: 'emergency', startedAtMs: NOW - 60_000 }, ['ap-01-c1'], NOW - 60_000);
    expect(evidenceOf(muted, dueOn('ap-01-c1', [normal], true), NOW)).toMatchObject({ word: 'muted', tone: 'quiet' });
    expect(needsAttention('muted')).toBe(false);
    const due = dueOn('ap-01-c1', [normal, emergency], true);
    expect(due?.broadcastId).toBe(emergency.broadcastId);
    expect(evidenceOf(muted, due, NOW).word).toBe('check');
    expect(evidenceOf(speaker({ muted: true, rung: 'playing', broadcastId: emergency.broadcastId }), due, NOW).word).toBe('sounding');
    expect(evidenceOf(speaker({ muted: true, rung: 'offline' }), undefined, NOW).word).toBe('offline');
    expect(evidenceOf(speaker({ muted: true, faults: ['line_open'] }), undefined, NOW).word).toBe('check');
  });

  it('is ready with a path that is only slow', () => {
    expect(evidenceOf(speaker({ faults: ['slow_path'] }), undefined, NOW).word).toBe('ready');
  });

  it('is silent when it is offline or has an open line while sound is due', () => {
    expect(evidenceOf(speaker({ rung: 'offline' }), due, NOW).tone).toBe('silent');
    expect(evidenceOf(speaker({ rung: 'playing', broadcastId: due.broadcastId, faults: ['line_open'] }), due, NOW).word).toBe('silent');
  });

  it('claims sound only on the rungs that prove it, and red only with sound', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SPEAKER_RUNGS),
        fc.subarray([...FAULT_CODES]),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 120_000 }),
        (rung, faults, isDue, same, agoMs) => {
          const broadcast = { ...due, sinceMs: NOW - agoMs };
          const state = speaker({ rung, faults, broadcastId: same ? due.broadcastId : null });
          const evidence = evidenceOf(state, isDue ? broadcast : undefined, NOW);
          if (evidence.word === 'sounding' || evidence.word === 'heard') {
            expect(['playing', 'heard']).toContain(rung);
            expect(isDue && same).toBe(true);
          }
          expect(evidence.tone === 'onAir').toBe(evidence.word === 'sounding' || evidence.word === 'heard');
          expect(evidence.segments).toBeLessThanOrEqual(SPEAKER_RUNGS.indexOf(rung));
        },
      ),
    );
  });
});

describe('what is due on a cluster', () => {
  const onAir = (change: Parameters<typeof fakeBroadcast>[0], startedAgoMs = 60_000) =>
    fakeBroadcast({ startedAtMs: NOW - startedAgoMs, ...change }, ['ap-01-c1'], NOW - startedAgoMs);
  const dueId = (...known: ReturnType<typeof onAir>[]): string | undefined => dueOn('ap-01-c1', known)?.broadcastId;

  it('is the higher class; what is not on air is not due', () => {
    const emergency = onAir({ class: 'emergency' });
    const planned = onAir({ class: 'emergency', status: 'planned' });
    expect(dueId(normal, emergency)).toBe(emergency.broadcastId);
    expect(dueId(normal, planned)).toBe(normal.broadcastId);
    expect(dueOn('ap-02-c1', [normal, emergency])).toBeUndefined();
  });

  it('is among equals the older, but the newer of two emergencies, in whatever order they are known', () => {
    const [older, newer] = [onAir({}, 90_000), onAir({}, 30_000)];
    expect([dueId(older, newer), dueId(newer, older)]).toEqual([older.broadcastId, older.broadcastId]);
    const [first, second] = [onAir({ class: 'emergency' }, 90_000), onAir({ class: 'emergency' }, 30_000)];
    expect([dueId(first, second), dueId(second, first)]).toEqual([second.broadcastId, second.broadcastId]);
  });

  it('is not what the server holds off there: nothing is missed on that cluster', () => {
    const heldOff = onAir({ heldOffClusterIds: ['ap-01-c1'] }, 90_000);
    const other = onAir({}, 30_000);
    expect(dueId(heldOff, other)).toBe(other.broadcastId);
    expect(dueId(heldOff)).toBeUndefined();
    const playing = speaker({ rung: 'playing', broadcastId: other.broadcastId });
    expect(evidenceOf(playing, dueOn('ap-01-c1', [heldOff, other]), NOW).word).toBe('sounding');
    expect(evidenceOf(speaker(), dueOn('ap-01-c1', [heldOff]), NOW).word).toBe('ready');
  });

  it('gets a moment to go on when something higher has just ended', () => {
    const over = onAir({ class: 'emergency', status: 'stopped', endedAtMs: NOW - 1000 }, 30_000);
    const playing = speaker({ rung: 'playing', broadcastId: over.broadcastId });
    expect(evidenceOf(playing, dueOn('ap-01-c1', [normal, over]), NOW).word).toBe('starting');
    expect(evidenceOf(playing, dueOn('ap-01-c1', [normal, over]), NOW + GRACE_MS).word).toBe('check');
  });
});
