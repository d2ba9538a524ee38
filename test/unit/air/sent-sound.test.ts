import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentSound } from '../../../controller/air/sent-sound.ts';
import type { SentStretch } from '../../../controller/protocol/sent-sound.ts';

const T = 1_795_000_000_000;

/** Packets of one source, each with a hole before it and a level. */
const packets = fc.array(
  fc.record({
    holeMs: fc.constantFrom(0, 0, 0, 0, 0, 40, 400, 5000),
    durationMs: fc.constantFrom(20, 60, 120),
    levelDb: fc.constantFrom(-120, -70, -50, -20, -16.4),
  }),
  { maxLength: 400 },
);

describe('what was sent', () => {
  it('is told without a gap and once, in bounded pieces, one level for each second', () => {
    fc.assert(
      fc.property(packets, fc.boolean(), (all, isLive) => {
        const told: SentStretch[] = [];
        const sent = new SentSound((stretch) => told.push(stretch));
        let captureAtMs = T + 0.3;
        let soundMs = 0;
        let holesMs = 0;
        for (const { holeMs, durationMs, levelDb } of all) {
          captureAtMs += holeMs;
          if (holeMs <= 100 && soundMs > 0) holesMs += holeMs;
          sent.add({ captureAtMs, durationMs, levelDb, positionMs: isLive ? null : captureAtMs - T });
          captureAtMs += durationMs;
          soundMs += durationMs;
        }
        sent.flush();
        sent.flush();
        const toldMs = told.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
        expect(toldMs).toBeGreaterThanOrEqual(soundMs - 0.01);
        expect(toldMs).toBeLessThanOrEqual(soundMs + holesMs + 0.01);
        for (const [index, { fromMs, untilMs, db, positionMs }] of told.entries()) {
          const before = told[index - 1];
          if (before) expect(fromMs).toBeGreaterThanOrEqual(before.untilMs - 0.01);
          expect(untilMs - fromMs).toBeLessThanOrEqual(15_120.01);
          expect(db.length).toBeLessThanOrEqual(17);
          expect(db.length).toBeGreaterThanOrEqual(1);
          expect(db.every((level) => Number.isInteger(level) && level >= -120 && level <= 0)).toBe(true);
          expect(positionMs).toBe(isLive ? null : fromMs - T);
        }
      }),
    );
  });

  it('knows the silence that keeps a channel from sound', () => {
    const told: SentStretch[] = [];
    const sent = new SentSound((stretch) => told.push(stretch));
    const add = (fromS: number, untilS: number, levelDb: number): void => {
      for (let ms = fromS * 1000; ms < untilS * 1000; ms += 20)
        sent.add({ captureAtMs: T + ms, durationMs: 20, levelDb, positionMs: null });
    };
    add(0, 3, -20);
    expect(sent.takeAudible()).toBe(true);
    add(3, 6, -120);
    expect(sent.takeAudible()).toBe(false);
    sent.flush();
    expect(told).toEqual([{ fromMs: T, untilMs: T + 6000, positionMs: null, db: [-20, -20, -20, -120, -120, -120] }]);
  });
});
