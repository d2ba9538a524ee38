import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { joinFrames } from '../../../controller/air/joined-frames.ts';
import { TestClock } from '../../../controller/clock.ts';
import type { MediaPacket } from '../../../controller/distribution/distributor.ts';
import { packetDurationSamples, splitPacket } from '../../../controller/media/index.ts';

/** TOC of one 20 ms CELT frame, and of one in another bandwidth. */
const FULLBAND = 0xf8;
const WIDEBAND = 0xb8;
const START_MS = 1_000_000;

let clock: TestClock;
let sent: MediaPacket[];
beforeEach(() => {
  clock = new TestClock();
  sent = [];
});
const channel = { send: (packet: MediaPacket) => void sent.push(packet) };
const frame = (number: number, change: { toc?: number; marker?: boolean } = {}): MediaPacket => ({
  payload: Buffer.from([change.toc ?? FULLBAND, number, number >> 8, 7]),
  rtpTimestamp: (2 ** 32 - 2000 + number * 960) % 2 ** 32,
  captureAtMs: START_MS + number * 20,
  marker: change.marker ?? false,
});
const durationsMs = (): number[] => sent.map(({ payload }) => packetDurationSamples(payload) / 48);

describe('joined frames', () => {
  it('leave three by three, at the place of the first, over the end of the timestamps', () => {
    const joined = joinFrames(channel, 60, clock);
    for (let i = 0; i < 6; i++) joined.send(frame(i, { marker: i === 0 }));
    expect(durationsMs()).toEqual([60, 60]);
    expect(sent.map(({ rtpTimestamp, captureAtMs, marker }) => [rtpTimestamp, captureAtMs, marker])).toEqual([
      [2 ** 32 - 2000, START_MS, true],
      [(2 ** 32 - 2000 + 2880) % 2 ** 32, START_MS + 60, false],
    ]);
  });

  it('leave alone where nothing follows: at a gap, a start, another mode, and at the end', async () => {
    const joined = joinFrames(channel, 60, clock);
    joined.send(frame(0));
    joined.send(frame(5));
    joined.send(frame(6, { marker: true }));
    joined.send(frame(7, { toc: WIDEBAND }));
    expect(durationsMs()).toEqual([20, 20, 20]);
    joined.send(frame(8, { toc: WIDEBAND }));
    await clock.advance(59);
    expect(sent).toHaveLength(3);
    await clock.advance(1);
    expect(durationsMs()).toEqual([20, 20, 20, 40]);
    await clock.advance(1000);
    expect([sent.length, clock.pending()]).toEqual([4, []]);
  });

  it('are all that was sent, in order, each with its own instant', async () => {
    const row = fc.array(fc.record({ gap: fc.nat(2), toc: fc.constantFrom(FULLBAND, WIDEBAND), waitMs: fc.nat(80) }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(row, fc.constantFrom(40, 60, 120), async (steps, packetMs) => {
        sent = [];
        clock = new TestClock();
        const joined = joinFrames(channel, packetMs, clock);
        const frames: MediaPacket[] = [];
        let number = 0;
        for (const { gap, toc, waitMs } of steps) {
          number += 1 + gap;
          frames.push(frame(number, { toc }));
          joined.send(frames.at(-1) as MediaPacket);
          await clock.advance(waitMs);
        }
        await clock.advance(packetMs);
        const apart = sent.flatMap(({ payload, captureAtMs }) =>
          splitPacket(payload).map((bytes, i) => [Buffer.from(bytes).toString('hex'), captureAtMs + i * 20]),
        );
        expect(apart).toEqual(frames.map(({ payload, captureAtMs }) => [payload.toString('hex'), captureAtMs]));
        expect(Math.max(0, ...durationsMs())).toBeLessThanOrEqual(packetMs);
      }),
    );
  });
});
