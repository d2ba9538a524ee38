import { IconCalendarTime, IconPlus } from '@tabler/icons-react';
import { useOccurrences, usePlanned, useSchedules, WEEK_HOURS } from '../../api/schedules.ts';
import { useConsole, useSession } from '../../app/console-context.ts';
import { ButtonLink } from '../../design/button.tsx';
import { capitalised, useDayWords } from '../../design/day-words.ts';
import { EmptyState, LoadingSkeleton, LoadProblem, Note } from '../../design/feedback.tsx';
import { localDay } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { SCHEDULE_WORDS } from '../../i18n/schedule-words.ts';
import { OccurrenceItem } from './occurrence-item.tsx';
import { PlannedOnce } from './planned-once.tsx';
import { ScheduleList } from './schedule-list.tsx';

/** What will play in the coming week, day by day; and the schedules that it comes from. */
export function SchedulePage() {
  const t = useMessages(SCHEDULE_WORDS);
  const say = SCHEDULE_FORM_WORDS[t.language];
  const dayWords = useDayWords();
  const mayChange = useSession().permissions.includes('announce');
  const { language } = useConsole().preferences;
  const occurrences = useOccurrences(WEEK_HOURS);
  const schedules = useSchedules();
  // What a schedule has handed over already stands in its own line.
  const once = usePlanned().filter((broadcast) => broadcast.origin !== 'schedule');
  const coming = [
    ...(occurrences.data ?? []).map((occurrence) => ({
      startsAtMs: occurrence.startsAtMs,
      item: <OccurrenceItem key={occurrence.occurrenceId} occurrence={occurrence} mayChange={mayChange} />,
    })),
    ...once.map((broadcast) => ({
      startsAtMs: broadcast.startsAtMs,
      item: <PlannedOnce key={broadcast.broadcastId} broadcast={broadcast} mayChange={mayChange} />,
    })),
  ].sort((a, b) => a.startsAtMs - b.startsAtMs);
  const days = Map.groupBy(coming, ({ startsAtMs }) => localDay(startsAtMs));
  return (
    <div className="page narrow stack-wide">
      <div className="spread">
        <h1>{t.schedule.title}</h1>
        {mayChange && (
          <ButtonLink to="/schedule/new" kind="primary" icon={<IconPlus aria-hidden="true" />}>
            {say.newTitle}
          </ButtonLink>
        )}
      </div>
      {schedules.data?.problems.map((problem) => (
        <Note key={`${problem.file}${problem.line}`} tone="warn">
          <strong>{t.schedule.fileProblem(problem.file, problem.line)}</strong> {problem[language]}
        </Note>
      ))}
      {occurrences.isPending && <LoadingSkeleton rows={5} awaited={t.loading.schedule} />}
      {occurrences.isError && <LoadProblem problem={occurrences.error} retry={() => void occurrences.refetch()} />}
      {occurrences.data && coming.length === 0 && (
        <EmptyState icon={<IconCalendarTime size="3rem" aria-hidden="true" />} text={t.schedule.empty} />
      )}
      {[...days].map(([day, items]) => (
        <section key={day} className="card" aria-label={capitalised(dayWords(items[0]?.startsAtMs ?? 0))}>
          <h2>{capitalised(dayWords(items[0]?.startsAtMs ?? 0))}</h2>
          <ul>{items.map(({ item }) => item)}</ul>
        </section>
      ))}
      {schedules.isError && <LoadProblem problem={schedules.error} retry={() => void schedules.refetch()} />}
      {schedules.data && <ScheduleList schedules={schedules.data.schedules} mayChange={mayChange} />}
    </div>
  );
}
