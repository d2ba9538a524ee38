import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrivedPacket, LossTracker } from '../../../speaker-firmware-sim/speaker/loss-tracker.ts';

const policy = { roundTripMs: 100, patienceMs: 5 };
const arrival = (index: number, nowMs: number, over: Partial<ArrivedPacket> = {}): ArrivedPacket => ({
  index,
  nowMs,
  transitMs: 40,
  dueMs: index * 20 + 1000,
  packetMs: 20,
  marker: index === 0,
  policy,
  ...over,
});

describe('LossTracker', () => {
  it('asks for a missing packet after its patience, again after a round trip, and not when it would be too late', () => {
    const tracker = new LossTracker();
    tracker.arrived(arrival(0, 0));
    tracker.arrived(arrival(2, 40));
    expect(tracker.toRequest(42, policy)).toEqual([]);
    expect(tracker.toRequest(45, policy)).toEqual([1]);
    expect(tracker.toRequest(100, policy)).toEqual([]);
    expect(tracker.toRequest(171, policy)).toEqual([1]);
    expect(tracker.toRequest(1021, policy)).toEqual([]);
    expect(tracker.counts).toEqual({ received: 2, lost: 1, repaired: 0 });
    expect(tracker.missing).toBe(0);
  });

  it('counts a packet that was asked for as repaired, and one that merely overtook as reordered', () => {
    const tracker = new LossTracker();
    tracker.arrived(arrival(0, 0));
    tracker.arrived(arrival(3, 60));
    expect(tracker.arrived(arrival(2, 61))).toBe('reordered');
    tracker.toRequest(66, policy);
    expect(tracker.arrived(arrival(1, 160))).toBe('repaired');
    expect(tracker.counts).toEqual({ received: 4, lost: 0, repaired: 1 });
  });

  it('asks for the lost head of a stream without calling it lost', () => {
    const tracker = new LossTracker();
    tracker.arrived(arrival(4, 100, { marker: false }));
    expect(tracker.toRequest(110, policy)).toEqual([0, 1, 2, 3]);
    expect(tracker.arrived(arrival(2, 200, { marker: true }))).toBe('repaired');
    // The marked packet was the first: nothing before it existed.
    expect(tracker.toRequest(400, policy)).toEqual([3]);
    tracker.toRequest(99_999, policy);
    expect(tracker.counts.lost).toBe(0);
    expect(tracker.report().extendedHighestSequence).toBe(4);
  });

  it('takes a jump of the sequence for a new start', () => {
    const tracker = new LossTracker();
    tracker.arrived(arrival(0, 0));
    tracker.arrived(arrival(5000, 20));
    expect(tracker.missing).toBe(0);
    expect(tracker.report().cumulativeLost).toBe(0);
  });

  it('balances: expected packets are received, repaired, missing or lost, for any pattern of loss', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('come', 'come', 'lost', 'late'), { maxLength: 200 }), (fates) => {
        const tracker = new LossTracker();
        tracker.arrived(arrival(0, 0));
        let received = 1;
        let highest = 0;
        fates.forEach((fate, position) => {
          const index = position + 1;
          const nowMs = index * 20;
          if (fate !== 'lost') {
            tracker.arrived(arrival(index, nowMs));
            received++;
            highest = index;
          }
          tracker.toRequest(nowMs, policy);
        });
        expect(tracker.counts.received).toBe(received);
        expect(received + tracker.counts.lost + tracker.missing).toBe(highest + 1);
      }),
      { seed: 1 },
    );
  });
});
