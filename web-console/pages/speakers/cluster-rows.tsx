import { Link } from '@tanstack/react-router';
import type { Place } from '../../api/places.ts';
import type { useEvidenceRows } from '../../app/evidence-rows.ts';
import { StateBar } from '../../design/state-bar.tsx';
import { matches } from '../../formats/search.ts';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import { needsAttention } from '../../live/evidence.ts';
import classes from './speakers.module.css';

interface ClusterRowsProps {
  places: readonly Place[];
  rows: ReturnType<typeof useEvidenceRows>;
  query: string;
  onlyAttention: boolean;
}

export function ClusterRows({ places, rows, query, onlyAttention }: ClusterRowsProps) {
  const t = useMessages(SPEAKER_WORDS);
  const groups = places
    .map((place) => ({
      place,
      shown: (rows.get(place.hamletId) ?? []).filter(
        (row) =>
          matches(query, place.name, row.cluster.name, row.cluster.clusterId, row.speaker?.speakerId) &&
          (!onlyAttention || needsAttention(row.evidence.word)),
      ),
    }))
    .filter((group) => group.shown.length > 0);
  const count = groups.reduce((sum, group) => sum + group.shown.length, 0);
  return (
    <div className="stack">
      <p role="status" className={count === 0 ? undefined : 'visually-hidden'}>
        {t.speakers.found(count)}
      </p>
      {groups.map(({ place, shown }) => (
        <section key={place.hamletId} aria-label={place.name}>
          <h3 className={classes.groupTitle}>{place.name}</h3>
          <ul className={classes.group}>
            {shown.map((row) => (
              <li key={row.cluster.clusterId}>
                <Link to="/speakers/$clusterId" params={{ clusterId: row.cluster.clusterId }} className={classes.row}>
                  <strong>{row.cluster.name}</strong>
                  {row.cluster.kind === 'fm' ? (
                    <span className="small soft">{t.speakers.fm}</span>
                  ) : (
                    <StateBar evidence={row.evidence} rung={row.speaker?.rung} />
                  )}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
