import { IconPlus, IconX } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { Weekday } from '../../../controller/protocol/schedules.ts';
import { Button } from '../../design/button.tsx';
import { capitalised } from '../../design/day-words.ts';
import { Note } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import classes from './schedule.module.css';
import type { DaysChoice, ScheduleDraft } from './schedule-draft.ts';

const DAYS: readonly DaysChoice[] = ['daily', 'mondayToSaturday', 'some', 'once'];
const MOST_TIMES = 12;

/** Days and times of day, in words: nobody has to know what an RRULE is. */
export function WhenFields({ draft, onChange }: { draft: ScheduleDraft; onChange(part: Partial<ScheduleDraft>): void }) {
  const say = SCHEDULE_FORM_WORDS[useMessages().language];
  if (draft.rrule !== undefined) {
    return (
      <div className="stack">
        <Note tone="quiet">{say.rule(draft.rrule)}</Note>
        <div>
          <Button onClick={() => onChange({ rrule: undefined })}>{say.replaceRule}</Button>
        </div>
        <Span draft={draft} onChange={onChange} />
      </div>
    );
  }
  const toggle = (day: Weekday): void =>
    onChange({ weekdays: draft.weekdays.includes(day) ? draft.weekdays.filter((one) => one !== day) : [...draft.weekdays, day] });
  return (
    <div className="stack">
      <fieldset className={classes.choices} id="days">
        <legend className="visually-hidden">{say.when}</legend>
        {DAYS.map((days) => (
          <label key={days} className="choice">
            <input type="radio" name="days" checked={draft.days === days} onChange={() => onChange({ days })} />
            {say.days[days]}
          </label>
        ))}
      </fieldset>
      {draft.days === 'some' && (
        <fieldset className={classes.choices}>
          <legend className="visually-hidden">{say.days.some}</legend>
          {(Object.keys(say.dayNames) as Weekday[]).map((day) => (
            <label key={day} className="choice">
              <input type="checkbox" checked={draft.weekdays.includes(day)} onChange={() => toggle(day)} />
              {capitalised(say.dayNames[day])}
            </label>
          ))}
        </fieldset>
      )}
      <Times times={draft.times} onChange={(times) => onChange({ times })} />
      <Span draft={draft} onChange={onChange} />
    </div>
  );
}

function Times({ times, onChange }: { times: readonly string[]; onChange(times: string[]): void }) {
  const say = SCHEDULE_FORM_WORDS[useMessages().language];
  const list = useRef<HTMLDivElement>(null);
  const count = useRef(times.length);
  // A field that was asked for is where one goes on typing.
  useEffect(() => {
    if (times.length > count.current) list.current?.querySelectorAll('input')[times.length - 1]?.focus();
    count.current = times.length;
  }, [times.length]);
  return (
    <div className="stack" ref={list} id="times">
      {times.map((time, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a time has no identity but its place
        <div key={index} className={classes.time}>
          <Field
            label={say.time(index + 1)}
            {...(index === 0 ? { hint: say.timeHint } : {})}
            value={time}
            inputMode="numeric"
            maxLength={5}
            onChange={(event) => onChange(times.map((before, at) => (at === index ? event.target.value : before)))}
          />
          {times.length > 1 && (
            <Button
              kind="plain"
              icon={<IconX aria-hidden="true" />}
              aria-label={say.removeTime(time)}
              onClick={() => onChange(times.filter((_, at) => at !== index))}
            />
          )}
        </div>
      ))}
      {times.length < MOST_TIMES && (
        <div>
          <Button icon={<IconPlus aria-hidden="true" />} onClick={() => onChange([...times, ''])}>
            {say.addTime}
          </Button>
        </div>
      )}
    </div>
  );
}

function Span({ draft, onChange }: { draft: ScheduleDraft; onChange(part: Partial<ScheduleDraft>): void }) {
  const say = SCHEDULE_FORM_WORDS[useMessages().language];
  const isOnce = draft.rrule === undefined && draft.days === 'once';
  return (
    <div className={classes.choices}>
      <Field
        type="date"
        id="from"
        label={isOnce ? say.onDay : say.from}
        value={draft.from}
        onChange={(event) => onChange({ from: event.target.value })}
      />
      {!isOnce && (
        <Field type="date" id="until" label={say.until} value={draft.until} onChange={(event) => onChange({ until: event.target.value })} />
      )}
    </div>
  );
}
