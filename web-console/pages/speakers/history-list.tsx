import type { SpeakerDetail } from '../../../controller/protocol/speakers.ts';
import { useSession } from '../../app/console-context.ts';
import { clockTime, dayDate } from '../../formats/time.ts';
import { CLUSTER_WORDS } from '../../i18n/cluster-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import { STATE_WORDS } from '../../i18n/state-words.ts';
import classes from './speakers.module.css';

const SHOWN = 30;

/** Changes of state and faults in one line of time, newest first. */
export function HistoryList({ detail }: { detail: SpeakerDetail }) {
  const t = useMessages(CLUSTER_WORDS, SPEAKER_WORDS, STATE_WORDS);
  // The rungs are the technician's words.
  const transitions = useSession().permissions.includes('maintain') ? detail.transitions : [];
  const entries = [
    ...transitions.map((transition) => ({ atMs: transition.atMs, text: t.history.became(t.state.rung[transition.toRung]) })),
    ...detail.faults.map((fault) => ({ atMs: fault.raisedAtMs, text: t.history.raised(t.faults.names[fault.code]) })),
    ...detail.faults.flatMap((fault) =>
      fault.clearedAtMs === null ? [] : [{ atMs: fault.clearedAtMs, text: t.history.cleared(t.faults.names[fault.code]) }],
    ),
  ]
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, SHOWN);
  return (
    <section className="card stack" aria-labelledby="history-title">
      <h2 id="history-title">{t.history.title}</h2>
      {entries.length === 0 && <p className="soft">{t.history.empty}</p>}
      <ol className={classes.history}>
        {entries.map((entry) => (
          <li key={`${entry.atMs}${entry.text}`}>
            <time className="figure soft small" dateTime={new Date(entry.atMs).toISOString()}>
              {clockTime(entry.atMs)} {dayDate(entry.atMs)}
            </time>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
