import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleDefinition, scheduleRequest, WEEKDAYS } from '../../../controller/protocol/schedules.ts';
import { SCHEDULE_FORM_WORDS } from '../../../web-console/i18n/schedule-form-words.ts';
import { whenInWords } from '../../../web-console/pages/schedule/recurrence-sentence.ts';
import {
  draftOf,
  EMPTY_DRAFT,
  faultsOf,
  requestOf,
  type ScheduleDraft,
  timeOfDay,
} from '../../../web-console/pages/schedule/schedule-draft.ts';
import { fakeBulletin } from '../../support/fake-commune.ts';

const bulletin = fakeBulletin({ title: 'Tin sáng', class: 'priority' }, 0);
const draft = (change: Partial<ScheduleDraft>): ScheduleDraft => ({ ...EMPTY_DRAFT, name: 'Tin sáng', bulletin, ...change });
const vi = SCHEDULE_FORM_WORDS.vi;
const TODAY = '2026-11-29';
const words = (change: Partial<ScheduleDraft>, say = vi): string => {
  const { dailyTimes, rrule, weekdays, startsOn, until } = requestOf(draft(change), undefined);
  return whenInWords({ dailyTimes, rrule, weekdays, startsOn, until }, say, TODAY);
};

describe('the form of a schedule', () => {
  it('asks the server for what was chosen, and reads it back as the same choices', () => {
    const days = fc.constantFrom('daily', 'mondayToSaturday', 'some', 'once') as fc.Arbitrary<ScheduleDraft['days']>;
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([hour, minute]) => `${hour}:${String(minute).padStart(2, '0')}`);
    const choices = fc.record({
      days,
      weekdays: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 }),
      times: fc.array(time, { minLength: 1, maxLength: 5 }),
      from: fc.constantFrom('2026-12-01', '2027-02-28'),
      until: fc.constantFrom('', '2027-03-01'),
    });
    fc.assert(
      fc.property(choices, (chosen) => {
        const given = draft(chosen);
        expect(faultsOf(given)).toEqual([]);
        const request = requestOf(given, undefined);
        expect(scheduleRequest.safeParse(request).success).toBe(true);
        const stored = scheduleDefinition.parse(request);
        const again = requestOf(draftOf(stored, bulletin), stored);
        expect(scheduleDefinition.parse(again)).toEqual(stored);
      }),
    );
  });

  it('says when it plays as people do, in both languages', () => {
    expect(words({ days: 'mondayToSaturday', times: ['17:00', '5h00'] })).toBe('thứ Hai đến thứ Bảy lúc 05:00 và 17:00');
    expect(words({ days: 'some', weekdays: ['SU', 'MO', 'WE'], times: ['6:15'] })).toBe('thứ Hai, thứ Tư và Chủ Nhật lúc 06:15');
    expect(words({ from: '2026-12-01', until: '2026-12-31' })).toBe('mỗi ngày lúc 05:00, từ ngày 01/12/2026, đến hết ngày 31/12/2026');
    expect(words({ from: '2026-11-01' })).toBe('mỗi ngày lúc 05:00');
    expect(words({ days: 'once', from: '2026-12-10', times: ['17:00'] })).toBe('ngày 10/12/2026 lúc 17:00');
    expect(words({ days: 'some', weekdays: ['TU', 'TH'] }, SCHEDULE_FORM_WORDS.en)).toBe('Tuesday and Thursday at 05:00');
    expect(whenInWords({ rrule: 'FREQ=YEARLY', startsOn: '2026-01-01' }, vi, TODAY)).toBe('theo quy tắc FREQ=YEARLY');
  });

  it('names what is missing or wrong', () => {
    expect(faultsOf({ ...EMPTY_DRAFT, times: ['25:00', ''], days: 'some' })).toEqual(['no_name', 'no_bulletin', 'no_days', 'bad_time']);
    expect(faultsOf(draft({ days: 'once' }))).toEqual(['no_day']);
    expect(faultsOf(draft({ from: '2026-12-02', until: '2026-12-01' }))).toEqual(['until_before_from']);
    expect(['5:00', '05.30', '23h59', '24:00', '5:7', ''].map(timeOfDay)).toEqual([
      '05:00',
      '05:30',
      '23:59',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('keeps what it can’t show: a rule written by hand, a relay, how loud, what happens when it is overtaken', () => {
    const stored = scheduleDefinition.parse({
      id: 'tiep-am',
      name: 'Tiếp âm',
      rrule: 'FREQ=MONTHLY;BYDAY=1MO;BYHOUR=5',
      content: { kind: 'relay', url: 'https://example.org/vov1', durationMs: 1_800_000 },
      class: 'priority',
      gainDb: -3,
      onPreempted: 'end',
      exceptions: ['2026-12-07'],
      enabled: false,
    });
    expect(scheduleDefinition.parse(requestOf(draftOf(stored, undefined), stored))).toEqual(stored);
  });
});
