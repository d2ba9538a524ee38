import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketCost } from '../../../controller/distribution/packet-cost.ts';
import { fillSpeed, livePacketMs, pathsMax, streamShare } from '../../../controller/distribution/worker-limits.ts';

const load = fc.record({ paths: fc.integer({ min: 0, max: 20_000 }), packetUs: fc.double({ min: 2, max: 200, noNaN: true }) });
const packetMs = fc.constantFrom(20, 40, 60);

describe('the length of live packets', () => {
  it('is 20 ms for 700 speakers a worker on a small server, and grows with them', () => {
    expect([700, 1000, 2500].map((paths) => livePacketMs({ paths, packetUs: 8 }, 20))).toEqual([20, 40, 60]);
  });

  it('never falls with more speakers', () => {
    fc.assert(
      fc.property(load, fc.nat(5000), packetMs, (now, more, before) => {
        expect(livePacketMs({ ...now, paths: now.paths + more }, before)).toBeGreaterThanOrEqual(livePacketMs(now, before));
      }),
    );
  });

  it('does not flutter: what was chosen is chosen again', () => {
    fc.assert(
      fc.property(load, packetMs, (now, before) => {
        const chosen = livePacketMs(now, before);
        expect(livePacketMs(now, chosen)).toBe(chosen);
      }),
    );
  });

  it('leaves room on the core as long as fewer speakers are let in than it carries', () => {
    fc.assert(
      fc.property(load, packetMs, (now, before) => {
        const carried = { ...now, paths: Math.min(now.paths, pathsMax(now.packetUs)) };
        expect(streamShare(carried, livePacketMs(carried, before))).toBeLessThanOrEqual(0.8);
      }),
    );
  });
});

describe('the speed at which an emergency may be sent ahead', () => {
  it('is never below real time, and never more than the core can do above it', () => {
    fc.assert(
      fc.property(load, packetMs, (now, length) => {
        const speed = fillSpeed(now, length);
        expect(speed).toBeGreaterThanOrEqual(1);
        if (speed > 1 && now.paths > 0) expect(speed * streamShare(now, length)).toBeLessThanOrEqual(0.8 + 1e-9);
      }),
    );
  });

  it('is far more than four for 125 speakers a worker, and grows with the packets', () => {
    expect(fillSpeed({ paths: 125, packetUs: 12 }, 20)).toBeGreaterThan(8);
    expect(fillSpeed({ paths: 1000, packetUs: 12 }, 60)).toBeCloseTo(3 * fillSpeed({ paths: 1000, packetUs: 12 }, 20), 5);
  });
});

describe('the cost of a packet', () => {
  it('is learned from what the worker uses, and a storm of other work is no cost of packets', () => {
    const cost = new PacketCost();
    const first = cost.us;
    for (let i = 0; i < 10; i++) cost.observe(10_000, 70);
    expect(cost.us).toBeCloseTo(7, 5);
    cost.observe(20_000, 2000);
    expect(cost.us).toBeCloseTo(7, 5);
    expect(first).toBe(11);
  });

  it('counts no idle time, and stays within reason', () => {
    const cost = new PacketCost();
    for (let i = 0; i < 100; i++) cost.observe(0, 500);
    expect(cost.us).toBe(11);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.nat(10_000))), (looks) => {
        const any = new PacketCost();
        for (const [packets, cpuMs] of looks) any.observe(packets, cpuMs);
        expect(any.us).toBeGreaterThanOrEqual(2);
        expect(any.us).toBeLessThanOrEqual(200);
      }),
    );
  });
});
