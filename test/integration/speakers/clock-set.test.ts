import { afterAll, beforeAll, expect, test } from 'vitest';
import { MovedClock } from '../../support/moved-clock.ts';
import { type SpeakerWorld, startSpeakerWorld } from '../../support/speaker-world.ts';
import { enrolDevice, TestSpeaker } from '../../support/test-speaker.ts';
import { until } from '../../support/until.ts';

const BEAT_MS = 1000;
const clock = new MovedClock();
let world: SpeakerWorld;
let speaker: TestSpeaker;

beforeAll(async () => {
  world = await startSpeakerWorld({ clock, beatPeriodMs: BEAT_MS });
  speaker = await new TestSpeaker(await enrolDevice(await world.speakers.issueClaim('c-1', 'SPK-0001'))).open();
  speaker.hello();
  await speaker.next('welcome');
});
afterAll(async () => {
  speaker?.end();
  await world?.close();
});

const state = () => world.speakers.directory.state('SPK-0001');
/** Beats of a speaker that follows the controller's clock, for a while. */
async function beatFor(durationMs: number): Promise<void> {
  const untilMs = clock.monotonicMs() + durationMs;
  while (clock.monotonicMs() < untilMs) {
    speaker.beat({ packetsReceived: 1, clockOffsetMs: clock.movedMs });
    await clock.sleep(BEAT_MS / 2);
  }
}

test.each([
  ['forward by an hour', 3_600_000],
  ['back by an hour', -3_600_000],
])('setting the clock %s makes no speaker offline and takes no evidence away', async (_what, stepMs) => {
  await beatFor(BEAT_MS);
  expect(state()?.rung).toBe('receiving');
  clock.movedMs += stepMs;
  // Both looks by time fall into this: every quarter of a second, and every second.
  await clock.sleep(1.5 * BEAT_MS);
  expect(state()).toMatchObject({ rung: 'receiving', faults: [] });
  await beatFor(4 * BEAT_MS);
  expect(state()).toMatchObject({ rung: 'receiving', faults: [] });
  expect(speaker.closed).toBeUndefined();
  expect(Math.abs((state()?.lastBeatMs ?? 0) - clock.nowMs())).toBeLessThan(2 * BEAT_MS);
});

test('after the clock was set back, silence is noticed as soon as ever', async () => {
  await beatFor(BEAT_MS);
  clock.movedMs -= 3_600_000;
  // The stuck device answers no ping either.
  speaker.socket.pause();
  const silentSinceMs = clock.monotonicMs();
  await until('offline', () => state()?.rung === 'offline' && state()?.faults.includes('offline') === true, 10_000);
  expect(clock.monotonicMs() - silentSinceMs).toBeLessThan(5 * BEAT_MS);
  const [raised] = world.told('fault.raised').filter((fact) => fact.code === 'offline');
  // Told in the time that the clock now shows.
  expect(Math.abs((raised?.atMs ?? 0) - clock.nowMs())).toBeLessThan(BEAT_MS * 3);
});

test('a standstill of the controller itself is nobody’s fault', async () => {
  speaker = await new TestSpeaker(speaker.identity).open();
  speaker.hello();
  await speaker.next('welcome');
  await beatFor(2 * BEAT_MS);
  expect(state()?.rung).toBe('receiving');
  world.forgetTold();
  // What waits for its time is looked at before what has arrived.
  await new Promise((resolve) => setImmediate(resolve));
  // Longer than three beats; nothing can arrive or be looked at meanwhile, as after a SIGSTOP.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4 * BEAT_MS);
  await beatFor(2 * BEAT_MS);
  expect(world.told('fault.raised')).toEqual([]);
  expect(world.told('speaker.disconnected')).toEqual([]);
  expect(state()?.rung).toBe('receiving');
});
