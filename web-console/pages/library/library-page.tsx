import { IconLibrary, IconPencil, IconPlayerPlayFilled, IconUpload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { useBulletins } from '../../api/bulletins.ts';
import { useSession } from '../../app/console-context.ts';
import { ShowMore } from '../../choose/show-more.tsx';
import { ButtonLink } from '../../design/button.tsx';
import { useDayWords } from '../../design/day-words.ts';
import { EmptyState, LoadingSkeleton, LoadProblem } from '../../design/feedback.tsx';
import { Field } from '../../design/field.tsx';
import { useSettled } from '../../design/use-settled.ts';
import { clockTime, duration } from '../../formats/time.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { LIBRARY_WORDS } from '../../i18n/library-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { BulletinStatus } from './bulletin-status.tsx';
import classes from './library.module.css';

function Item({ bulletin, mayPlay }: { bulletin: Bulletin; mayPlay: boolean }) {
  const t = useMessages(CLASS_WORDS, LIBRARY_WORDS);
  const dayWords = useDayWords();
  const facts = [
    t.classes[bulletin.class],
    ...(bulletin.durationMs === null ? [] : [duration(bulletin.durationMs)]),
    ...(bulletin.topic ? [bulletin.topic] : []),
    bulletin.lastAiredAtMs === null
      ? t.library.neverAired
      : t.library.lastAired(`${clockTime(bulletin.lastAiredAtMs)} ${dayWords(bulletin.lastAiredAtMs)}`),
  ];
  return (
    <li className={classes.item}>
      <div className={classes.main}>
        <Link to="/library/$bulletinId" params={{ bulletinId: bulletin.bulletinId }} className={classes.title}>
          {bulletin.title}
        </Link>
        <p className="small soft figure">{facts.join(' · ')}</p>
      </div>
      {bulletin.status === 'ready' ? (
        mayPlay &&
        bulletin.class !== 'emergency' && (
          <ButtonLink to="/play" search={{ bulletin: bulletin.bulletinId }} icon={<IconPlayerPlayFilled aria-hidden="true" />}>
            {t.library.play}
            <span className="visually-hidden"> {bulletin.title}</span>
          </ButtonLink>
        )
      ) : (
        <BulletinStatus bulletin={bulletin} />
      )}
    </li>
  );
}

export function LibraryPage() {
  const t = useMessages(LIBRARY_WORDS);
  const mayWrite = useSession().permissions.includes('announce');
  const [query, setQuery] = useState('');
  const search = useSettled(query.trim());
  const bulletins = useBulletins({ search });
  const shown = bulletins.data?.bulletins ?? [];
  const empty = shown.length === 0 && query === '' && !bulletins.isPlaceholderData;
  return (
    <div className="page stack-wide">
      <div className="spread">
        <h1>{t.library.title}</h1>
        <Link to="/library/dictionary" className="button" data-kind="plain">
          {t.dictionary.title}
        </Link>
      </div>
      {mayWrite && (
        <div className="row">
          <ButtonLink to="/library/write" kind="primary" size="large" icon={<IconPencil aria-hidden="true" />}>
            {t.library.write}
          </ButtonLink>
          <ButtonLink to="/library/upload" size="large" icon={<IconUpload aria-hidden="true" />}>
            {t.library.upload}
          </ButtonLink>
        </div>
      )}
      {bulletins.isPending && <LoadingSkeleton rows={6} awaited={t.loading.bulletins} />}
      {bulletins.isError && <LoadProblem problem={bulletins.error} retry={() => void bulletins.refetch()} />}
      {bulletins.data && empty && <EmptyState icon={<IconLibrary size="3rem" aria-hidden="true" />} text={t.library.empty} />}
      {bulletins.data && !empty && (
        <section className="stack" aria-label={t.library.title}>
          <Field type="search" label={t.library.search} value={query} onChange={(event) => setQuery(event.target.value)} />
          <p role="status" className={shown.length === 0 ? undefined : 'visually-hidden'}>
            {t.library.found(shown.length)}
          </p>
          {shown.length > 0 && (
            <ul className="card">
              {shown.map((bulletin) => (
                <Item key={bulletin.bulletinId} bulletin={bulletin} mayPlay={mayWrite} />
              ))}
            </ul>
          )}
          <ShowMore list={bulletins} />
        </section>
      )}
    </div>
  );
}
