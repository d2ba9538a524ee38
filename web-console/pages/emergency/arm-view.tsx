import { IconMicrophone } from '@tabler/icons-react';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { ButtonLink } from '../../design/button.tsx';
import { EmptyState, LoadingSkeleton, LoadProblem, Note } from '../../design/feedback.tsx';
import { duration } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import classes from './emergency.module.css';
import { OverNote } from './over-note.tsx';
import { preparedMessages, usePreparedBulletins } from './prepared.ts';

interface ArmViewProps {
  expired: boolean;
  /** The emergency that just ended on this page. */
  over: BroadcastSummary | undefined;
  onArm: (bulletin: Bulletin) => void;
  onSpeak: () => void;
}

/** One large card for each message that stands ready. Nothing here sounds; exercises live elsewhere. */
export function ArmView({ expired, over, onArm, onSpeak }: ArmViewProps) {
  const t = useMessages();
  const bulletins = usePreparedBulletins();
  const prepared = preparedMessages(bulletins.data ?? []);
  return (
    <div className="page stack-wide">
      <div className="stack">
        <h1>{t.emergency.title}</h1>
        <p>{t.emergency.armLead}</p>
      </div>
      {expired && (
        <Note tone="quiet" role="status">
          {t.emergency.expired}
        </Note>
      )}
      {over && <OverNote over={over} allClear={prepared.allClear} onArm={onArm} />}
      {bulletins.isPending && <LoadingSkeleton rows={2} heightRem={7} awaited={t.loading.bulletins} />}
      {bulletins.isError && <LoadProblem problem={bulletins.error} retry={() => void bulletins.refetch()} />}
      {bulletins.data && prepared.hazards.length === 0 && (
        <EmptyState icon={null} text={t.emergency.noneReady}>
          <ButtonLink to="/library/write" search={{ purpose: 'emergency' }}>
            {t.emergency.prepare}
          </ButtonLink>
        </EmptyState>
      )}
      <div className={classes.cards}>
        {prepared.hazards.map((bulletin) => (
          <button key={bulletin.bulletinId} type="button" className={classes.card} onClick={() => onArm(bulletin)}>
            {bulletin.title}
            <span className="figure">{bulletin.durationMs !== null && t.emergency.length(duration(bulletin.durationMs))}</span>
          </button>
        ))}
        <button type="button" className={classes.card} onClick={onSpeak}>
          <IconMicrophone size="1.8rem" aria-hidden="true" />
          {t.emergency.speak}
        </button>
      </div>
      {bulletins.data && !prepared.correction && (
        <Note tone="warn">
          <div className="stack">
            <p>{t.emergency.noCorrection}</p>
            <div>
              <ButtonLink to="/library/write" search={{ purpose: 'correction' }}>
                {t.emergency.prepareCorrection}
              </ButtonLink>
            </div>
          </div>
        </Note>
      )}
    </div>
  );
}
