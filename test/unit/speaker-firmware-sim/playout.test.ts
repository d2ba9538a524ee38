import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { playoutBench as bench, PLAYOUT_START_MS as START_MS } from '../../support/playout-bench.ts';

describe('Playout', () => {
  it('starts to the sample: the first sample sounds when its time stamp and the delay say, by true time', () => {
    const speaker = bench({ driftPpm: 37 });
    const channel = speaker.open('a', 'normal');
    speaker.fill(channel, START_MS + 104.123, 50);
    speaker.run(2000);
    expect(speaker.first).toHaveLength(1);
    expect(speaker.first[0]?.dueMs).toBeCloseTo(START_MS + 304.123, 2);
    expect(Math.abs((speaker.first[0]?.trueMs ?? 0) - (speaker.first[0]?.dueMs ?? 0))).toBeLessThan(0.03);
    expect(speaker.playing.map(({ channelId }) => channelId)).toEqual(['a', null]);
  });

  it('stays on the timeline for minutes although its crystal is 50 ppm off', () => {
    const speaker = bench({ driftPpm: -50 });
    const channel = speaker.open('a', 'normal');
    for (let minute = 0; minute < 3; minute++) {
      for (let part = 0; part < 6; part++) {
        speaker.fill(channel, START_MS + minute * 60_000 + part * 10_000, 500, [], (minute * 6 + part) * 500);
        for (let second = 0; second < 10; second++) {
          const atMs = speaker.now();
          speaker.sync.add({
            t1Ms: speaker.oscillator.localMs(atMs),
            t2Ms: atMs + 0.1,
            t3Ms: atMs + 0.1,
            t4Ms: speaker.oscillator.localMs(atMs + 0.2),
          });
          speaker.run(1000);
        }
      }
    }
    const errors = speaker.blocks.filter(({ coverage }) => coverage === 'packet').map(({ syncErrorMs }) => Math.abs(syncErrorMs));
    expect(errors.length).toBeGreaterThan(17_000);
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(speaker.playout.resyncs).toBe(0);
  });

  it('is late by what its clock estimate is wrong, follows a better one slowly, and jumps only over 10 ms', () => {
    const speaker = bench();
    const channel = speaker.open('a', 'normal');
    speaker.fill(channel, START_MS, 1000);
    speaker.run(4000);
    speaker.oscillator.step(6);
    // The device's clock is 6 ms ahead: it learns so from the next exchanges, and slews.
    speaker.run(500);
    expect(Math.abs(speaker.blocks.at(-1)?.syncErrorMs ?? 0)).toBeLessThan(0.3);
    expect(speaker.playout.resyncs).toBe(0);
    speaker.oscillator.step(14);
    speaker.run(100);
    expect(speaker.playout.resyncs).toBe(1);
  });

  it('does not depend on when its process gets to render: a pause of the host is not a pause of the sound', () => {
    const speaker = bench();
    const channel = speaker.open('a', 'normal');
    speaker.fill(channel, START_MS, 100);
    speaker.run(400);
    speaker.run(300, 300);
    speaker.run(2000);
    const packets = speaker.blocks.filter(({ coverage }) => coverage === 'packet');
    expect(packets.length).toBeGreaterThanOrEqual(200);
    for (let index = 1; index < packets.length; index++)
      expect((packets[index]?.trueMs ?? 0) - (packets[index - 1]?.trueMs ?? 0)).toBeCloseTo(10, 3);
    expect(speaker.playout.hostLateBlocks).toBeGreaterThan(20);
  });

  it('conceals lost packets up to 200 ms, mutes beyond, and counts both in the receipt', () => {
    const speaker = bench();
    const channel = speaker.open('a', 'normal');
    const lost = [10, 11, ...Array.from({ length: 20 }, (_, index) => 40 + index)];
    speaker.fill(channel, START_MS, 100, lost);
    speaker.run(1000);
    speaker.channels.close('a', false);
    speaker.run(2500);
    const [session] = speaker.ended;
    const receipt = session?.receipt(randomUUID(), channel.tracker.counts, 0, true);
    expect(receipt?.concealedMs).toBeGreaterThanOrEqual(230);
    expect(receipt?.concealedMs).toBeLessThanOrEqual(250);
    expect(receipt?.mutedMs).toBeGreaterThanOrEqual(190);
    expect(receipt?.mutedMs).toBeLessThanOrEqual(210);
    expect((receipt?.playedMs ?? 0) + (receipt?.mutedMs ?? 0)).toBeGreaterThan(1980);
    expect((receipt?.playedMs ?? 0) + (receipt?.mutedMs ?? 0)).toBeLessThan(2020);
    // Two lost packets are a hole that nobody notices; twenty are one.
    const inBlocks = (atMs: number): number => Math.round((atMs - START_MS) / 10) * 10;
    expect(receipt?.heard.map(({ fromMs, untilMs }) => [inBlocks(fromMs), inBlocks(untilMs)])).toEqual([
      [0, 800],
      [1200, 2000],
    ]);
  });

  it('gives the loudspeaker to the higher class at once and back afterwards, at the place where the lower one is by then', () => {
    const speaker = bench();
    const normal = speaker.open('normal', 'normal');
    const emergency = speaker.open('emergency', 'emergency', { standing: true, broadcastId: null, playoutDelayMs: 100 });
    speaker.fill(normal, START_MS, 250);
    speaker.run(1000);
    speaker.fill(emergency, START_MS + 1050, 50);
    emergency.nameBroadcast('00000000-0000-4000-8000-000000000001', START_MS + 1040);
    speaker.run(1300);
    emergency.nameBroadcast(null, speaker.now());
    speaker.run(4000);
    expect(speaker.playing.map(({ channelId }) => channelId)).toEqual(['normal', 'emergency', 'normal', null]);
    const emergencyStart = speaker.first.find(({ channelId }) => channelId === 'emergency');
    expect(emergencyStart?.trueMs).toBeCloseTo(START_MS + 1150, 1);
    for (const block of speaker.blocks) expect(Math.abs(block.syncErrorMs)).toBeLessThan(0.05);
    const session = normal.session ?? speaker.ended.find(({ channelId }) => channelId === 'normal');
    expect(session?.preemptedMs).toBeGreaterThanOrEqual(990);
    expect(session?.preemptedMs).toBeLessThanOrEqual(1220);
  });

  it('loses what is due while its amplifier wakes up, says so, and goes on in step: an emergency waits for no amplifier', () => {
    const speaker = bench({ awakeFromMs: START_MS + 1500 });
    const emergency = speaker.open('emergency', 'emergency', { standing: true, playoutDelayMs: 100 });
    const normal = speaker.open('normal', 'normal');
    speaker.fill(emergency, START_MS, 100);
    speaker.fill(normal, START_MS - 100, 100);
    speaker.run(1300);
    expect(speaker.playing).toEqual([]);
    expect(speaker.blocks).toEqual([]);
    speaker.run(1000);
    speaker.channels.close('emergency', false);
    speaker.run(2000);
    expect(speaker.playing[0]).toMatchObject({ channelId: 'emergency' });
    expect(Math.abs((speaker.first[0]?.trueMs ?? 0) - START_MS - 1500)).toBeLessThanOrEqual(10);
    // Not delayed by what it has lost: its neighbours are awake.
    for (const block of speaker.blocks) expect(Math.abs(block.syncErrorMs)).toBeLessThan(0.05);
    const session = speaker.ended.find(({ channelId }) => channelId === 'emergency');
    expect(Math.abs((session?.mutedMs ?? 0) - 1400)).toBeLessThanOrEqual(20);
    expect(Math.abs((session?.playedMs ?? 0) - 600)).toBeLessThanOrEqual(20);
    expect(session?.heard.list().map(({ fromMs }) => Math.round((fromMs - START_MS) / 20))).toEqual([70]);
    // The bulletin did not have the loudspeaker in the first place.
    const other = speaker.channels.get('normal')?.session ?? speaker.ended.find(({ channelId }) => channelId === 'normal');
    expect(other?.mutedMs).toBe(0);
  });

  it('counts what comes after a name was taken back to the old broadcast, and begins the next one anew', () => {
    const [first, second] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    const speaker = bench();
    const emergency = speaker.open('emergency', 'emergency', { standing: true, broadcastId: null, playoutDelayMs: 100 });
    speaker.fill(emergency, START_MS + 50, 10);
    emergency.nameBroadcast(first, START_MS + 40);
    speaker.run(300);
    emergency.nameBroadcast(null, START_MS + 450);
    speaker.fill(emergency, START_MS + 250, 10, [], 10);
    speaker.run(700);
    // A straggler long after: heard, but nobody's.
    speaker.fill(emergency, START_MS + 1010, 1, [], 48);
    speaker.run(1000);
    speaker.fill(emergency, START_MS + 2110, 10, [], 103);
    speaker.run(250);
    emergency.nameBroadcast(second, START_MS + 2100);
    speaker.run(50);
    emergency.nameBroadcast(null, START_MS + 2310);
    speaker.run(1700);
    expect(speaker.first.map(({ trueMs }) => Math.round((trueMs - START_MS) / 10))).toEqual([15, 111, 221]);
    expect(speaker.ended.map(({ broadcastId }) => broadcastId)).toEqual([first, second]);
    expect(speaker.ended.map(({ playedMs }) => Math.round(playedMs / 100))).toEqual([4, 2]);
    expect(Math.abs((speaker.ended[1]?.firstSoundAtMs ?? 0) - START_MS - 2210)).toBeLessThan(5);
  });

  it('prefers the newer of two channels of one class, and plays on its own when the channel is never named', () => {
    const speaker = bench();
    const older = speaker.open('older', 'live');
    const newer = speaker.open('newer', 'live', { broadcastId: null });
    speaker.fill(older, START_MS, 50);
    speaker.fill(newer, START_MS + 400, 10);
    speaker.run(2000);
    expect(speaker.playing.map(({ channelId }) => channelId)).toEqual(['older', 'newer', 'older', null]);
    expect(newer.session?.receipt(randomUUID(), newer.tracker.counts, 0, true)).toBeUndefined();
  });

  it('lets nothing out but emergencies while it is muted, and counts the rest as due and muted', () => {
    const speaker = bench();
    const normal = speaker.open('normal', 'normal');
    const emergency = speaker.open('emergency', 'emergency', { standing: true, playoutDelayMs: 200 });
    speaker.playout.loudness.settings = { volumeDb: -6, muted: true, emergencyVolumeDb: -3 };
    speaker.fill(normal, START_MS, 100, [10]);
    speaker.fill(emergency, START_MS + 800, 20);
    speaker.run(1050);
    expect(speaker.playout.levelDb).toBeCloseTo(-23, 5);
    speaker.run(650);
    expect(speaker.playout.programmeDb).toBe(-120);
    speaker.playout.loudness.settings = { ...speaker.playout.loudness.settings, muted: false };
    speaker.run(500);
    expect(speaker.playout.levelDb).toBeCloseTo(-26, 5);
    speaker.channels.close('normal', false);
    speaker.run(1000);
    expect(speaker.playing.map(({ channelId }) => channelId)).toEqual(['emergency', null, 'normal', null]);
    const receipt = speaker.ended.find(({ channelId }) => channelId === 'normal')?.receipt(randomUUID(), normal.tracker.counts, 0, true);
    const { playedMs = 0, mutedMs = 0, mutedByConfigMs = 0, preemptedMs = 0 } = receipt ?? {};
    expect(mutedByConfigMs).toBe(mutedMs);
    // Due from 200 to 2200 ms; muted until 1700, but for the emergency's 400 ms and the 200 ms in which more of it might have come.
    expect(Math.abs(playedMs - 500)).toBeLessThan(40);
    expect(playedMs + mutedMs + preemptedMs).toBeGreaterThan(1980);
    expect(playedMs + mutedMs + preemptedMs).toBeLessThan(2020);
    // Nothing is missing that should have sounded.
    expect(speaker.muted()).toBe(0);
  });

  it('adds the alignment delay of its pole', () => {
    const speaker = bench();
    speaker.playout.alignDelayMs = 45;
    speaker.fill(speaker.open('a', 'normal'), START_MS, 20);
    speaker.run(1000);
    expect(speaker.first[0]?.trueMs).toBeCloseTo(START_MS + 245, 1);
  });

  it('plays out what was sent when a channel closes, or stops at once when told', () => {
    const gentle = bench();
    gentle.fill(gentle.open('a', 'normal'), START_MS, 50);
    gentle.run(400);
    gentle.channels.close('a', false);
    expect(gentle.ended).toHaveLength(0);
    gentle.run(2000);
    expect(gentle.ended[0]?.playedMs).toBeGreaterThan(980);
    expect(gentle.channels.list).toHaveLength(0);
    const sudden = bench();
    sudden.fill(sudden.open('a', 'normal'), START_MS, 50);
    sudden.run(400);
    sudden.channels.close('a', true);
    sudden.run(1000);
    expect(sudden.ended[0]?.playedMs).toBeLessThan(250);
    expect(sudden.playing.at(-1)?.channelId).toBeNull();
  });

  it('stays silent without a clock, but for an emergency', () => {
    const speaker = bench({ exchanges: 0 });
    for (const broadcastClass of ['normal', 'relay', 'priority', 'live'] as const) {
      speaker.fill(speaker.open(broadcastClass, broadcastClass), START_MS, 50);
    }
    speaker.run(2000);
    expect(speaker.blocks).toHaveLength(0);
  });

  it('plays an emergency without a clock its playout delay after it arrived, and joins the others when the clock comes', () => {
    const speaker = bench({ exchanges: 0 });
    const normal = speaker.open('normal', 'normal', { playoutDelayMs: 5000 });
    const emergency = speaker.open('emergency', 'emergency', { standing: true, playoutDelayMs: 120 });
    speaker.fill(normal, START_MS, 100);
    // A pilot long before: it says nothing about when.
    emergency.buffer.insert({
      index: 0,
      timestamp: 0,
      captureAtMs: START_MS - 900,
      payload: Buffer.from([0xf8]),
      arrivalMs: START_MS,
      marker: false,
    });
    speaker.run(500);
    expect(speaker.blocks).toHaveLength(0);
    // The way took 70 ms.
    const arrivedMs = speaker.now();
    speaker.fill(emergency, arrivedMs - 70, 200, [], 1);
    speaker.run(1000);
    expect(speaker.first).toHaveLength(1);
    expect(speaker.first[0]?.trueMs).toBeGreaterThan(arrivedMs + 110);
    expect(speaker.first[0]?.trueMs).toBeLessThan(arrivedMs + 130);
    expect(speaker.playing[0]?.soundAtMs).toBeCloseTo(arrivedMs - 70 + 120, -1);
    expect(speaker.playout.resyncs).toBe(0);
    const atMs = speaker.now();
    speaker.sync.add({
      t1Ms: speaker.oscillator.localMs(atMs),
      t2Ms: atMs + 0.1,
      t3Ms: atMs + 0.1,
      t4Ms: speaker.oscillator.localMs(atMs + 0.2),
    });
    speaker.run(500);
    expect(speaker.playout.resyncs).toBe(1);
    expect(Math.abs(speaker.blocks.at(-1)?.syncErrorMs ?? 99)).toBeLessThan(1);
    speaker.run(4000);
    expect(speaker.playing.map(({ channelId }) => channelId)).toEqual(['emergency', null, 'normal']);
  });
});
