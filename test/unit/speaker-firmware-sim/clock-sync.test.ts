import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Link } from '../../../speaker-firmware-sim/network/link.ts';
import type { ProfileName } from '../../../speaker-firmware-sim/network/profiles.ts';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';
import { ClockSync } from '../../../speaker-firmware-sim/speaker/clock-sync.ts';
import { Oscillator } from '../../../speaker-firmware-sim/speaker/oscillator.ts';
import { nextProbeInMs } from '../../../speaker-firmware-sim/speaker/probe-schedule.ts';

const START_MS = 1_790_000_000_000;

/** A speaker in virtual time: its crystal, its link, its probe schedule, and both hosts' event loops, which are late by an exponential time. */
function device(profile: ProfileName, seed: string, hostDelayMs: number) {
  const random = createRandom(seed);
  const link = new Link(random.fork('link'));
  link.setProfile(profile);
  const oscillator = new Oscillator({
    driftPpm: random.next() * 100 - 50,
    wanderPpm: 0.02,
    offsetMs: (random.next() - 0.5) * 1e7,
    startTrueMs: START_MS,
    random: random.fork('oscillator'),
  });
  const sync = new ClockSync();
  let nowMs = START_MS;
  let answered = 0;
  let lastBeatMs = START_MS;
  let activeSinceMs: number | undefined;
  const probe = (): void => {
    const t2Ms = link.up.segment(nowMs) + random.exponential(hostDelayMs);
    const t3Ms = t2Ms + 0.05;
    const arrivedMs = link.down.segment(t3Ms) + random.exponential(hostDelayMs);
    sync.add({ t1Ms: oscillator.localMs(nowMs), t2Ms, t3Ms, t4Ms: oscillator.localMs(arrivedMs) });
    answered++;
  };
  return {
    oscillator,
    sync,
    activate() {
      activeSinceMs = nowMs;
    },
    run(forMs: number) {
      const untilMs = nowMs + forMs;
      while (nowMs < untilMs) {
        const { shortestRoundTripMs: shortest, typicalRoundTripMs: typical } = sync;
        const probeInMs = nextProbeInMs({
          answered,
          jitterMs: shortest === undefined || typical === undefined ? undefined : typical - shortest,
          sinceConnectedMs: nowMs - START_MS,
          sinceActiveMs: activeSinceMs === undefined ? undefined : nowMs - activeSinceMs,
          sinceBeatMs: nowMs - lastBeatMs,
          probePeriodMs: 1000,
        });
        const beatInMs = lastBeatMs + 20_000 - nowMs;
        if (probeInMs !== undefined && probeInMs < beatInMs) nowMs += probeInMs;
        else {
          nowMs += beatInMs;
          lastBeatMs = nowMs;
        }
        probe();
      }
      nowMs = untilMs;
    },
    errorMs: () => (sync.controllerMs(oscillator.localMs(nowMs)) ?? Number.NaN) - nowMs,
  };
}

function pairwise(errors: readonly number[]): { p50: number; p99: number } {
  const skews: number[] = [];
  for (let a = 0; a < errors.length; a++)
    for (let b = a + 1; b < errors.length; b++) skews.push(Math.abs((errors[a] ?? 0) - (errors[b] ?? 0)));
  skews.sort((a, b) => a - b);
  return { p50: skews[skews.length >> 1] ?? Number.NaN, p99: skews[Math.floor(skews.length * 0.99)] ?? Number.NaN };
}

