import { IconCalendarTime } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { UpcomingOccurrence } from '../../../controller/protocol/schedules.ts';
import { skipOccurrence, useOccurrences, useScheduleProblems } from '../../api/schedules.ts';
import { useCommandsAvailable, useConsole, useSession } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { capitalised, useDayWords } from '../../design/day-words.ts';
import { EmptyState, LoadingSkeleton, LoadProblem, Note, useProblemWords } from '../../design/feedback.tsx';
import { clockTime, duration, localDay } from '../../formats/time.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_WORDS } from '../../i18n/schedule-words.ts';
import classes from './schedule.module.css';

function Item({ occurrence, mayChange }: { occurrence: UpcomingOccurrence; mayChange: boolean }) {
  const t = useMessages(CLASS_WORDS, SCHEDULE_WORDS);
  const words = useProblemWords();
  const dayWords = useDayWords();
  const queries = useQueryClient();
  const available = useCommandsAvailable();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const time = clockTime(occurrence.startsAtMs);
  const skip = async (): Promise<void> => {
    setBusy(true);
    try {
      await skipOccurrence(occurrence.occurrenceId);
      await queries.invalidateQueries({ queryKey: ['occurrences'] });
    } catch (failure) {
      setProblem(failure);
    } finally {
      setBusy(false);
    }
  };
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
        {asked && occurrence.status === 'planned' && (
          <div className="stack" role="alert">
            <p>{t.schedule.skipAsk(occurrence.name, time, dayWords(occurrence.startsAtMs))}</p>
            {problem !== undefined && <p>{words(problem)}</p>}
            <div className="row">
              <Button busy={busy} unavailable={available ? undefined : t.link.noCommands} onClick={() => void skip()}>
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
    </li>
  );
}

/** What the schedules will play, day by day. */
export function SchedulePage() {
  const t = useMessages(SCHEDULE_WORDS);
  const dayWords = useDayWords();
  const mayChange = useSession().permissions.includes('announce');
  const { language } = useConsole().preferences;
  const occurrences = useOccurrences();
  const problems = useScheduleProblems();
  const days = Map.groupBy(
    [...(occurrences.data ?? [])].sort((a, b) => a.startsAtMs - b.startsAtMs),
    (occurrence) => localDay(occurrence.startsAtMs),
  );
  return (
    <div className="page narrow stack-wide">
      <h1>{t.schedule.title}</h1>
      {problems.data?.map((problem) => (
        <Note key={`${problem.file}${problem.line}`} tone="warn">
          <strong>{t.schedule.fileProblem(problem.file, problem.line)}</strong> {problem[language]}
        </Note>
      ))}
      {occurrences.isPending && <LoadingSkeleton rows={5} awaited={t.loading.schedule} />}
      {occurrences.isError && <LoadProblem problem={occurrences.error} retry={() => void occurrences.refetch()} />}
      {occurrences.data?.length === 0 && <EmptyState icon={<IconCalendarTime size="3rem" aria-hidden="true" />} text={t.schedule.empty} />}
      {[...days].map(([day, items]) => (
        <section key={day} className="card" aria-label={capitalised(dayWords(items[0]?.startsAtMs ?? 0))}>
          <h2>{capitalised(dayWords(items[0]?.startsAtMs ?? 0))}</h2>
          <ul>
            {items.map((occurrence) => (
              <Item key={occurrence.occurrenceId} occurrence={occurrence} mayChange={mayChange} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
