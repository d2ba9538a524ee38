import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LateWatch } from '../../../speaker-firmware-sim/speaker/late-watch.ts';

/** Packets of 20 ms whose lateness is given one by one. */
function having(latenessMs: readonly number[], watch = new LateWatch()): LateWatch {
  latenessMs.forEach((lateMs, index) => {
    watch.arrived(index * 20, lateMs);
  });
  return watch;
}

describe('a channel on which everything comes too late', () => {
  it('is delayed by what the latest needed, in coarse steps, after a second', () => {
    expect(having(Array(50).fill(130)).addedMs).toBe(0);
    expect(having(Array(51).fill(130)).addedMs).toBe(200);
    expect(having([...Array(50).fill(130), 150]).addedMs).toBe(400);
  });

  it('is not delayed for a stall that is over, nor where single packets come in time', () => {
    expect(
      having(
        Array(500)
          .fill(0)
          .map((_, index) => (index % 40 === 0 ? -1 : 300)),
      ).addedMs,
    ).toBe(0);
    // A burst: half a second of sound at once.
    const watch = new LateWatch();
    for (let index = 0; index < 25; index++) watch.arrived(100 + index / 100, 500 - index * 20);
    watch.arrived(120, -20);
    expect(watch.addedMs).toBe(0);
  });

  it('is not delayed by a few stray packets far apart', () => {
    const watch = new LateWatch();
    for (let index = 0; index < 4; index++) watch.arrived(index * 5000, 50);
    expect(watch.addedMs).toBe(0);
  });

  it('is delayed again when that was not enough, and not any more for the next broadcast', () => {
    const watch = having(Array(51).fill(100));
    for (let index = 0; index < 51; index++) watch.arrived(2000 + index * 20, 150);
    expect(watch.addedMs).toBe(200);
    for (let index = 0; index < 51; index++) watch.arrived(4000 + index * 20, 350);
    expect(watch.addedMs).toBe(600);
    watch.reset();
    expect(watch.addedMs).toBe(0);
  });

  it('whatever comes: never more than two seconds, never less for the same broadcast', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: -500, max: 5000 }))), (packets) => {
        const watch = new LateWatch();
        let atMs = 0;
        let beforeMs = 0;
        for (const [gapMs, lateMs] of packets) {
          atMs += gapMs;
          watch.arrived(atMs, lateMs);
          expect(watch.addedMs).toBeGreaterThanOrEqual(beforeMs);
          expect(watch.addedMs).toBeLessThanOrEqual(2000);
          beforeMs = watch.addedMs;
        }
      }),
    );
  });
});
