import { IconLibrary, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { useBulletins } from '../api/bulletins.ts';
import { ButtonLink } from '../design/button.tsx';
import { EmptyState, LoadingSkeleton, LoadProblem } from '../design/feedback.tsx';
import { Field } from '../design/field.tsx';
import { matches } from '../formats/search.ts';
import { duration } from '../formats/time.ts';
import { useMessages } from '../i18n/messages.ts';
import classes from './choose.module.css';

interface BulletinPickerProps {
  chosenId: string | undefined;
  onChoose: (bulletin: Bulletin) => void;
}

const SEARCH_FROM = 6;

/** The bulletins that are ready for the air, newest first. Those for an emergency are fired from their own page, behind its guard. */
export function BulletinPicker({ chosenId, onChoose }: BulletinPickerProps) {
  const t = useMessages();
  const [query, setQuery] = useState('');
  const bulletins = useBulletins();
  if (bulletins.isPending) return <LoadingSkeleton rows={4} awaited={t.loading.bulletins} />;
  if (bulletins.isError) return <LoadProblem problem={bulletins.error} retry={() => void bulletins.refetch()} />;
  const ready = bulletins.data.filter((bulletin) => bulletin.status === 'ready' && bulletin.class !== 'emergency');
  if (ready.length === 0) {
    return (
      <EmptyState icon={<IconLibrary size="3rem" aria-hidden="true" />} text={t.library.noneReady}>
        <ButtonLink to="/library">{t.nav.library}</ButtonLink>
      </EmptyState>
    );
  }
  const shown = ready.filter((bulletin) => matches(query, bulletin.title, bulletin.topic));
  return (
    <fieldset className="stack" id="bulletins">
      <legend className="visually-hidden">{t.play.what}</legend>
      {ready.length >= SEARCH_FROM && (
        <Field
          type="search"
          label={t.library.search}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          enterKeyHint="search"
        />
      )}
      <p role="status" className={shown.length === 0 ? undefined : 'visually-hidden'}>
        {shown.length === 0 && <IconSearch size="1em" aria-hidden="true" />} {t.library.found(shown.length)}
      </p>
      <div className={classes.bulletins}>
        {shown.map((bulletin) => (
          <label key={bulletin.bulletinId} className="choice">
            <input type="radio" name="bulletin" checked={bulletin.bulletinId === chosenId} onChange={() => onChoose(bulletin)} />
            <span className={classes.bulletin}>
              <strong>{bulletin.title}</strong>
              <span className="small soft figure">
                {t.classes[bulletin.class]}
                {bulletin.durationMs !== null && ` · ${duration(bulletin.durationMs)}`}
                {bulletin.topic && ` · ${bulletin.topic}`}
              </span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
