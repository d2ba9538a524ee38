import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { SchedulePreview } from '../../../controller/protocol/schedules.ts';
import { usePlaces } from '../../api/places.ts';
import { addSchedule, changeSchedule, useScheduleRefresh } from '../../api/schedules.ts';
import { useCommandsAvailable, useConsole } from '../../app/console-context.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmSentence } from '../../design/confirm-sentence.tsx';
import { capitalised, useDayWords } from '../../design/day-words.ts';
import { ErrorSummary, Note, useProblemWords } from '../../design/feedback.tsx';
import { usePlaceWords } from '../../design/place-words.ts';
import { clockTime, isoDay } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import { whenInWords } from './recurrence-sentence.ts';
import type { ScheduleRequestBody } from './schedule-draft.ts';

interface ConfirmScheduleProps {
  request: ScheduleRequestBody;
  preview: SchedulePreview;
  contentTitle: string;
  isNew: boolean;
  onBack(): void;
}

/** In one sentence what will sound when and where, the next times, and whom it meets; then it is stored. */
export function ConfirmSchedule({ request, preview, contentTitle, isNew, onBack }: ConfirmScheduleProps) {
  const t = useMessages();
  const say = SCHEDULE_FORM_WORDS[t.language];
  const words = useProblemWords();
  const dayWords = useDayWords();
  const { feed } = useConsole();
  const available = useCommandsAvailable();
  const navigate = useNavigate();
  const refresh = useScheduleRefresh();
  const placeWords = usePlaceWords(usePlaces().data ?? []);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const instant = (epochMs: number): string => `${clockTime(epochMs)} ${dayWords(epochMs)}`;
  const { dailyTimes, rrule, weekdays, startsOn, until } = request;
  const when = whenInWords({ dailyTimes, rrule, weekdays, startsOn, until }, say, isoDay(feed.controllerNowMs()));

  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      await (isNew ? addSchedule(request) : changeSchedule(request));
      await refresh();
      await navigate({ to: '/schedule' });
    } catch (failure) {
      setProblem(failure);
      setBusy(false);
    }
  };

  return (
    <div className="page narrow stack-wide">
      <h1>{say.confirmTitle}</h1>
      <ConfirmSentence sentence={say.sentence(contentTitle, when, placeWords(request.targets), preview.clusterCount)} />
      {preview.clashes.length > 0 && (
        <Note tone="warn">
          {preview.clashes.map((clash) => (
            <p key={`${clash.startsAtMs} ${clash.name} ${clash.otherStartsAtMs}`}>
              {say.clash[clash.winner](capitalised(instant(clash.startsAtMs)), clash.name, clockTime(clash.otherStartsAtMs))}
            </p>
          ))}
        </Note>
      )}
      <section className="stack" aria-labelledby="next-title">
        <h2 id="next-title">{say.next}</h2>
        {preview.nextAtMs.length === 0 && <p>{say.never}</p>}
        <ol>
          {preview.nextAtMs.map((epochMs) => (
            <li key={epochMs} className="figure">
              {capitalised(instant(epochMs))}
            </li>
          ))}
        </ol>
      </section>
      {problem !== undefined && <ErrorSummary problems={[{ text: words(problem) }]} />}
      <div className="stack">
        <Button
          kind="primary"
          size="large"
          wide
          busy={busy}
          unavailable={available ? undefined : t.link.noCommands}
          onClick={() => void save()}
        >
          {say.save}
        </Button>
        <Button size="large" wide onClick={onBack}>
          {t.play.back}
        </Button>
      </div>
    </div>
  );
}
