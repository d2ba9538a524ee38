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

describe('a media path that goes quiet while sound is due', () => {
  const BROADCAST = { broadcastId: 'b1f6c0e0-8f5e-4b1c-8a51-2a7a6f0b9d10' };
  const playAll = (ssrc: number): void => bench.channels.bySsrc(ssrc)?.buffer.advance(Number.MAX_SAFE_INTEGER);
  /** How often the path was missed meanwhile. */
  const missedWithin = async (durationMs: number): Promise<number> => {
    const before = bench.pathsLost();
    for (let afterMs = 0; afterMs < durationMs; afterMs += 10) {
      await bench.clock.advance(10);
      bench.receiver.tick(bench.clock.nowMs());
    }
    return bench.pathsLost() - before;
  };

  it('is missed a second after the last packet, once, and not before what had come has run out', async () => {
    bench.open('talk', 70, BROADCAST);
    bench.deliver(bench.packet(70, 1));
    // Sound of seconds waits in the buffer: nobody misses anything yet.
    expect(await missedWithin(2000)).toBe(0);
    bench.deliver(bench.packet(70, 2));
    playAll(70);
    expect(await missedWithin(950)).toBe(0);
    expect(await missedWithin(100)).toBe(1);
    expect(await missedWithin(5000)).toBe(0);
    // It came back by itself, and goes again.
    bench.deliver(bench.packet(70, 3));
    playAll(70);
    expect(await missedWithin(1050)).toBe(1);
    // Its end was told: nothing more is due.
    bench.deliver(bench.packet(70, 4));
    playAll(70);
    bench.channels.bySsrc(70)?.nameBroadcast(null, 0);
    expect(await missedWithin(5000)).toBe(0);
  });

  it('is not missed while the whole link is away, nor in the moment in which it comes back', async () => {
    bench.open('talk', 70, BROADCAST);
    bench.deliver(bench.packet(70, 1));
    playAll(70);
    bench.setControl(false);
    expect(await missedWithin(3000)).toBe(0);
    // What had waited on the control channel comes before the next packet of sound.
    bench.hearControl();
    expect(await missedWithin(120)).toBe(0);
    bench.deliver(bench.packet(70, 2));
    expect(await missedWithin(900)).toBe(0);
  });

  it('is left alone while an emergency plays that was sent ahead, until its pilot is missing, too', async () => {
    bench.receiver.setPilotPeriod(10_000);
    bench.open('emergency', 1, { class: 'emergency', standing: true, ...BROADCAST });
    bench.deliver(bench.packet(1, 1));
    playAll(1);
    expect(await missedWithin(12_000)).toBe(0);
    expect(await missedWithin(600)).toBe(1);
  });
});
