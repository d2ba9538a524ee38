import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { Note } from '../../design/feedback.tsx';
import { clockTimeWithSeconds } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';

interface OverNoteProps {
  over: BroadcastSummary;
  allClear: Bulletin | undefined;
  onArm: (bulletin: Bulletin) => void;
}

/** What just ended, and the way to say that the emergency is over: deliberate, a message of its own, armed and held like the other. */
export function OverNote({ over, allClear, onArm }: OverNoteProps) {
  const t = useMessages();
  return (
    <Note tone="quiet" role="status">
      <div className="stack">
        <p>{t.emergency.over(over.title, clockTimeWithSeconds(over.endedAtMs ?? over.startsAtMs))}</p>
        <div>
          {allClear ? (
            <Button onClick={() => onArm(allClear)}>{t.emergency.allClear}</Button>
          ) : (
            <ButtonLink to="/library/write" search={{ purpose: 'all-clear' }}>
              {t.emergency.prepareAllClear}
            </ButtonLink>
          )}
        </div>
      </div>
    </Note>
  );
}
