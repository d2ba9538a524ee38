import { IconCopy, IconPencil, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { ScheduleView } from '../../../controller/protocol/schedules.ts';
import { usePlaces } from '../../api/places.ts';
import { changeSchedule, removeSchedule, useScheduleRefresh } from '../../api/schedules.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { AskFirst } from '../../design/ask-first.tsx';
import { ButtonLink } from '../../design/button.tsx';
import { capitalised, useDayWords } from '../../design/day-words.ts';
import { ErrorSummary, useProblemWords } from '../../design/feedback.tsx';
import { usePlaceWords } from '../../design/place-words.ts';
import { RowDisclosure } from '../../design/row-disclosure.tsx';
import { clockTime, isoDay } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { whenInWords } from './recurrence-sentence.ts';
import classes from './schedule.module.css';

/** The schedules themselves, each as a sentence; what can be done with one is behind it. */
export function ScheduleList({ schedules, mayChange }: { schedules: readonly ScheduleView[]; mayChange: boolean }) {
  const say = SCHEDULE_FORM_WORDS[useMessages().language];
  return (
    <section className="stack" aria-labelledby="schedules-title">
      <h2 id="schedules-title">{say.list.title}</h2>
      {schedules.length === 0 && <p>{say.list.none}</p>}
      <ul>
        {schedules.map((view) => (
          <Row key={view.definition.id} view={view} mayChange={mayChange} />
        ))}
      </ul>
    </section>
  );
}

function Row({ view, mayChange }: { view: ScheduleView; mayChange: boolean }) {
  const t = useMessages();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const dayWords = useDayWords();
  const { feed } = useConsole();
  const placeWords = usePlaceWords(usePlaces().data ?? []);
  const { definition } = view;
  const [next] = view.nextAtMs;
  const nextWords = next === undefined ? say.list.over : say.list.next(`${clockTime(next)} ${dayWords(next)}`);
  return (
    <RowDisclosure
      summary={
        <span className={classes.schedule}>
          <strong>{definition.name}</strong>
          <span>{capitalised(whenInWords(definition, say, isoDay(feed.controllerNowMs())))}</span>
          <span className="small soft">
            {placeWords(definition.targets)} · {definition.enabled ? nextWords : say.list.paused}
          </span>
        </span>
      }
    >
      {view.source === 'file' && <p>{say.list.fromFile(view.fileName ?? '')}</p>}
      {mayChange && <Actions view={view} nextWords={next === undefined ? undefined : `${clockTime(next)} ${dayWords(next)}`} />}
    </RowDisclosure>
  );
}

function Actions({ view, nextWords }: { view: ScheduleView; nextWords: string | undefined }) {
  const t = useMessages();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const words = useProblemWords();
  const refresh = useScheduleRefresh();
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const [problem, setProblem] = useState<unknown>();
  const { definition } = view;
  const { id, name, enabled } = definition;
  const change = async (task: () => Promise<unknown>): Promise<void> => {
    setProblem(undefined);
    try {
      await task();
      await refresh();
    } catch (failure) {
      setProblem(failure);
    }
  };
  const { pause, resume, remove } = say.list;
  return (
    <>
      {problem !== undefined && <ErrorSummary problems={[{ text: words(problem) }]} />}
      <div className="row">
        {view.source === 'api' && (
          <ButtonLink to="/schedule/$scheduleId" params={{ scheduleId: id }} icon={<IconPencil aria-hidden="true" />}>
            {say.list.edit}
          </ButtonLink>
        )}
        <ButtonLink to="/schedule/new" search={{ copyOf: id }} icon={<IconCopy aria-hidden="true" />}>
          {say.list.copy}
        </ButtonLink>
        {view.source === 'api' && (
          <>
            <AskFirst
              key={String(enabled)}
              label={enabled ? pause.label : resume.label}
              icon={enabled ? <IconPlayerPause aria-hidden="true" /> : <IconPlayerPlay aria-hidden="true" />}
              sentence={enabled ? pause.sentence(name) : resume.sentence(name)}
              confirm={enabled ? pause.confirm : resume.confirm}
              unavailable={unavailable}
              onConfirm={() => change(() => changeSchedule({ ...definition, enabled: !enabled }))}
            />
            <AskFirst
              label={remove.label}
              icon={<IconTrash aria-hidden="true" />}
              sentence={remove.sentence(name, nextWords === undefined ? remove.wouldNot : remove.wouldPlay(nextWords))}
              confirm={remove.confirm}
              unavailable={unavailable}
              onConfirm={() => change(() => removeSchedule(id))}
            />
          </>
        )}
      </div>
    </>
  );
}
