import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { PlannedBroadcasts } from '../../../controller/broadcasts/planned-broadcasts.ts';
import type { BroadcastRecord } from '../../../controller/broadcasts/record.ts';
import { TestClock } from '../../../controller/clock.ts';

const HOUR_MS = 3_600_000;

/** The store's answers, one for each look; the last one stays. */
function waiting(looks: (() => Promise<unknown>)[]) {
  const clock = new TestClock();
  const taken: number[] = [];
  const concluded: [string, string | undefined][] = [];
  const planned = new PlannedBroadcasts({
    clock,
    logger: pino({ level: 'silent' }),
    intake: { reconsider: () => (looks.length > 1 ? looks.shift() : looks[0])?.() as never },
    engine: {
      take: () => void taken.push(clock.nowMs()),
      conclude(record, status, reason) {
        record.status = status;
        concluded.push([status, reason?.code]);
      },
    },
    journal: { patch: () => undefined },
  });
  const record = {
    broadcastId: 'b',
    class: 'normal',
    content: { kind: 'bulletin', bulletinId: 'x', repeat: 1, pauseMs: 0 },
    clusterIds: [],
    status: 'planned',
    startsAtMs: clock.nowMs() + HOUR_MS,
    startedAtMs: null,
    positionMs: 0,
    latestStartMs: 600_000,
  } as unknown as BroadcastRecord;
  planned.arm(record);
  return { clock, planned, record, taken, concluded };
}

const isThere = async () => ({ resolution: { clusterIds: ['c'] }, bulletin: undefined, refusal: undefined });
const isAway = () => Promise.reject(new Error('connect ECONNREFUSED'));

describe('a planned broadcast', () => {
  it('is prepared twelve seconds ahead, for amplifiers that need ten to wake up', async () => {
    const { clock, record, taken } = waiting([isThere]);
    await clock.advance(HOUR_MS);
    expect(taken).toEqual([record.startsAtMs - 12_000]);
  });

  it('is missed when the machine slept over it', async () => {
    const { clock, taken, concluded } = waiting([isThere]);
    await clock.advance(60_000);
    clock.step(4 * HOUR_MS);
    await clock.advance(0);
    expect(taken).toEqual([]);
    expect(concluded).toEqual([['missed', 'air.too_late']]);
  });

  it('is tried again while the store is away, as long as it may still start', async () => {
    const { clock, record, taken, concluded } = waiting([...Array.from({ length: 30 }, () => isAway), isThere]);
    await clock.advance(2 * HOUR_MS);
    expect(taken).toEqual([record.startsAtMs + 48_000]);
    expect(concluded).toEqual([]);
  });

  it('is missed when the store was away for too long', async () => {
    const { clock, planned, taken, concluded } = waiting([isAway]);
    await clock.advance(2 * HOUR_MS);
    expect(taken).toEqual([]);
    expect(concluded).toEqual([['missed', 'air.too_late']]);
    expect([planned.records(), clock.pending()]).toEqual([[], []]);
  });
});
