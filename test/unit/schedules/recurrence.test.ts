import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { scheduleDefinition, WEEKDAYS } from '../../../controller/protocol/schedules.ts';
import { faultOfRecurrence, occurrencesBetween, type Recurrence } from '../../../controller/schedules/recurrence.ts';

const DAY_MS = 86_400_000;
const ZONES = ['Asia/Ho_Chi_Minh', 'UTC', 'America/New_York', 'Australia/Lord_Howe', 'Europe/London', 'America/Sao_Paulo'];

function when(fields: Partial<Recurrence>): Recurrence {
  const { timeZone, startsOn, startTime, until, exceptions, rrule, dailyTimes, weekdays } = scheduleDefinition.parse({
    id: 'a',
    name: 'a',
    content: { kind: 'relay', url: 'http://example.org', durationMs: 1000 },
    ...fields,
  });
  return {
    timeZone,
    startsOn,
    startTime,
    exceptions,
    ...(until ? { until } : {}),
    ...(rrule ? { rrule } : {}),
    ...(dailyTimes ? { dailyTimes } : {}),
    ...(weekdays ? { weekdays } : {}),
  };
}
const at = (text: string): number => Temporal.ZonedDateTime.from(text).epochMilliseconds;
const wall = (epochMs: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).toPlainDateTime().toString();

const upTo = (count: number): string => Array.from({ length: count }, (_, i) => i).join(',');

