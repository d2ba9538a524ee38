import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patientDelayMs } from '../../../speaker-firmware-sim/speaker/patience.ts';
import { playoutBench, PLAYOUT_START_MS as START_MS } from '../../support/playout-bench.ts';

const WARNING = '00000000-0000-4000-8000-000000000001';
const CORRECTION = '00000000-0000-4000-8000-000000000002';
const DELAY_MS = 100;

/** A speaker whose standing channel carries a warning from START_MS on. */
function warned() {
  const speaker = playoutBench();
  const emergency = speaker.open('emergency', 'emergency', { standing: true, broadcastId: null, playoutDelayMs: DELAY_MS });
  emergency.nameBroadcast(WARNING, START_MS);
  /** What came out, as capture times from the start of the warning, and how late it was. */
  const sounded = () =>
    speaker.blocks.filter(({ coverage }) => coverage === 'packet').map(({ captureAtMs }) => Math.round(captureAtMs - START_MS));
  const finish = () => {
    emergency.nameBroadcast(null, speaker.now());
    speaker.run(15_000);
    return speaker.ended
      .flatMap((session) => session.heard.list())
      .map(({ fromMs, untilMs }) => [Math.round((fromMs - START_MS) / 10) * 10, Math.round((untilMs - START_MS) / 10) * 10]);
  };
  return { ...speaker, emergency, sounded, finish };
}

