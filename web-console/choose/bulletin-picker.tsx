import { IconLibrary, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { Bulletin } from '../../controller/protocol/programmes.ts';
import { useBulletins } from '../api/bulletins.ts';
import { ButtonLink } from '../design/button.tsx';
import { EmptyState, LoadingSkeleton, LoadProblem } from '../design/feedback.tsx';
import { Field } from '../design/field.tsx';
import { useSettled } from '../design/use-settled.ts';
import { duration } from '../formats/time.ts';
import { CLASS_WORDS } from '../i18n/class-words.ts';
import { LIBRARY_WORDS } from '../i18n/library-words.ts';
import { useMessages } from '../i18n/messages.ts';
import classes from './choose.module.css';
import { ShowMore } from './show-more.tsx';

interface BulletinPickerProps {
  chosen: Bulletin | undefined;
  onChoose: (bulletin: Bulletin) => void;
}

const SEARCH_FROM = 6;

/** The bulletins that are ready for the air, newest first. Those for an emergency are fired from their own page, behind its guard. */
export function BulletinPicker({ chosen, onChoose }: BulletinPickerProps) {
  const t = useMessages(CLASS_WORDS, LIBRARY_WORDS);
  const [query, setQuery] = useState('');
  const search = useSettled(query.trim());
  const bulletins = useBulletins({ status: 'ready', class: ['normal', 'priority'], search });
  if (bulletins.isPending) return <LoadingSkeleton rows={4} awaited={t.loading.bulletins} />;
  if (bulletins.isError) return <LoadProblem problem={bulletins.error} retry={() => void bulletins.refetch()} />;
  const found = bulletins.data.bulletins;
  if (found.length === 0 && query === '' && !bulletins.isPlaceholderData && !chosen) {
    return (
      <EmptyState icon={<IconLibrary size="3rem" aria-hidden="true" />} text={t.library.noneReady}>
        <ButtonLink to="/library">{t.nav.library}</ButtonLink>
      </EmptyState>
    );
  }
  // What is chosen stays in sight, even when it is older than the page or not among what is searched for.
  const shown = chosen && !found.some((bulletin) => bulletin.bulletinId === chosen.bulletinId) ? [chosen, ...found] : found;
  return (
    <fieldset className="stack" id="bulletins">
      <legend className="visually-hidden">{t.play.what}</legend>
      {(found.length >= SEARCH_FROM || query !== '' || bulletins.isPlaceholderData) && (
        <Field
          type="search"
          label={t.library.search}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          enterKeyHint="search"
        />
      )}
      <p role="status" className={found.length === 0 ? undefined : 'visually-hidden'}>
        {found.length === 0 && <IconSearch size="1em" aria-hidden="true" />} {t.library.found(found.length)}
      </p>
      <div className={classes.bulletins}>
        {shown.map((bulletin) => (
          <label key={bulletin.bulletinId} className="choice">
            <input type="radio" name="bulletin" checked={bulletin.bulletinId === chosen?.bulletinId} onChange={() => onChoose(bulletin)} />
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
      <ShowMore list={bulletins} />
    </fieldset>
  );
}
