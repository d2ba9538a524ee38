import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BROADCAST_CLASSES } from '../../../controller/protocol/broadcast-class.ts';
import { HamletDelays } from '../../../controller/speakers/hamlet-delays.ts';
import { type PathFigures, playoutDelayMs } from '../../../controller/speakers/playout-delay.ts';

const LAN: PathFigures = { samples: 10, roundTripMs: 0.6, deviationMs: 0.2, mediaJitterMs: 0.2, networkKind: 'ethernet' };
const MOBILE: PathFigures = { samples: 10, roundTripMs: 110, deviationMs: 42, mediaJitterMs: 28, networkKind: '4g' };
const UNMEASURED: PathFigures = { samples: 0, roundTripMs: 0, deviationMs: 0, mediaJitterMs: 0, networkKind: '4g' };

describe('playout delay of a hamlet', () => {
  test('live: close to the mouth on a LAN, as far as it takes on a mobile network', () => {
    expect(playoutDelayMs([LAN], 'live')).toBe(40);
    expect(playoutDelayMs([MOBILE], 'live')).toBeGreaterThanOrEqual(200);
    expect(playoutDelayMs([MOBILE], 'live')).toBeLessThanOrEqual(260);
    expect(playoutDelayMs([UNMEASURED], 'live')).toBeGreaterThanOrEqual(200);
    // One round trip that was slow by chance is no slow path.
    const unlucky = { ...MOBILE, samples: 1, roundTripMs: 300, deviationMs: 0, mediaJitterMs: 0 };
    expect(playoutDelayMs([unlucky], 'live')).toBeLessThanOrEqual(260);
  });

  test('emergency: room for one retransmission', () => {
    expect(playoutDelayMs([LAN], 'emergency')).toBe(100);
    const mobileMs = playoutDelayMs([MOBILE], 'emergency');
    expect(mobileMs).toBeGreaterThan(playoutDelayMs([MOBILE], 'live') + 110);
    expect(mobileMs).toBeLessThanOrEqual(600);
  });

  test('what is recorded or relayed has a second', () => {
    for (const broadcastClass of ['normal', 'relay', 'priority'] as const) expect(playoutDelayMs([LAN], broadcastClass)).toBe(1000);
  });

  test('the slowest path decides, and nothing known is taken for a mobile network', () => {
    expect(playoutDelayMs([LAN, MOBILE, LAN], 'live')).toBe(playoutDelayMs([MOBILE], 'live'));
    expect(playoutDelayMs([], 'live')).toBe(playoutDelayMs([UNMEASURED], 'live'));
  });

  const path = fc.record({
    samples: fc.integer({ min: 0, max: 32 }),
    roundTripMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    deviationMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    mediaJitterMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    networkKind: fc.constantFrom('4g' as const, 'wifi' as const, 'ethernet' as const, 'unknown' as const),
  });

  test('stays within its bounds, in steps of 10, and never falls when a path joins', () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 8 }), path, fc.constantFrom(...BROADCAST_CLASSES), (paths, another, broadcastClass) => {
        const delayMs = playoutDelayMs(paths, broadcastClass);
        expect(delayMs % 10).toBe(0);
        expect(delayMs).toBeGreaterThanOrEqual(40);
        expect(delayMs).toBeLessThanOrEqual(1000);
        if (paths.length > 0) expect(playoutDelayMs([...paths, another], broadcastClass)).toBeGreaterThanOrEqual(delayMs);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('neighbours stay together', () => {
  const ask = (delays: HamletDelays, nowMs: number, path: PathFigures, busy = false): number =>
    delays.delayMs({ hamletId: 'ap-01', broadcastClass: 'live', paths: () => [path], busy: () => busy, nowMs });

  test('a value is kept for half a minute and while the hamlet plays', () => {
    const delays = new HamletDelays();
    const firstMs = ask(delays, 0, LAN);
    expect(ask(delays, 29_000, MOBILE)).toBe(firstMs);
    expect(ask(delays, 500_000, MOBILE, true)).toBe(firstMs);
    // Asking often must not keep an old value alive.
    expect(ask(delays, 500_001, MOBILE)).toBeGreaterThan(firstMs);
  });

  test('a guess is not kept, and who was never reached slows nobody down', () => {
    const delays = new HamletDelays();
    const unknown: PathFigures = { samples: 0, roundTripMs: 0, deviationMs: 0, mediaJitterMs: 0, networkKind: 'unknown' };
    const guessedMs = ask(delays, 0, unknown);
    expect(ask(delays, 10, LAN, true)).toBe(guessedMs);
    const knownMs = ask(delays, 20, LAN);
    expect(knownMs).toBeLessThan(guessedMs);
    const among = (paths: PathFigures[]): number =>
      new HamletDelays().delayMs({ hamletId: 'ap-01', broadcastClass: 'live', paths: () => paths, busy: () => false, nowMs: 0 });
    expect(among([LAN, unknown])).toBe(knownMs);
  });

  test('hamlets and classes do not share', () => {
    const delays = new HamletDelays();
    ask(delays, 0, LAN);
    expect(
      delays.delayMs({ hamletId: 'ap-02', broadcastClass: 'live', paths: () => [MOBILE], busy: () => false, nowMs: 0 }),
    ).toBeGreaterThan(100);
    expect(delays.delayMs({ hamletId: 'ap-01', broadcastClass: 'normal', paths: () => [LAN], busy: () => false, nowMs: 0 })).toBe(1000);
  });
});
