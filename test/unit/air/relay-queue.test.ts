import { describe, expect, it } from 'vitest';
import { RelayQueue } from '../../../controller/air/relay-queue.ts';

const PACKET = { payload: Buffer.alloc(1), durationMs: 20 };
const QUIET_DB = -70;

/** Plays a station for a while: `arrives` says how many packets come in each 20 ms. */
function play(queue: RelayQueue, durationMs: number, arrives: (tick: number) => number, levelDb = QUIET_DB) {
  const counts = { aired: 0, stretch: 0, empty: 0, arrived: 0 };
  for (let tick = 0; tick * 20 < durationMs; tick++) {
    for (let n = arrives(tick); n > 0; n--) {
      queue.put(PACKET, levelDb, tick * 20);
      counts.arrived += 1;
    }
    const taken = queue.next(tick * 20);
    counts[typeof taken === 'object' ? 'aired' : taken] += 1;
  }
  return { ...counts, left: queue.queuedMs, dropped: counts.arrived - counts.aired - queue.queuedMs / 20 };
}

describe('the queue of a relay', () => {
  it('loses nothing of a station that sends segments of ten seconds, and adds nothing', () => {
    const queue = new RelayQueue();
    // A first burst of one segment and a second, then one every ten seconds.
    const result = play(queue, 600_000, (tick) => (tick === 0 ? 575 : tick % 500 === 0 ? 500 : 0));
    expect(result).toMatchObject({ dropped: 0, stretch: 0, empty: 0 });
  });

  it('gives up the burst at the beginning little by little, down to what is always left over', () => {
    const queue = new RelayQueue();
    const { dropped, empty, left } = play(queue, 600_000, (tick) => (tick === 0 ? 1500 : tick % 300 === 0 ? 300 : 0));
    expect(empty).toBe(0);
    expect(dropped * 20).toBeGreaterThan(10_000);
    expect(left).toBeGreaterThan(3900);
  });

  it.each([
    ['fast', 1 / 0.9999],
    ['slow', 1 / 1.0001],
  ])('keeps its cushion for hours when the station’s clock is %s', (_, speed) => {
    const queue = new RelayQueue();
    let due = 75;
    const { empty, left } = play(queue, 6 * 3_600_000, () => {
      due += speed;
      const whole = Math.floor(due);
      due -= whole;
      return whole;
    });
    expect(empty).toBe(0);
    expect(left).toBeGreaterThan(300);
    expect(left).toBeLessThan(5000);
  });

  it('forgets what grew old while waiting, but never the beginning of what came at once', () => {
    const live = new RelayQueue();
    for (let n = 0; n < 100; n++) live.put(PACKET, -20, 0);
    for (let n = 1; n <= 400; n++) live.put(PACKET, -20, n * 20);
    live.trim(8000);
    expect(live.queuedMs).toBeGreaterThanOrEqual(1500);
    expect(live.queuedMs).toBeLessThanOrEqual(2100);

    const segments = new RelayQueue();
    for (let n = 0; n < 300; n++) segments.put(PACKET, -20, 0);
    for (let n = 0; n < 300; n++) segments.put(PACKET, -20, 6000);
    segments.trim(9000);
    expect(segments.queuedMs).toBeGreaterThanOrEqual(7500);
    expect(segments.queuedMs).toBeLessThanOrEqual(7540);

    const recording = new RelayQueue();
    for (let n = 0; n < 1000; n++) recording.put(PACKET, -20, 0);
    recording.trim(50);
    expect(recording.queuedMs).toBeGreaterThan(19_900);
  });
});
