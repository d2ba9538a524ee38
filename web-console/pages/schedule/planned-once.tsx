import { useState } from 'react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { stopBroadcast } from '../../api/broadcasts.ts';
import { useCommandsAvailable } from '../../app/console-context.ts';
import { AskFirst } from '../../design/ask-first.tsx';
import { useDayWords } from '../../design/day-words.ts';
import { useProblemWords } from '../../design/feedback.tsx';
import { clockTime } from '../../formats/time.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SCHEDULE_FORM_WORDS } from '../../i18n/schedule-form-words.ts';
import classes from './schedule.module.css';

/** What somebody planned for one time, outside of every schedule. */
export function PlannedOnce({ broadcast, mayChange }: { broadcast: BroadcastSummary; mayChange: boolean }) {
  const t = useMessages(CLASS_WORDS);
  const say = SCHEDULE_FORM_WORDS[t.language];
  const dayWords = useDayWords();
  const unavailable = useCommandsAvailable() ? undefined : t.link.noCommands;
  const words = useProblemWords();
  const [problem, setProblem] = useState<unknown>();
  const time = clockTime(broadcast.startsAtMs);
  return (
    <li className={classes.item}>
      <time className="figure" dateTime={new Date(broadcast.startsAtMs).toISOString()}>
        {time}
      </time>
      <div>
        <p>{broadcast.title}</p>
        <p className="small soft">
          {t.classes[broadcast.class]} · {t.places.clusters(broadcast.clusterIds.length)} · {say.onePlanned.once}
        </p>
        {problem !== undefined && <p role="alert">{t.stop.failed(words(problem))}</p>}
      </div>
      {mayChange && (
        <AskFirst
          label={say.onePlanned.cancel}
          sentence={say.onePlanned.sentence(broadcast.title, `${time} ${dayWords(broadcast.startsAtMs)}`)}
          confirm={say.onePlanned.confirm}
          unavailable={unavailable}
          onConfirm={async () => {
            const stopped = await stopBroadcast(broadcast.broadcastId);
            setProblem(stopped.outcome === 'unknown' ? stopped.problem : undefined);
          }}
        />
      )}
    </li>
  );
}
