import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../controller/clock.ts';
import { scheduleDefinition } from '../../../controller/protocol/schedules.ts';
import { computingOnTheSpot } from '../../../controller/schedules/computing.ts';
import { ScheduleInstants } from '../../../controller/schedules/instants.ts';
import type { OccurrencesRequest } from '../../../controller/schedules/recurrence.ts';

const DAY_MS = 86_400_000;

function setUp() {
  const clock = new TestClock(Date.UTC(2026, 10, 21, 21, 0));
  const asked: OccurrencesRequest[] = [];
  const instants = new ScheduleInstants({
    clock,
    computing: {
      occurrences: (request) => {
        asked.push(request);
        return computingOnTheSpot.occurrences(request);
      },
    },
  });
  const schedule = (fields: Record<string, unknown> = {}, definitionHash = 'a') => ({
    definition: scheduleDefinition.parse({
      id: 'sang',
      name: 'Tin sáng',
      dailyTimes: ['05:00'],
      content: { kind: 'relay', url: 'https://example.org/a', durationMs: 1000 },
      ...fields,
    }),
    definitionHash,
  });
  return { clock, asked, instants, schedule };
}

describe('instants of schedules', () => {
  it('are computed once a day, whoever asks and however often', async () => {
    const { clock, asked, instants, schedule } = setUp();
    for (let hour = 0; hour < 24; hour++) {
      const nowMs = clock.nowMs();
      expect(await instants.between(schedule(), nowMs - 2 * DAY_MS, nowMs + 2 * DAY_MS - 1)).toHaveLength(4);
      expect(await instants.between(schedule(), nowMs, nowMs + 7 * DAY_MS - 1)).toHaveLength(7);
      expect(await instants.next(schedule())).toHaveLength(3);
      await clock.advance(DAY_MS / 24);
    }
    expect(asked).toHaveLength(2);
    await instants.between(schedule(), clock.nowMs(), clock.nowMs() + 9 * DAY_MS);
    expect(asked).toHaveLength(3);
  });

  it('of a schedule that is over or switched off cost nothing', async () => {
    const { asked, instants, schedule } = setUp();
    const over = schedule({ until: '2026-02-01' });
    for (let call = 0; call < 100; call++) expect(await instants.next(over)).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(await instants.next(schedule({ enabled: false }, 'b'))).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('are computed anew when the definition changes, and when those that were known are over', async () => {
    const { clock, asked, instants, schedule } = setUp();
    const [first] = await instants.next(schedule());
    expect(new Date(first ?? 0).toISOString()).toBe('2026-11-21T22:00:00.000Z');
    const [changed] = await instants.next(schedule({ dailyTimes: ['06:00'] }, 'b'));
    expect(new Date(changed ?? 0).toISOString()).toBe('2026-11-21T23:00:00.000Z');
    const often = schedule(
      { dailyTimes: Array.from({ length: 48 }, (_, index) => `${String(index >> 1).padStart(2, '0')}:${index % 2 ? '30' : '00'}`) },
      'c',
    );
    for (let hour = 0; hour < 12; hour++) {
      const next = await instants.next(often);
      expect(next).toHaveLength(3);
      expect((next[0] ?? 0) - clock.nowMs()).toBeLessThan(DAY_MS / 48);
      await clock.advance(DAY_MS / 24);
    }
    expect(asked.length).toBeLessThan(6);
    instants.keepOnly(new Set());
    await instants.next(often);
    expect(asked.length).toBeGreaterThan(3);
  });
});
