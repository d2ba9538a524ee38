import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BROADCAST_CLASSES, type BroadcastClass } from '../../../controller/protocol/broadcast-class.ts';
import { HamletDelays } from '../../../controller/speakers/hamlet-delays.ts';
import { type PathFigures, playoutDelayMs } from '../../../controller/speakers/playout-delay.ts';

const LAN: PathFigures = { samples: 10, roundTripMs: 0.6, deviationMs: 0.2, mediaJitterMs: 0.2, networkKind: 'ethernet' };
const MOBILE: PathFigures = { samples: 10, roundTripMs: 110, deviationMs: 42, mediaJitterMs: 28, networkKind: '4g' };
const UNMEASURED: PathFigures = { samples: 0, roundTripMs: 0, deviationMs: 0, mediaJitterMs: 0, networkKind: '4g' };
const UNKNOWN: PathFigures = { ...UNMEASURED, networkKind: 'unknown' };

describe('playout delay of a path', () => {
  test('live: close to the mouth on a LAN, as far as it takes on a mobile network', () => {
    expect(playoutDelayMs(LAN, 'live')).toBe(40);
    expect(playoutDelayMs(MOBILE, 'live')).toBeGreaterThanOrEqual(200);
    expect(playoutDelayMs(MOBILE, 'live')).toBeLessThanOrEqual(260);
    expect(playoutDelayMs(UNMEASURED, 'live')).toBeGreaterThanOrEqual(200);
    // One round trip that was slow by chance is no slow path.
    const unlucky = { ...MOBILE, samples: 1, roundTripMs: 300, deviationMs: 0, mediaJitterMs: 0 };
    expect(playoutDelayMs(unlucky, 'live')).toBeLessThanOrEqual(260);
  });

  test('emergency: no more than the path needs, since it is sent faster than it sounds and can be repaired without waiting', () => {
    expect(playoutDelayMs(LAN, 'emergency')).toBe(100);
    expect(playoutDelayMs(MOBILE, 'emergency')).toBe(playoutDelayMs(MOBILE, 'live'));
  });

  test('what is recorded or relayed has a second', () => {
    for (const broadcastClass of ['normal', 'relay', 'priority'] as const) expect(playoutDelayMs(LAN, broadcastClass)).toBe(1000);
  });

  test('nothing known is taken for a mobile network', () => {
    expect(playoutDelayMs(undefined, 'live')).toBe(playoutDelayMs(UNMEASURED, 'live'));
  });

  const path = fc.record({
    samples: fc.integer({ min: 0, max: 32 }),
    roundTripMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    deviationMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    mediaJitterMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    networkKind: fc.constantFrom('4g' as const, 'wifi' as const, 'ethernet' as const, 'unknown' as const),
  });

  test('stays within its bounds, in steps of 10', () => {
    fc.assert(
      fc.property(path, fc.constantFrom(...BROADCAST_CLASSES), (one, broadcastClass) => {
        const delayMs = playoutDelayMs(one, broadcastClass);
        expect(delayMs % 10).toBe(0);
        expect(delayMs).toBeGreaterThanOrEqual(40);
        expect(delayMs).toBeLessThanOrEqual(1000);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('neighbours stay together', () => {
  const ask = (
    delays: HamletDelays,
    nowMs: number,
    all: readonly PathFigures[],
    { busy = false, broadcastClass = 'live' as BroadcastClass, hamletId = 'ap-01' } = {},
  ) =>
    delays.of({
      hamletId,
      broadcastClass,
      paths: () => new Map(all.map((path, index) => [`SPK-${index}`, path])),
      busy: () => busy,
      nowMs,
    });

  test('a value is kept for half a minute and while the hamlet plays', () => {
    const delays = new HamletDelays();
    const firstMs = ask(delays, 0, [LAN]).commonMs;
    expect(ask(delays, 29_000, [MOBILE]).commonMs).toBe(firstMs);
    expect(ask(delays, 500_000, [MOBILE], { busy: true }).commonMs).toBe(firstMs);
    // Asking often must not keep an old value alive.
    expect(ask(delays, 500_001, [MOBILE]).commonMs).toBeGreaterThan(firstMs);
  });

  test('a guess is not kept, and who was never reached slows nobody down', () => {
    const delays = new HamletDelays();
    const guessedMs = ask(delays, 0, [UNKNOWN]).commonMs;
    expect(ask(delays, 10, [LAN], { busy: true }).commonMs).toBe(guessedMs);
    const knownMs = ask(delays, 20, [LAN]).commonMs;
    expect(knownMs).toBeLessThan(guessedMs);
    expect(ask(new HamletDelays(), 0, [LAN, UNKNOWN]).commonMs).toBe(knownMs);
    // A device that does not know its network is measured like any other.
    expect(ask(new HamletDelays(), 0, [{ ...LAN, samples: 100, networkKind: 'unknown' }]).commonMs).toBeLessThan(guessedMs);
  });

  test('what rests on a few measurements is looked at again soon', () => {
    const delays = new HamletDelays();
    const early = { ...LAN, samples: 3, roundTripMs: 250 };
    const earlyMs = ask(delays, 0, [early, LAN], { broadcastClass: 'emergency' }).commonMs;
    expect(ask(delays, 400, [LAN, LAN], { broadcastClass: 'emergency' }).commonMs).toBe(earlyMs);
    expect(ask(delays, 600, [LAN, LAN], { broadcastClass: 'emergency' }).commonMs).toBe(100);
  });

  test('a slow pole has its own delay, keeps it, and raises nobody else’s', () => {
    const delays = new HamletDelays();
    const slow = { ...LAN, samples: 40, roundTripMs: 1500 };
    const at = (nowMs: number, one: PathFigures) => ask(delays, nowMs, [LAN, LAN, LAN, one], { broadcastClass: 'emergency' });
    expect(at(0, slow)).toMatchObject({ commonMs: 100, apart: new Map([['SPK-3', 600]]) });
    // Better, but not clearly with the others again.
    const mild = { ...LAN, samples: 40, roundTripMs: 270 };
    expect([...at(40_000, mild).apart.keys()]).toEqual(['SPK-3']);
    expect(at(80_000, LAN).apart.size).toBe(0);
    // The same figures from a pole that was with the others: it stays with them.
    const others = new HamletDelays();
    expect(ask(others, 0, [LAN, LAN, LAN, mild], { broadcastClass: 'emergency' }).apart.size).toBe(0);
  });

  test('hamlets and classes do not share', () => {
    const delays = new HamletDelays();
    ask(delays, 0, [LAN]);
    expect(ask(delays, 0, [MOBILE], { hamletId: 'ap-02' }).commonMs).toBeGreaterThan(100);
    expect(ask(delays, 0, [LAN], { broadcastClass: 'normal' }).commonMs).toBe(1000);
  });
});
