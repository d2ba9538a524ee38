import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FaultFact, newWatch, offlineAtMs, type RuleInput, step } from '../../../controller/faults/rules.ts';
import { FAULT_CODES, type FaultCode, type SpeakerTelemetry } from '../../../controller/protocol/speaker-state.ts';
import { QUIET_TELEMETRY } from '../../support/test-speaker.ts';

const START_MS = 1_790_000_000_000;
const BEAT_MS = 20_000;

const telemetry = fc.record({
  mains: fc.boolean(),
  amplifierTemperatureC: fc.integer({ min: 60, max: 100 }),
  amplifierCurrentMa: fc.integer({ min: 0, max: 40 }),
  lineImpedanceOhm: fc.oneof(fc.constant(null), fc.double({ min: 1, max: 6000, noNaN: true })),
  packetsReceived: fc.constantFrom(0, 1, 2, 900),
  packetsLost: fc.constantFrom(0, 1, 30, 200),
  clockErrorMs: fc.integer({ min: 0, max: 160 }),
  outputLevelDb: fc.integer({ min: -120, max: 0 }),
  storageFreeMb: fc.integer({ min: 0, max: 150 }),
});

const happening = fc.record({
  pauseMs: fc.integer({ min: 0, max: 90_000 }),
  what: fc.oneof(
    fc.record({ kind: fc.constant('heard' as const) }),
    fc.record({ kind: fc.constant('tick' as const) }),
    fc.record({ kind: fc.constant('hello' as const), bootId: fc.constantFrom('a', 'b', 'c', 'd'), horns: fc.integer({ min: 0, max: 2 }) }),
    fc.record({
      kind: fc.constant('reported' as const),
      code: fc.constantFrom(...FAULT_CODES),
      state: fc.constantFrom('raised' as const, 'cleared' as const),
      detail: fc.constant(null),
    }),
    fc.record({
      kind: fc.constant('beat' as const),
      telemetry: telemetry.map((changes): SpeakerTelemetry => ({ ...QUIET_TELEMETRY, ...changes })),
      soundDue: fc.constantFrom(true, false, null),
      clockContradictionMs: fc.integer({ min: -150, max: 150 }),
      behindNeighboursMs: fc.constantFrom(null, 0, 480),
    }),
  ),
});

const standing = fc.uniqueArray(fc.record({ code: fc.constantFrom(...FAULT_CODES), reported: fc.boolean() }), {
  selector: (fault) => fault.code,
});

test('raised and cleared alternate for every code, whatever comes; what stands is what was said', () => {
  fc.assert(
    fc.property(standing, fc.array(happening, { maxLength: 200 }), (faults, happenings) => {
      let watch = newWatch({ atMs: START_MS, beatPeriodMs: BEAT_MS, standing: faults });
      const codes = faults.map((fault) => fault.code);
      const isRaised = new Map<FaultCode, boolean>(FAULT_CODES.map((code) => [code, codes.includes(code)]));
      let atMs = START_MS;
      for (const { pauseMs, what } of happenings) {
        atMs += pauseMs;
        const before = JSON.stringify(watch);
        const result = step(watch, { ...what, atMs } as RuleInput);
        expect(JSON.stringify(watch)).toBe(before);
        watch = result.watch;
        for (const fact of result.facts) {
          expect(isRaised.get(fact.code)).toBe(fact.state === 'cleared');
          expect(fact.atMs).toBe(atMs);
          isRaised.set(fact.code, fact.state === 'raised');
        }
        for (const code of FAULT_CODES) expect(watch.conditions[code].raised).toBe(isRaised.get(code));
      }
    }),
    { seed: 2026, numRuns: 300 },
  );
});

test('silence is noticed with the first tick at or after the third missed beat, whenever beats came and ticks fall', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 59_999 }), { maxLength: 30 }), fc.integer({ min: 1, max: 1000 }), (gapsMs, tickMs) => {
      let watch = newWatch({ atMs: START_MS, beatPeriodMs: BEAT_MS, standing: [] });
      let lastMs = START_MS;
      const facts: FaultFact[] = [];
      const take = (input: RuleInput): void => {
        const result = step(watch, input);
        watch = result.watch;
        facts.push(...result.facts);
      };
      for (const gapMs of gapsMs) {
        // The latest look before the next beat must not cry wolf either.
        take({ kind: 'tick', atMs: lastMs + gapMs });
        lastMs += gapMs;
        take({ kind: 'heard', atMs: lastMs });
      }
      expect(facts).toEqual([]);
      expect(offlineAtMs(watch)).toBe(lastMs + 60_000);
      for (let atMs = lastMs; facts.length === 0; atMs += tickMs) take({ kind: 'tick', atMs });
      expect(facts[0]?.code).toBe('offline');
      const lateMs = (facts[0]?.atMs ?? 0) - (lastMs + 3 * BEAT_MS);
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(tickMs);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('a value that wanders between the two thresholds changes nothing, raised or not', () => {
  const bands: [FaultCode, (share: number) => Partial<SpeakerTelemetry>][] = [
    ['amplifier_over_temperature', (share) => ({ amplifierTemperatureC: 75 + share * 10 })],
    ['line_open', (share) => ({ lineImpedanceOhm: 2000 + share * 3000 })],
    ['line_short', (share) => ({ lineImpedanceOhm: 2 + share })],
    ['clock_off', (share) => ({ clockErrorMs: 60 + share * 40 })],
    ['storage_full', (share) => ({ storageFreeMb: 50 + share * 50 })],
    ['amplifier_failed', (share) => ({ outputLevelDb: -20, amplifierCurrentMa: 10 + share * 10 })],
    [
      'loss_high',
      (share) => ({ packetsReceived: 10_000, packetsLost: Math.round((10_000 * (0.021 + share * 0.028)) / (1 - (0.021 + share * 0.028))) }),
    ],
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...bands),
      fc.boolean(),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 100 }),
      ([code, make], raised, shares) => {
        let watch = newWatch({ atMs: START_MS, beatPeriodMs: BEAT_MS, standing: raised ? [{ code, reported: false }] : [] });
        for (const [index, share] of shares.entries()) {
          const result = step(watch, {
            kind: 'beat',
            atMs: START_MS + (index + 1) * BEAT_MS,
            telemetry: { ...QUIET_TELEMETRY, packetsReceived: 1, ...make(share) },
            soundDue: null,
            clockContradictionMs: 0,
            behindNeighboursMs: null,
          });
          watch = result.watch;
          expect(result.facts).toEqual([]);
        }
      },
    ),
    { seed: 11, numRuns: 200 },
  );
});
