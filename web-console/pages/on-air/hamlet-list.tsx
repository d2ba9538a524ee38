import { IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Place } from '../../api/places.ts';
import { type EvidenceRow, useEvidenceRows } from '../../app/evidence-rows.ts';
import { useAsOf } from '../../design/as-of.ts';
import { EmptyState } from '../../design/feedback.tsx';
import { StateBar, WordChip } from '../../design/state-bar.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { ON_AIR_WORDS } from '../../i18n/on-air-words.ts';
import { STATE_WORDS } from '../../i18n/state-words.ts';
import { byUrgency, needsAttention, summarise } from '../../live/evidence.ts';
import classes from './on-air.module.css';

function HamletRow({ place, rows }: { place: Place; rows: EvidenceRow[] }) {
  const t = useMessages(ON_AIR_WORDS, STATE_WORDS);
  const asOf = useAsOf();
  // An FM cluster reports nothing: it is in the list, and in no count.
  const reporting = rows.filter((row) => row.cluster.kind === 'ip');
  const summary = summarise(
    reporting.map((row) => row.evidence),
    reporting.filter((row) => row.due).length,
  );
  const worst = [...reporting].sort((a, b) => byUrgency(a.evidence, b.evidence))[0];
  return (
    <details className={classes.hamlet} data-attention={(asOf === null && summary.attention > 0) || undefined}>
      <summary>
        <IconChevronRight aria-hidden="true" />
        <span className={classes.name}>{place.name}</span>
        <span className={classes.summary}>
          {worst && (needsAttention(worst.evidence.word) || worst.evidence.word === 'unknown') && <WordChip evidence={worst.evidence} />}
          <span className="small soft figure">
            {summary.due > 0 ? t.onAir.hamletSounding(summary.sounding, summary.due) : t.onAir.hamletReady(summary.ready, summary.total)}
            {asOf !== null && ` ${t.state.asOf(asOf)}`}
          </span>
        </span>
      </summary>
      <ul className={classes.clusters}>
        {rows.map((row) => (
          <li key={row.cluster.clusterId}>
            <div>
              <Link to="/speakers/$clusterId" params={{ clusterId: row.cluster.clusterId }}>
                {row.cluster.name}
              </Link>
            </div>
            <StateBar evidence={row.evidence} rung={row.speaker?.rung} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Hamlets in their own order (people look for a name), the ones that need a person marked by icon and word. */
export function HamletList({ places }: { places: readonly Place[] }) {
  const t = useMessages(ON_AIR_WORDS);
  const rows = useEvidenceRows(places);
  if (places.length === 0) return <EmptyState icon={null} text={t.onAir.noHamlets} />;
  return (
    <div className={classes.hamlets}>
      {places.map((place) => (
        <HamletRow key={place.hamletId} place={place} rows={rows.get(place.hamletId) ?? []} />
      ))}
    </div>
  );
}
