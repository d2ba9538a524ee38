import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { Link } from '../../../speaker-firmware-sim/network/link.ts';
import { PROFILES, type ProfileName } from '../../../speaker-firmware-sim/network/profiles.ts';
import { TimerWheel } from '../../../speaker-firmware-sim/network/timer-wheel.ts';
import { createRandom } from '../../../speaker-firmware-sim/random.ts';

/** Half an hour of a 20 ms stream on several links. */
function statistics(profile: ProfileName, direction: 'up' | 'down'): { median: number; p99: number; loss: number; meanBurst: number } {
  const delays: number[] = [];
  let sent = 0;
  let lost = 0;
  let bursts = 0;
  for (let seed = 0; seed < 12; seed++) {
    const link = new Link(createRandom(`statistics-${seed}`));
    link.setProfile(profile);
    let lostBefore = false;
    for (let atMs = 1e12; atMs < 1e12 + 300_000; atMs += 20) {
      if (link.isDown(atMs)) continue;
      const arrivalMs = link[direction].datagram(atMs);
      sent++;
      if (arrivalMs === undefined) {
        lost++;
        if (!lostBefore) bursts++;
      } else delays.push(arrivalMs - atMs);
      lostBefore = arrivalMs === undefined;
    }
  }
  delays.sort((a, b) => a - b);
  return {
    median: delays[delays.length >> 1] ?? 0,
    p99: delays[Math.floor(delays.length * 0.99)] ?? 0,
    loss: lost / sent,
    meanBurst: bursts > 0 ? lost / bursts : 0,
  };
}

describe('network profiles', () => {
  it('lan: 0.3 ms +-0.2, nothing lost', () => {
    const { median, p99, loss } = statistics('lan', 'up');
    expect(median).toBeCloseTo(0.3, 1);
    expect(p99).toBeLessThan(0.5);
    expect(loss).toBe(0);
  });

  it('fibre: 8 ms +-2, 0.1 % lost', () => {
    const { median, p99, loss } = statistics('fibre', 'down');
    expect(Math.abs(median - 8)).toBeLessThan(0.5);
    expect(p99).toBeLessThan(11);
    expect(loss).toBeGreaterThan(0.0005);
    expect(loss).toBeLessThan(0.002);
  });

  it('4g: 45 ms median over both ways, p99 about 180 ms, ways differ, 1 % lost in bursts', () => {
    const up = statistics('4g', 'up');
    const down = statistics('4g', 'down');
    expect(Math.abs((up.median + down.median) / 2 - 45)).toBeLessThan(4.5);
    expect(Math.abs((up.p99 + down.p99) / 2 - 180)).toBeLessThan(27);
    expect(up.median - down.median).toBeGreaterThan(2);
    for (const { loss, meanBurst } of [up, down]) {
      expect(loss).toBeGreaterThan(0.007);
      expect(loss).toBeLessThan(0.013);
      expect(meanBurst).toBeGreaterThan(1.2);
    }
  });

  it('4g-bad: 5 % lost in bursts outside its outages of 2 s', () => {
    const { loss, meanBurst } = statistics('4g-bad', 'down');
    expect(loss).toBeGreaterThan(0.04);
    expect(loss).toBeLessThan(0.06);
    expect(meanBurst).toBeGreaterThan(1.8);
    const link = new Link(createRandom('outages'));
    link.setProfile('4g-bad');
    let downMs = 0;
    let outages = 0;
    let before = false;
    for (let atMs = 0; atMs < 3_600_000; atMs += 100) {
      const down = link.isDown(atMs);
      if (down) downMs += 100;
      if (down && !before) outages++;
      before = down;
    }
    expect(outages).toBeGreaterThan(40);
    expect(downMs / outages).toBeGreaterThan(1800);
    expect(downMs / outages).toBeLessThan(2200);
  });

  it('cut: no datagram passes and no segment ever arrives; afterwards what waited goes on', () => {
    const link = new Link(createRandom('cut'));
    link.setProfile('cut');
    expect(link.up.datagram(5)).toBeUndefined();
    expect(link.down.segment(5)).toBe(Number.POSITIVE_INFINITY);
    let changed = 0;
    link.onChange(() => changed++);
    link.setProfile('lan');
    expect(changed).toBe(1);
    expect(link.down.segment(10)).toBeLessThan(11);
  });

  it.each(Object.keys(PROFILES) as ProfileName[])('%s: the same seed gives the same network', (profile) => {
    const run = (): (number | undefined)[] => {
      const link = new Link(createRandom('same'));
      link.setProfile(profile);
      return Array.from({ length: 500 }, (_, index) => link.down.datagram(index * 20));
    };
    expect(run()).toEqual(run());
  });

  it.each(['fibre', '4g', '4g-bad'] as const)('%s: TCP keeps order and loses nothing; losses cost time', (profile) => {
    const link = new Link(createRandom('tcp'));
    link.setProfile(profile);
    let last = 0;
    let slow = 0;
    for (let atMs = 0; atMs < 600_000; atMs += 50) {
      const arrivalMs = link.up.segment(atMs);
      expect(arrivalMs).toBeGreaterThanOrEqual(last);
      expect(arrivalMs).toBeLessThan(atMs + 30_000);
      if (arrivalMs - atMs > 200) slow++;
      last = arrivalMs;
    }
    expect(slow).toBeGreaterThan(0);
  });
});

describe('TimerWheel', () => {
  it('calls entries in order of their instants with one timer, up to a slot late', async () => {
    const clock = new TestClock();
    const wheel = new TimerWheel(clock, 2);
    const startMs = clock.nowMs();
    const fired: { dueMs: number; lateMs: number }[] = [];
    const random = createRandom('wheel');
    for (let index = 0; index < 500; index++) {
      const dueMs = startMs + random.next() * 300;
      wheel.add(dueMs, { due: () => fired.push({ dueMs, lateMs: clock.nowMs() - dueMs }) });
    }
    expect(clock.pending()).toHaveLength(1);
    await clock.advance(400);
    expect(fired).toHaveLength(500);
    for (const { lateMs } of fired) {
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(2.001);
    }
    for (let index = 1; index < fired.length; index++) expect(fired[index]?.dueMs).toBeGreaterThan((fired[index - 1]?.dueMs ?? 0) - 2);
    wheel.add(clock.nowMs() + 5, { due: () => fired.push({ dueMs: 0, lateMs: 0 }) });
    wheel.close();
    await clock.advance(100);
    expect(fired).toHaveLength(500);
    expect(clock.pending()).toEqual([]);
  });
});
