import { useState } from 'react';
import type { UpcomingOccurrence } from '../../../controller/protocol/schedules.ts';
import { skipOccurrence, unskipOccurrence, useScheduleRefresh } from '../../api/schedules.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { useDayWords } from '../../design/day-words.ts';
import { useProblemWords } from '../../design/feedback.tsx';
import { clockTime, duration } from '../../formats/time.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { SCHEDULE_WORDS } from '../../i18n/schedule-words.ts';
import classes from './schedule.module.css';

/** One playing of a schedule: left out, or taken in again, until it begins. */
export function OccurrenceItem({ occurrence, mayChange }: { occurrence: UpcomingOccurrence; mayChange: boolean }) {
  const t = useMessages(CLASS_WORDS, SCHEDULE_WORDS);
  const words = useProblemWords();
  const dayWords = useDayWords();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const refresh = useScheduleRefresh();
  const available = useCommandsAvailable();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const time = clockTime(occurrence.startsAtMs);
  const change = async (task: (occurrenceId: string) => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await task(occurrence.occurrenceId);
      await refresh();
      setAsked(false);
    } catch (failure) {
      setProblem(failure);
    }
    setBusy(false);
  };
  const unavailable = available ? undefined : t.link.noCommands;
  return (
    <li className={classes.item}>
      <time className="figure" dateTime={new Date(occurrence.startsAtMs).toISOString()}>
        {time}
      </time>
      <div>
        <p>{occurrence.name}</p>
        <p className="small soft">
          {t.classes[occurrence.class]} · {t.places.clusters(occurrence.clusterCount)}
          {occurrence.durationMs !== null && ` · ${duration(occurrence.durationMs)}`}
          {occurrence.status !== 'planned' && ` · ${t.schedule.status[occurrence.status]}`}
        </p>
        {occurrence.overlaps.map((overlap) => (
          <p key={overlap.occurrenceId} className="small">
            {t.schedule.overlap[overlap.winner](overlap.name, clockTime(overlap.startsAtMs))}
          </p>
        ))}
        {problem !== undefined && <p role="alert">{words(problem)}</p>}
        {asked && occurrence.status === 'planned' && (
          <div className="stack" role="alert">
            <p>{t.schedule.skipAsk(occurrence.name, time, dayWords(occurrence.startsAtMs))}</p>
            <div className="row">
              <Button busy={busy} unavailable={unavailable} onClick={() => void change(skipOccurrence)}>
                {t.schedule.skip}
              </Button>
              <Button kind="primary" onClick={() => setAsked(false)}>
                {t.schedule.keep}
              </Button>
            </div>
          </div>
        )}
      </div>
      {mayChange && occurrence.status === 'planned' && !asked && (
        <Button kind="plain" aria-label={t.schedule.skipNamed(occurrence.name, time)} onClick={() => setAsked(true)}>
          {t.schedule.skip}
        </Button>
      )}
      {mayChange && occurrence.status === 'skipped' && (
        <Button
          kind="plain"
          busy={busy}
          unavailable={unavailable}
          aria-label={say.undoSkipNamed(occurrence.name, time)}
          onClick={() => void change(unskipOccurrence)}
        >
          {say.undoSkip}
        </Button>
      )}
    </li>
  );
}
