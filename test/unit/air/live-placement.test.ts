import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LivePlacement } from '../../../controller/air/live-placement.ts';

const PACKET_MS = 20;

/** A small generator with a seed, so that a failure comes again. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Speech from a browser: its clock is off, its network jitters, one packet in twenty is a pause between words. */
function speak(options: { minutes: number; driftPpm: number; jitterMs: number; seed: number }) {
  const next = random(options.seed);
  const placement = new LivePlacement();
  const placed: { captureAtMs: number; receivedAtMs: number }[] = [];
  const count = (options.minutes * 60_000) / PACKET_MS;
  for (let i = 0; i < count; i++) {
    const sentMs = i * PACKET_MS * (1 - options.driftPpm / 1e6);
    const receivedAtMs = 1e12 + sentMs + 5 - options.jitterMs * Math.log(1 - next());
    const captureAtMs = placement.place({ mediaTimeMs: 777 + i * PACKET_MS, receivedAtMs, durationMs: PACKET_MS, quiet: next() < 0.05 });
    if (captureAtMs !== undefined) placed.push({ captureAtMs, receivedAtMs });
  }
  return { placement, placed };
}

describe('live placement', () => {
  it('never leaves the grid of whole packets: what follows lies right behind, or whole packets later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -100, max: 100 }),
        fc.double({ min: 0.1, max: 8, noNaN: true }),
        fc.nat(),
        (driftPpm, jitterMs, seed) => {
          const { placed } = speak({ minutes: 5, driftPpm, jitterMs, seed });
          for (let i = 1; i < placed.length; i++) {
            const stepMs = (placed[i]?.captureAtMs ?? 0) - (placed[i - 1]?.captureAtMs ?? 0);
            expect(Math.abs(stepMs / PACKET_MS - Math.round(stepMs / PACKET_MS))).toBeLessThan(1e-4);
            expect(stepMs).toBeGreaterThan(-PACKET_MS * 5);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps the delay small over an hour of a clock that is 50 ppm off, by few slips', () => {
    for (const driftPpm of [50, -50]) {
      const { placed, placement } = speak({ minutes: 60, driftPpm, jitterMs: 2, seed: 5 });
      const leadMs = placed
        .slice(1000)
        .map(({ captureAtMs, receivedAtMs }) => captureAtMs - receivedAtMs)
        .sort((a, b) => a - b);
      const share = (p: number): number => leadMs[Math.floor(leadMs.length * p)] ?? Number.NaN;
      // 3.6 s of drift come to 9 packets an hour; a few more are the jitter's.
      expect(placement.slips).toBeGreaterThanOrEqual(6);
      expect(placement.slips).toBeLessThanOrEqual(20);
      expect(share(0.5)).toBeGreaterThan(-15);
      expect(share(0.5)).toBeLessThan(35);
      expect(share(0.99)).toBeLessThan(45);
    }
  });

  it('adds a few milliseconds on a quiet network', () => {
    const { placed } = speak({ minutes: 1, driftPpm: 0, jitterMs: 0.5, seed: 1 });
    const leadMs = placed.map(({ captureAtMs, receivedAtMs }) => captureAtMs - receivedAtMs).sort((a, b) => a - b);
    expect(leadMs[Math.floor(leadMs.length / 2)]).toBeLessThan(10);
    expect(leadMs[Math.floor(leadMs.length * 0.02)]).toBeGreaterThan(-5);
  });

  it('takes out the delay that an unlucky first packet left', () => {
    const placement = new LivePlacement();
    let last = 0;
    for (let i = 0; i < 200; i++) {
      const receivedAtMs = 1e6 + i * PACKET_MS + (i === 0 ? 500 : 0);
      last = (placement.place({ mediaTimeMs: i * PACKET_MS, receivedAtMs, durationMs: PACKET_MS, quiet: false }) ?? 0) - receivedAtMs;
    }
    expect(last).toBeLessThan(30);
  });

  it('takes out within a second what a busy start left', () => {
    const placement = new LivePlacement();
    const lead: number[] = [];
    for (let i = 0; i < 100; i++) {
      const receivedAtMs = 1e6 + i * PACKET_MS + (i < 8 ? 80 - 10 * i : 0);
      const captureAtMs = placement.place({ mediaTimeMs: i * PACKET_MS, receivedAtMs, durationMs: PACKET_MS, quiet: false });
      if (captureAtMs !== undefined) lead.push(captureAtMs - receivedAtMs);
    }
    expect(lead[10]).toBeGreaterThan(80);
    expect(Math.max(...lead.slice(50))).toBeLessThan(PACKET_MS + 5);
    expect(Math.min(...lead)).toBeGreaterThan(-1e-6);
  });

  it('begins anew when the sender’s clock jumps', () => {
    const placement = new LivePlacement();
    const at = (mediaTimeMs: number, receivedAtMs: number) =>
      placement.place({ mediaTimeMs, receivedAtMs, durationMs: PACKET_MS, quiet: false });
    at(0, 1000);
    expect(at(90_000_000, 1020)).toBeCloseTo(1023, 6);
    expect(placement.anchors).toBe(2);
  });
});