describe('recurrence', () => {
  it('plays every day at five and at five in the afternoon, commune time', () => {
    const found = occurrencesBetween(
      when({ dailyTimes: ['17:00', '05:00'] }),
      at('2026-11-22T00:00[Asia/Ho_Chi_Minh]'),
      at('2026-11-23T23:59[Asia/Ho_Chi_Minh]'),
    );
    expect(found.map((epochMs) => new Date(epochMs).toISOString())).toEqual([
      '2026-11-21T22:00:00.000Z',
      '2026-11-22T10:00:00.000Z',
      '2026-11-22T22:00:00.000Z',
      '2026-11-23T10:00:00.000Z',
    ]);
  });

  it('plays on chosen days of the week only, at times that no single rule could name', () => {
    // Monday, 30 November 2026, to the Sunday after.
    const week = [at('2026-11-30T00:00[Asia/Ho_Chi_Minh]'), at('2026-12-06T23:59[Asia/Ho_Chi_Minh]')] as const;
    const found = occurrencesBetween(when({ dailyTimes: ['05:00', '17:15'], weekdays: ['SU', 'MO', 'WE'] }), ...week);
    expect(found.map((epochMs) => wall(epochMs, 'Asia/Ho_Chi_Minh'))).toEqual([
      '2026-11-30T05:00:00',
      '2026-11-30T17:15:00',
      '2026-12-02T05:00:00',
      '2026-12-02T17:15:00',
      '2026-12-06T05:00:00',
      '2026-12-06T17:15:00',
    ]);
  });

  it('with days of the week is the rule FREQ=WEEKLY;BYDAY of RFC 5545, in every zone', () => {
    const days = fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 });
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(days, minute, fc.constantFrom(...ZONES), fc.integer({ min: 0, max: 1000 }), (weekdays, minuteOfDay, timeZone, day) => {
        const time = `${String(Math.floor(minuteOfDay / 60)).padStart(2, '0')}:${String(minuteOfDay % 60).padStart(2, '0')}`;
        const fromMs = Date.UTC(2026, 0, 1) + day * DAY_MS;
        const toMs = fromMs + 21 * DAY_MS;
        const rrule = `FREQ=WEEKLY;BYDAY=${weekdays.join(',')};BYHOUR=${Math.floor(minuteOfDay / 60)};BYMINUTE=${minuteOfDay % 60};BYSECOND=0`;
        expect(occurrencesBetween(when({ dailyTimes: [time], weekdays, timeZone }), fromMs, toMs)).toEqual(
          occurrencesBetween(when({ rrule, timeZone }), fromMs, toMs),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('refuses days of the week beside a rule, which names its own', () => {
    expect(() => when({ rrule: 'FREQ=DAILY;BYHOUR=5', weekdays: ['MO'] })).toThrow('weekdays go with dailyTimes');
  });

  it('leaves out excepted days and instants, and stays between its first and last day', () => {
    const recurrence = when({
      dailyTimes: ['05:00', '17:00'],
      startsOn: '2026-11-22',
      until: '2026-11-24',
      exceptions: ['2026-11-23', '2026-11-24T17:00:00'],
    });
    const found = occurrencesBetween(recurrence, at('2026-11-01T00:00[Asia/Ho_Chi_Minh]'), at('2026-12-01T00:00[Asia/Ho_Chi_Minh]'));
    expect(found.map((epochMs) => wall(epochMs, 'Asia/Ho_Chi_Minh'))).toEqual([
      '2026-11-22T05:00:00',
      '2026-11-22T17:00:00',
      '2026-11-24T05:00:00',
    ]);
  });

  it('knows leap days', () => {
    const recurrence = when({ rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=8', startsOn: '2024-01-01' });
    const found = occurrencesBetween(recurrence, Date.UTC(2024, 0, 1), Date.UTC(2033, 0, 1));
    expect(found.map((epochMs) => wall(epochMs, 'Asia/Ho_Chi_Minh'))).toEqual([
      '2024-02-29T08:00:00',
      '2028-02-29T08:00:00',
      '2032-02-29T08:00:00',
    ]);
  });

  it.each([{ dailyTimes: ['02:30'] }, { rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30' }])(
    'has no instant in the hour that clocks jump over: %o',
    (rule) => {
      const recurrence = when({ ...rule, timeZone: 'America/New_York' });
      const found = occurrencesBetween(recurrence, at('2026-03-07T00:00[America/New_York]'), at('2026-03-09T23:00[America/New_York]'));
      expect(found.map((epochMs) => wall(epochMs, 'America/New_York'))).toEqual(['2026-03-07T02:30:00', '2026-03-09T02:30:00']);
    },
  );

  it.each([{ dailyTimes: ['01:30'] }, { rrule: 'FREQ=DAILY;BYHOUR=1;BYMINUTE=30' }])(
    'plays once in the hour that comes twice: %o',
    (rule) => {
      const recurrence = when({ ...rule, timeZone: 'America/New_York' });
      expect(occurrencesBetween(recurrence, at('2026-11-01T00:00[America/New_York]'), at('2026-11-01T23:00[America/New_York]'))).toEqual([
        at('2026-11-01T01:30:00-04:00[America/New_York]'),
      ]);
    },
  );

  it.each([
    ['FREQ=SOMETIMES', 'FREQ=SOMETIMES'],
    ['FREQ=MINUTELY', 'FREQ=MINUTELY'],
    ['FREQ=DAILY;BYHOUR=25', 'BYHOUR=25'],
    ['FREQ=DAILY;FOO=1', 'FOO=1'],
    ['FREQ=DAILY;FREQ=DAILY', 'FREQ=DAILY'],
    ['FREQ=DAILY;COUNT=0', 'COUNT=0'],
    ['BYHOUR=5', 'no FREQ'],
    ['FREQ=HOURLY;BYMINUTE=0,10,20,30,40,50', 'too dense'],
    [`FREQ=DAILY;BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)};BYSECOND=${upTo(60)}`, 'too dense'],
    [`FREQ=YEARLY;BYDAY=MO;BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)};BYSECOND=${upTo(60)};BYSETPOS=1`, 'too dense'],
    [`FREQ=HOURLY;BYMINUTE=${upTo(60)}`, 'too dense'],
    ['', '“”'],
    ['FREQ=DAILY;__proto__=1', '__proto__=1'],
    ['FREQ=DAILY;COUNT=5;UNTIL=20261010', 'not both'],
    ['FREQ=WEEKLY;BYDAY=2MO', 'BYDAY=2MO'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'never plays'],
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 'never plays'],
    ['FREQ=HOURLY;BYMINUTE=0;BYSETPOS=2;COUNT=5', 'can’t be computed'],
  ])('says what is wrong with %s', (rrule, words) => {
    expect(faultOfRecurrence({ ...when({ dailyTimes: ['05:00'] }), dailyTimes: undefined as never, rrule })?.en).toContain(words);
  });

  it('looks no further ahead than it is asked for, however dense or rare the rule', () => {
    const fromMs = at('2026-11-22T00:00[Asia/Ho_Chi_Minh]');
    const next = (rrule: string, limit: number) =>
      occurrencesBetween(when({ rrule }), fromMs, fromMs + 400 * DAY_MS, limit).map((epochMs) => wall(epochMs, 'Asia/Ho_Chi_Minh'));
    const startedMs = performance.now();
    for (let n = 0; n < 20; n++) {
      expect(next('FREQ=HOURLY;BYMINUTE=0,15,30,45', 3)).toEqual(['2026-11-22T00:00:00', '2026-11-22T00:15:00', '2026-11-22T00:30:00']);
    }
    // Each took a second when a year was expanded for it.
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(next('FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=10;BYHOUR=5', 3)).toEqual(['2027-10-10T05:00:00']);
  });

  it('takes every rule that the examples use', () => {
    for (const rrule of [
      'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA;BYHOUR=5,17;BYMINUTE=0',
      'FREQ=MONTHLY;BYDAY=1SU;BYHOUR=17',
      'FREQ=HOURLY;INTERVAL=2',
      'FREQ=DAILY;COUNT=5',
    ]) {
      expect(faultOfRecurrence(when({ rrule }))).toBeUndefined();
    }
  });
});

describe('recurrence, whatever the times and zones', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
  const start = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 11, 31) });
  const settings = { numRuns: 150, seed: 20261010 };

  it('every instant shows its wall-clock time in the zone, inside the window, ascending', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(time, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...ZONES),
        start,
        fc.integer({ min: 0, max: 10 }),
        (dailyTimes, timeZone, fromMs, days) => {
          const toMs = fromMs + days * DAY_MS;
          const found = occurrencesBetween(when({ dailyTimes, timeZone }), fromMs, toMs);
          expect([...found].sort((a, b) => a - b)).toEqual(found);
          expect(new Set(found).size).toBe(found.length);
          for (const epochMs of found) {
            expect(epochMs >= fromMs && epochMs <= toMs).toBe(true);
            expect(dailyTimes).toContain(wall(epochMs, timeZone).slice(11, 16));
          }
        },
      ),
      settings,
    );
  });

  it('the union of adjoining windows is the whole: nothing falls between two looks, nothing comes twice', () => {
    fc.assert(
      fc.property(
        time,
        fc.constantFrom(...ZONES),
        start,
        fc.array(fc.integer({ min: 1, max: 5 * DAY_MS }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (one, timeZone, fromMs, widths, isRule) => {
          const [hour, minute] = one.split(':').map(Number);
          const recurrence = when({
            timeZone,
            ...(isRule ? { rrule: `FREQ=DAILY;BYHOUR=${hour};BYMINUTE=${minute}` } : { dailyTimes: [one] }),
          });
          const pieces: number[] = [];
          let atMs = fromMs;
          for (const width of widths) {
            pieces.push(...occurrencesBetween(recurrence, atMs, atMs + width - 1));
            atMs += width;
          }
          expect(pieces).toEqual(occurrencesBetween(recurrence, fromMs, atMs - 1));
        },
      ),
      settings,
    );
  });

  it('a daily rule and daily times say the same', () => {
    fc.assert(
      fc.property(time, fc.constantFrom(...ZONES), start, (one, timeZone, fromMs) => {
        const [hour, minute] = one.split(':').map(Number);
        const byRule = occurrencesBetween(
          when({ timeZone, rrule: `FREQ=DAILY;BYHOUR=${hour};BYMINUTE=${minute}` }),
          fromMs,
          fromMs + 20 * DAY_MS,
        );
        expect(byRule).toEqual(occurrencesBetween(when({ timeZone, dailyTimes: [one] }), fromMs, fromMs + 20 * DAY_MS));
      }),
      settings,
    );
  });
});