describe('an emergency that comes late', () => {
  it.each([150, 500, 1200, 3000, 9000])('is heard whole from its first word when everything comes %i ms late', (lateMs) => {
    const speaker = warned();
    speaker.run(DELAY_MS + lateMs);
    speaker.fill(speaker.emergency, START_MS, 50);
    speaker.run(2000);
    expect(speaker.finish()).toEqual([[0, 1000]]);
    expect(speaker.first).toHaveLength(1);
    // Not later than it has to be: at most one step of 200 ms beyond what it needed.
    const afterMs = (speaker.first[0]?.trueMs ?? 0) - START_MS;
    expect(afterMs).toBeGreaterThanOrEqual(DELAY_MS + lateMs);
    expect(afterMs).toBeLessThanOrEqual(DELAY_MS + lateMs + 280);
  });

  it('stays in step with its neighbours when only the first 80 ms are late', () => {
    const speaker = warned();
    speaker.run(DELAY_MS + 60);
    speaker.fill(speaker.emergency, START_MS, 50);
    speaker.run(2000);
    expect(speaker.emergency.addedDelayMs).toBe(0);
    expect(Math.abs(speaker.blocks.at(-1)?.syncErrorMs ?? 99)).toBeLessThan(1);
  });

  it('is not dropped when it is shorter than the stall, although its end was named long before it came', () => {
    const speaker = warned();
    speaker.run(1500);
    speaker.emergency.nameBroadcast(null, START_MS + 1000);
    speaker.run(1500);
    speaker.fill(speaker.emergency, START_MS, 50);
    speaker.run(3000);
    expect(speaker.ended.map(({ broadcastId }) => broadcastId)).toEqual([WARNING]);
    expect(speaker.finish()).toEqual([[0, 1000]]);
  });

  it.each([200, 1200, 3000])(
    'loses no word when the way stands still for %i ms in its middle, and says that there was a hole',
    (stallMs) => {
      const speaker = warned();
      speaker.fill(speaker.emergency, START_MS, 25);
      speaker.run(500 + DELAY_MS + stallMs);
      speaker.fill(speaker.emergency, START_MS + 500, 50, [], 25, false);
      speaker.run(3000);
      expect(speaker.finish()).toEqual([
        [0, 500],
        [500, 1500],
      ]);
    },
  );

  it.each([1200, 3000])('loses no word when the device itself stands still for %i ms', (stallMs) => {
    const speaker = warned();
    speaker.fill(speaker.emergency, START_MS, 100);
    speaker.run(800);
    speaker.run(stallMs, stallMs);
    speaker.run(5000);
    const heard = speaker.finish();
    expect(heard.at(-1)?.[1]).toBe(2000);
    expect(heard.reduce((sum, [fromMs = 0, untilMs = 0]) => sum + untilMs - fromMs, 0)).toBe(2000);
  });

  it('is in step again with the next pass, although the tail of the late one is cut off by it', () => {
    const speaker = warned();
    speaker.run(3000);
    speaker.fill(speaker.emergency, START_MS, 200);
    // The next pass begins half a second after the first has ended.
    speaker.fill(speaker.emergency, START_MS + 4500, 200, [], 225);
    speaker.run(1500);
    expect(speaker.emergency.addedDelayMs).toBeGreaterThan(2500);
    speaker.run(6200);
    expect(speaker.emergency.addedDelayMs).toBe(0);
    const secondPass = speaker.blocks.filter(({ captureAtMs }) => captureAtMs >= START_MS + 4500);
    expect(Math.abs(secondPass[0]?.syncErrorMs ?? 99)).toBeLessThan(1);
    expect(speaker.finish()).toContainEqual([4500, 8500]);
  });

  it('is silent at once when it is stopped, refuses what still comes of it, and plays what follows', () => {
    const speaker = warned();
    speaker.fill(speaker.emergency, START_MS, 250);
    speaker.run(1000);
    const stopAtMs = speaker.now();
    const before = speaker.blocks.length;
    speaker.channels.change({
      channelId: 'emergency',
      broadcastId: null,
      sinceMs: stopAtMs,
      immediately: true,
      gainDb: 0,
      playoutDelayMs: DELAY_MS,
    });
    expect(speaker.ended).toHaveLength(1);
    // Sent ahead of the stop, and still on the way.
    speaker.fill(speaker.emergency, START_MS + 5000, 50, [], 250, false);
    speaker.run(500);
    expect(speaker.blocks.length).toBe(before);
    // The correction lies where the warning had been sent ahead; its first packet gets lost.
    const correctionAtMs = speaker.now();
    speaker.channels.change({
      channelId: 'emergency',
      broadcastId: CORRECTION,
      sinceMs: correctionAtMs,
      immediately: false,
      gainDb: 0,
      playoutDelayMs: DELAY_MS,
    });
    speaker.fill(speaker.emergency, correctionAtMs + 5, 50, [0], 300);
    speaker.run(2000);
    expect(speaker.playing.map(({ broadcastId }) => broadcastId)).toEqual([WARNING, null, CORRECTION, null]);
    expect(speaker.blocks.length - before).toBeGreaterThan(90);
  });

  it('is silent at once when the stream itself says so, while the control channel is down', () => {
    const speaker = warned();
    speaker.fill(speaker.emergency, START_MS, 250);
    speaker.run(1000);
    const before = speaker.blocks.length;
    const flush = (index: number) =>
      speaker.emergency.buffer.insert({
        index,
        timestamp: 0,
        captureAtMs: speaker.now() - 20_000,
        payload: Buffer.from([0xf8]),
        arrivalMs: speaker.now(),
        marker: true,
      });
    flush(250);
    speaker.run(100);
    expect(speaker.blocks.length).toBe(before);
    // The next programme, and the second copy of the flush, which was overtaken by it.
    const nextAtMs = speaker.now();
    speaker.fill(speaker.emergency, nextAtMs, 50, [], 252);
    flush(251);
    speaker.run(2000);
    expect(speaker.blocks.length - before).toBeGreaterThanOrEqual(100);
  });

  it('says what plays when the sound is there before its name, and when a second warning follows without a pause', () => {
    const speaker = playoutBench();
    const emergency = speaker.open('emergency', 'emergency', { standing: true, broadcastId: null, playoutDelayMs: DELAY_MS });
    speaker.fill(emergency, START_MS, 50);
    speaker.run(500);
    emergency.nameBroadcast(WARNING, START_MS - 1);
    speaker.run(100);
    speaker.fill(emergency, START_MS + 1000, 50, [], 50);
    emergency.nameBroadcast(CORRECTION, START_MS + 1000);
    speaker.run(1000);
    expect(speaker.playing.map(({ broadcastId }) => broadcastId)).toEqual([null, WARNING, CORRECTION]);
    expect(speaker.ended.map((session) => [session.broadcastId, Math.round(session.playedMs / 10)])).toEqual([[WARNING, 100]]);
  });

  it('whatever stalls there are: every packet that comes is sounded once and in order, as long as nobody is ten seconds behind', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 2000 })), { minLength: 1, maxLength: 4 }),
        (bursts) => {
          const speaker = warned();
          let sent = 0;
          for (const [packets, stallMs] of bursts) {
            speaker.fill(speaker.emergency, START_MS + sent * 20, packets, [], sent, sent === 0);
            sent += packets;
            speaker.run(stallMs);
          }
          speaker.run(sent * 20 + 12_000);
          const sounded = speaker.sounded();
          for (let index = 1; index < sounded.length; index++) expect(sounded[index]).toBeGreaterThanOrEqual(sounded[index - 1] ?? 0);
          // All but what was skipped to stay in step: less than 100 ms at each stall.
          expect(sounded.length * 10).toBeGreaterThanOrEqual(sent * 20 - bursts.length * 110);
          expect(sounded.at(-1) ?? 0).toBeGreaterThan(sent * 20 - 131);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('patientDelayMs', () => {
  it('never shrinks, is always enough for what is overdue or unchanged, and never above ten seconds', () => {
    fc.assert(
      fc.property(fc.double({ min: -20_000, max: 30_000, noNaN: true }), fc.integer({ min: 0, max: 50 }), (overdueMs, steps) => {
        const addedMs = steps * 200;
        const after = patientDelayMs(overdueMs, addedMs);
        expect(after === addedMs || after >= addedMs + overdueMs + 40).toBe(true);
        expect(after).toBeGreaterThanOrEqual(addedMs);
        expect(after).toBeLessThanOrEqual(10_000);
        if (overdueMs > 90 && addedMs + overdueMs < 9700) expect(after).toBeGreaterThan(addedMs);
      }),
    );
  });
});
