import { IconCircleCheck, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { usePlaces } from '../../api/places.ts';
import { useSession } from '../../app/console-context.ts';
import { useEvidenceRows } from '../../app/evidence-rows.ts';
import { useAsOf } from '../../design/as-of.ts';
import { ButtonLink } from '../../design/button.tsx';
import { LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { SPEAKER_WORDS } from '../../i18n/speaker-words.ts';
import { STATE_WORDS } from '../../i18n/state-words.ts';
import { needsAttention } from '../../live/evidence.ts';
import { ClusterRows } from './cluster-rows.tsx';
import { FaultList } from './fault-list.tsx';
import classes from './speakers.module.css';

/** What needs a person first; then everything, by hamlet, to be searched and filtered. */
export function SpeakersPage() {
  const t = useMessages(SPEAKER_WORDS, STATE_WORDS);
  const session = useSession();
  const asOf = useAsOf();
  const places = usePlaces();
  const rows = useEvidenceRows(places.data ?? []);
  const [query, setQuery] = useState('');
  const [onlyAttention, setOnlyAttention] = useState(false);
  const all = [...rows.values()].flat().filter((row) => row.cluster.kind === 'ip');
  const muted = all.filter((row) => row.speaker?.muted ?? row.cluster.muted).length;
  const normal = all.filter((row) => !needsAttention(row.evidence.word) && row.evidence.word !== 'unknown').length;

  return (
    <div className="page stack-wide">
      <div className="spread">
        <div>
          <h1>{t.speakers.title}</h1>
          {places.data && (
            <p className="figure">
              {normal === all.length && asOf === null && <IconCircleCheck size="1.1em" aria-hidden="true" />}{' '}
              {t.speakers.normalOf(normal, all.length)}
              {muted > 0 && ` · ${t.tally.muted(muted)}`}
              {asOf !== null && ` ${t.state.asOf(asOf)}`}
            </p>
          )}
        </div>
        {session.permissions.includes('maintain') && (
          <ButtonLink to="/speakers/add" icon={<IconPlus aria-hidden="true" />}>
            {t.speakers.add}
          </ButtonLink>
        )}
      </div>
      {places.isPending && <LoadingSkeleton rows={6} awaited={t.loading.places} />}
      {places.isError && <LoadProblem problem={places.error} retry={() => void places.refetch()} />}
      {places.data && (
        <>
          <FaultList places={places.data} />
          <section className="stack" aria-labelledby="all-title">
            <h2 id="all-title">{t.speakers.all}</h2>
            <div className={classes.filters}>
              <Field type="search" label={t.speakers.search} value={query} onChange={(event) => setQuery(event.target.value)} />
              <label className="choice">
                <input type="checkbox" checked={onlyAttention} onChange={(event) => setOnlyAttention(event.target.checked)} />
                {t.speakers.onlyAttention}
              </label>
            </div>
            <ClusterRows places={places.data} rows={rows} query={query} onlyAttention={onlyAttention} />
          </section>
        </>
      )}
    </div>
  );
}
