import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { usePlaces } from '../../api/places.ts';
import { useSession } from '../../app/console-context.ts';
import { capitalised, useDayWords } from '../../design/day-words.ts';
import { usePlaceWords } from '../../design/place-words.ts';
import { StopButton } from '../../design/stop-button.tsx';
import { clockTime } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { ON_AIR_WORDS } from '../../i18n/on-air-words.ts';
import classes from './before-and-after.module.css';

const SHOWN = 5;

/** What sounds next, soonest first. */
export function NextList({ broadcasts }: { broadcasts: readonly BroadcastSummary[] }) {
  const t = useMessages(ON_AIR_WORDS);
  const places = usePlaces();
  const placeWords = usePlaceWords(places.data ?? []);
  const dayWords = useDayWords();
  const mayAnnounce = useSession().permissions.includes('announce');
  return (
    <section className="card" aria-labelledby="next-title">
      <h2 id="next-title">{t.onAir.next}</h2>
      <ul>
        {broadcasts.slice(0, SHOWN).map((broadcast) => (
          <li key={broadcast.broadcastId} className={classes.planned}>
            <div>
              <time className="figure" dateTime={new Date(broadcast.startsAtMs).toISOString()}>
                {clockTime(broadcast.startsAtMs)}
              </time>
              <div className="small soft">{capitalised(dayWords(broadcast.startsAtMs))}</div>
            </div>
            <div>
              <p>{broadcast.title}</p>
              <p className="small soft">{placeWords(broadcast.targets)}</p>
              {mayAnnounce && broadcast.origin === 'console' && <StopButton broadcastId={broadcast.broadcastId} title={broadcast.title} />}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
