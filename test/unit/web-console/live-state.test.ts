import { describe, expect, it } from 'vitest';
import type { LiveMessage } from '../../../controller/protocol/live-feed.ts';
import { forgetKeptState, keepState, readKeptState } from '../../../web-console/live/kept-state.ts';
import { ended, type LiveState, linkLost, NOTHING_KNOWN, onAir, planned, reduce } from '../../../web-console/live/live-state.ts';
import { fakeBroadcast, fakeCommune } from '../../support/fake-commune.ts';

const NOW = 1_800_000_000_000;
const commune = fakeCommune(NOW);
const broadcast = fakeBroadcast({}, ['ap-01-c1'], NOW);
const snapshot: LiveMessage = {
  type: 'snapshot',
  atMs: NOW,
  broadcasts: [broadcast],
  speakers: [...commune.speakers.values()],
  conditions: [],
};
const stateAfter = (...messages: LiveMessage[]): LiveState => messages.reduce(reduce, NOTHING_KNOWN);

class MemoryStorage {
  readonly kept = new Map<string, string>();
  limitBytes = Number.POSITIVE_INFINITY;
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  removeItem = (key: string): void => void this.kept.delete(key);
  setItem = (key: string, value: string): void => {
    if (value.length > this.limitBytes) throw new DOMException('full', 'QuotaExceededError');
    this.kept.set(key, value);
  };
}

describe('the live state', () => {
  it('a snapshot replaces what was known', () => {
    const other = fakeBroadcast({ status: 'planned' }, [], NOW);
    const state = stateAfter(snapshot, { ...snapshot, atMs: NOW + 1, broadcasts: [other], speakers: [] });
    expect(onAir(state)).toEqual([]);
    expect(planned(state)).toEqual([other]);
    expect(state.speakers.size).toBe(0);
    expect(state).toMatchObject({ link: 'live', stateAtMs: NOW + 1 });
  });

  it('changes touch only what they name', () => {
    const known = stateAfter(snapshot);
    const changed = { ...(commune.speakers.get('ap-01-c1') ?? expect.fail()), rung: 'playing' as const };
    const state = reduce(known, { type: 'speakers', atMs: NOW + 1, speakers: [changed] });
    expect(state.speakers.get('ap-01-c1')?.rung).toBe('playing');
    expect(state.speakers.get('ap-01-c2')).toBe(known.speakers.get('ap-01-c2'));
    expect(known.speakers.get('ap-01-c1')?.rung).toBe('receiving');
  });

  it('keeps an ended broadcast for a while, so that the page can say how it went', () => {
    const over = { ...broadcast, status: 'finished' as const, endedAtMs: NOW };
    const another = fakeBroadcast({}, [], NOW);
    const soon = stateAfter(snapshot, { type: 'broadcast', atMs: NOW, broadcast: over });
    expect(ended(soon)).toEqual([over]);
    const later = reduce(soon, { type: 'broadcast', atMs: NOW + 3_600_000, broadcast: another });
    expect(ended(later)).toEqual([]);
    expect(onAir(later)).toEqual([another]);
  });

  it('a lost link keeps the state and its date; any message ends it', () => {
    const lost = linkLost(stateAfter(snapshot), NOW + 60_000);
    expect(lost).toMatchObject({ link: 'lost', lostAtMs: NOW + 60_000, stateAtMs: NOW });
    expect(linkLost(lost, NOW + 90_000).lostAtMs).toBe(NOW + 60_000);
    expect(reduce(lost, { type: 'tick', atMs: NOW + 99_000 })).toMatchObject({ link: 'live', lostAtMs: null });
  });

  it('conditions are raised once, and known as over when they are cleared', () => {
    const raise: LiveMessage = { type: 'condition', atMs: NOW, code: 'disk', state: 'raised', vi: 'Đĩa đầy', en: 'Disk full' };
    expect(stateAfter(snapshot, raise, raise).conditions).toEqual([{ code: 'disk', vi: 'Đĩa đầy', en: 'Disk full' }]);
    const over = stateAfter(snapshot, raise, { ...raise, atMs: NOW + 1, state: 'cleared', vi: 'Đã có chỗ', en: 'Space again' });
    expect(over.conditions).toEqual([{ code: 'disk', vi: 'Đã có chỗ', en: 'Space again', clearedAtMs: NOW + 1 }]);
    expect(reduce(over, { ...raise, atMs: NOW + 2 }).conditions).toEqual([{ code: 'disk', vi: 'Đĩa đầy', en: 'Disk full' }]);
    const lapsed = reduce(stateAfter(snapshot, raise, { ...raise, subject: 'b' }), { ...raise, subject: 'b', state: 'lapsed' });
    expect(lapsed.conditions).toEqual([
      { code: 'disk', vi: 'Đĩa đầy', en: 'Disk full' },
      { code: 'disk', subject: 'b', vi: 'Đĩa đầy', en: 'Disk full', clearedAtMs: NOW, lapsed: true },
    ]);
  });
});

describe('the kept state', () => {
  it('comes back with its date, without figures, and as no live link', () => {
    const storage = new MemoryStorage();
    keepState(storage as unknown as Storage, stateAfter(snapshot));
    const kept = readKeptState(storage as unknown as Storage);
    expect(kept).toMatchObject({ link: 'connecting', stateAtMs: NOW });
    expect(kept.broadcasts.get(broadcast.broadcastId)).toEqual(broadcast);
    expect(kept.speakers.get('ap-01-c1')).toMatchObject({ rung: 'receiving', telemetry: null });
  });

  it('a full storage or a broken copy is nothing known, not an error', () => {
    const storage = new MemoryStorage();
    storage.limitBytes = 10;
    keepState(storage as unknown as Storage, stateAfter(snapshot));
    expect(readKeptState(storage as unknown as Storage)).toBe(NOTHING_KNOWN);
    storage.kept.set('loa-xa.last-state', '{"half');
    expect(readKeptState(storage as unknown as Storage)).toBe(NOTHING_KNOWN);
    expect(storage.kept.size).toBe(0);
  });

  it('is forgotten at sign-out', () => {
    const storage = new MemoryStorage();
    keepState(storage as unknown as Storage, stateAfter(snapshot));
    forgetKeptState(storage as unknown as Storage);
    expect(storage.kept.size).toBe(0);
  });
});
