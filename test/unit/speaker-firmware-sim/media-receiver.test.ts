import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MediaBench, startMediaBench } from '../../support/media-bench.ts';

let bench: MediaBench;
beforeEach(async () => {
  bench = await startMediaBench();
});
afterEach(() => bench.close());

describe('a media path that lives for weeks', () => {
  it('plays the hundredth broadcast as it played the first, and no replay of an earlier one', () => {
    const { receiver, channels } = bench;
    bench.open('emergency', 1, { standing: true });
    bench.deliver(bench.packet(1, 1));
    const recorded: Buffer[] = [];
    for (let broadcast = 0; broadcast < 150; broadcast++) {
      const ssrc = 1000 + broadcast;
      bench.open(`broadcast-${broadcast}`, ssrc);
      for (let index = 1; index <= 3; index++) {
        const packet = bench.packet(ssrc, index);
        recorded.push(packet);
        bench.deliver(packet);
      }
      expect(channels.bySsrc(ssrc)?.buffer.length).toBe(3);
      channels.close(`broadcast-${broadcast}`, true);
    }
    expect(receiver.counts).toMatchObject({ received: 451, rejected: 0, unplaced: 0 });
    // Whoever recorded the air sends it all again while another broadcast plays.
    bench.open('now', 5000);
    for (const packet of recorded) bench.deliver(packet);
    expect(receiver.counts.received).toBe(451);
    expect(channels.list.reduce((sum, channel) => sum + channel.buffer.length, 0)).toBe(1);
    bench.deliver(bench.packet(5000, 1));
    expect(channels.bySsrc(5000)?.buffer.length).toBe(1);
  });
});

describe('a media path that goes quiet', () => {
  it('is missed after three pilots, whenever the next report would have been due', async () => {
    const { clock, receiver } = bench;
    receiver.setPilotPeriod(10_000);
    bench.open('emergency', 1, { standing: true });
    bench.deliver(bench.packet(1, 1));
    let lostAfterMs: number | undefined;
    for (let afterMs = 0; afterMs <= 60_000 && lostAfterMs === undefined; afterMs += 10) {
      receiver.tick(clock.nowMs());
      if (bench.pathsLost() > 0) lostAfterMs = afterMs;
      await clock.advance(10);
    }
    expect(lostAfterMs).toBeGreaterThan(30_000);
    expect(lostAfterMs).toBeLessThan(30_100);
    expect(receiver.pathOpen).toBe(false);
    bench.deliver(bench.packet(1, 2));
    expect(receiver.pathOpen).toBe(true);
  });
});
