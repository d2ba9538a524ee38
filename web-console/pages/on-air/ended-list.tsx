import { useQuery } from '@tanstack/react-query';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { fetchOutcomes } from '../../api/broadcasts.ts';
import { useConsole } from '../../app/console-context.ts';
import { clockTime } from '../../formats/time.ts';
import { useMessages } from '../../i18n/messages.ts';
import { ON_AIR_WORDS } from '../../i18n/on-air-words.ts';
import classes from './before-and-after.module.css';

const SHOWN = 3;
const NAMED = 5;

/** How one broadcast went, from the speakers' receipts. What has no receipt yet is said so, never counted as heard. */
function Ended({ broadcast }: { broadcast: BroadcastSummary }) {
  const t = useMessages(ON_AIR_WORDS);
  const { language } = useConsole().preferences;
  const outcomes = useQuery({
    queryKey: ['outcomes', broadcast.broadcastId],
    queryFn: () => fetchOutcomes(broadcast.broadcastId),
    refetchInterval: 5000,
  });
  const all = outcomes.data ?? [];
  const whole = all.filter((outcome) => outcome.outcome === 'whole').length;
  const muted = all.filter((outcome) => outcome.outcome === 'muted').length;
  const weaker = all.filter(({ outcome, evidence }) => outcome === 'whole' && evidence === 'played').length;
  const madeUp = all.filter((outcome) => outcome.madeUp).length;
  // Who is known to be unable is named with the cause, whether it will still report or not.
  const missing = all.filter(({ outcome, cause }) => outcome === 'none' || outcome === 'part' || (outcome !== 'whole' && cause));
  const pending = all.filter(({ outcome, cause }) => (outcome === 'pending' || outcome === 'unknown') && !cause).length;
  return (
    <li className={classes.planned}>
      <time className="figure" dateTime={new Date(broadcast.endedAtMs ?? broadcast.startsAtMs).toISOString()}>
        {clockTime(broadcast.endedAtMs ?? broadcast.startsAtMs)}
      </time>
      <div>
        <p>
          {broadcast.title}: {t.tally.status[broadcast.status]}.
        </p>
        {outcomes.data && (
          <p className="small soft">
            {t.ended.whole(whole, all.length - muted)}
            {weaker > 0 && ` ${t.ended.weaker(weaker)}`}
            {muted > 0 && ` ${t.ended.muted(muted)}`}
            {madeUp > 0 && ` ${t.ended.madeUp(madeUp)}`}
            {pending > 0 && ` ${t.ended.pending(pending)}`}
            {missing.length > 0 &&
              ` ${t.ended.missing(
                missing
                  .slice(0, NAMED)
                  .map(({ clusterName, cause }) => (cause ? `${clusterName} (${cause[language]})` : clusterName))
                  .join(', '),
                Math.max(0, missing.length - NAMED),
              )}`}
          </p>
        )}
        {outcomes.isError && <p className="small soft">{t.ended.noFigures}</p>}
      </div>
    </li>
  );
}

export function EndedList({ broadcasts }: { broadcasts: readonly BroadcastSummary[] }) {
  const t = useMessages(ON_AIR_WORDS);
  return (
    <section className="card" aria-labelledby="ended-title">
      <h2 id="ended-title">{t.ended.title}</h2>
      <ul>
        {broadcasts.slice(0, SHOWN).map((broadcast) => (
          <Ended key={broadcast.broadcastId} broadcast={broadcast} />
        ))}
      </ul>
    </section>
  );
}