describe('ClockSync, many speakers in virtual time', () => {
  function settle(profile: ProfileName, hostDelayMs: number, idleMs: number): { atStart: number[]; after2s: number[]; after60s: number[] } {
    const atStart: number[] = [];
    const after2s: number[] = [];
    const after60s: number[] = [];
    for (let seed = 0; seed < 80; seed++) {
      const speaker = device(profile, `${profile}-${seed}`, hostDelayMs);
      speaker.run(idleMs);
      // A channel opens a second before its first sound.
      speaker.activate();
      speaker.run(1000);
      atStart.push(speaker.errorMs());
      speaker.run(2000);
      after2s.push(speaker.errorMs());
      speaker.run(58_000);
      after60s.push(speaker.errorMs());
    }
    return { atStart, after2s, after60s };
  }

  it('keeps neighbours on a lan within 0.05 / 0.2 ms two seconds after the sound began', () => {
    const { after2s, after60s } = settle('lan', 0.05, 60_000);
    expect(pairwise(after2s).p50).toBeLessThan(0.05);
    expect(pairwise(after2s).p99).toBeLessThan(0.2);
    expect(pairwise(after60s).p99).toBeLessThan(0.1);
  });

  it.each([5000, 120_000])('keeps neighbours on 4g within 5 ms, %i ms after they connected, although their ways differ', (idleMs) => {
    const { atStart, after2s, after60s } = settle('4g', 0.3, idleMs);
    expect(pairwise(atStart).p99).toBeLessThan(6);
    expect(pairwise(after2s).p99).toBeLessThan(5);
    expect(pairwise(after60s).p99).toBeLessThan(5);
    // What they share is half the difference of the two ways' floors (28 and 22 ms).
    const mean = after60s.reduce((sum, error) => sum + error, 0) / after60s.length;
    expect(mean).toBeGreaterThan(1.5);
    expect(mean).toBeLessThan(4.5);
  });

  it('learns the drift of each crystal', () => {
    for (let seed = 0; seed < 10; seed++) {
      const speaker = device('fibre', `drift-${seed}`, 0.1);
      speaker.activate();
      speaker.run(90_000);
      expect(Math.abs((speaker.sync.estimate?.driftPpm ?? 99) + speaker.oscillator.ratePpm)).toBeLessThan(8);
    }
  });
});

describe('ClockSync', () => {
  const exchange = (offsetMs: number, upMs: number, downMs: number, atMs: number) => ({
    t1Ms: atMs,
    t2Ms: atMs + upMs + offsetMs,
    t3Ms: atMs + upMs + offsetMs,
    t4Ms: atMs + upMs + downMs,
  });

  it('is off by no more than its own bound says, whatever the delays are', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.double({ min: 0, max: 500, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        (offsetMs, ways) => {
          const sync = new ClockSync();
          ways.forEach(([upMs, downMs], index) => {
            expect(sync.add(exchange(offsetMs, upMs, downMs, index * 1000))).toBe(true);
          });
          const estimate = sync.estimate;
          expect(estimate).toBeDefined();
          if (!estimate || sync.steps > 0) return;
          // The clocks do not drift here; the estimate may think they do, within what the bounds allow.
          const slackMs = (Math.abs(estimate.driftPpm) / 1e6) * ways.length * 1000 + 0.02;
          expect(Math.abs(estimate.offsetMs - offsetMs)).toBeLessThanOrEqual(estimate.errorMs + slackMs);
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it('notices that the clock was set and follows at once', () => {
    const sync = new ClockSync();
    for (let index = 0; index < 20; index++) sync.add(exchange(1000, 0.2, 0.3, index * 1000));
    for (let index = 20; index < 23; index++) sync.add(exchange(900, 0.2, 0.3, index * 1000));
    expect(sync.steps).toBe(1);
    expect(Math.abs((sync.controllerMs(22_000) ?? 0) - 22_900)).toBeLessThan(0.5);
  });

  it('refuses stamps that contradict themselves and learns nothing from them', () => {
    const sync = new ClockSync();
    expect(sync.add({ t1Ms: 0, t2Ms: 100, t3Ms: 90, t4Ms: 1 })).toBe(false);
    expect(sync.add({ t1Ms: 10, t2Ms: 100, t3Ms: 100, t4Ms: 5 })).toBe(false);
    expect(sync.add({ t1Ms: 0, t2Ms: Number.NaN, t3Ms: 1, t4Ms: 1 })).toBe(false);
    expect(sync.estimate).toBeUndefined();
  });

  it('keeps its memory bounded', () => {
    const sync = new ClockSync();
    for (let index = 0; index < 1000; index++) sync.add(exchange(5, 10 + (index % 7), 10 + (index % 5), index * 100));
    expect(sync.exchanges).toBeLessThanOrEqual(128);
  });
});
