import { IconArrowLeft, IconPencil, IconPlayerPlayFilled, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Bulletin } from '../../../controller/protocol/programmes.ts';
import { deleteBulletin, useBulletin } from '../../api/bulletins.ts';
import { useBulletinProgress, useCommandsAvailable, useConsole, useSession } from '../../app/console-context.ts';
import { Button, ButtonLink } from '../../design/button.tsx';
import { ErrorSummary, LoadingSkeleton, LoadProblem, Note, useProblemWords } from '../../design/feedback.tsx';
import { clockTime, dayDate, duration } from '../../formats/time.ts';
import { BULLETIN_WORDS } from '../../i18n/bulletin-words.ts';
import { CLASS_WORDS } from '../../i18n/class-words.ts';
import { DRAFT_WORDS } from '../../i18n/draft-words.ts';
import { useMessages } from '../../i18n/messages.ts';
import { BulletinPlayer } from './bulletin-player.tsx';
import { IngestProgress } from './ingest-progress.tsx';
import classes from './library.module.css';

const route = getRouteApi('/library/$bulletinId');

function Delete({ bulletin }: { bulletin: Bulletin }) {
  const t = useMessages(BULLETIN_WORDS);
  const words = useProblemWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const available = useCommandsAvailable();
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const remove = async (): Promise<void> => {
    try {
      await deleteBulletin(bulletin.bulletinId);
      await queries.invalidateQueries({ queryKey: ['bulletins'] });
      await navigate({ to: '/library' });
    } catch (failure) {
      setProblem(failure);
    }
  };
  if (!asked) {
    return (
      <div>
        <Button kind="plain" icon={<IconTrash aria-hidden="true" />} onClick={() => setAsked(true)}>
          {t.bulletin.remove}
        </Button>
      </div>
    );
  }
  return (
    <div className="card stack" role="alert">
      {problem !== undefined && <ErrorSummary problems={[{ text: words(problem) }]} />}
      <p>{t.bulletin.removeAsk(bulletin.title)}</p>
      <div className="row">
        <Button
          unavailable={available ? undefined : t.link.noCommands}
          icon={<IconTrash aria-hidden="true" />}
          onClick={() => void remove()}
        >
          {t.bulletin.remove}
        </Button>
        <Button kind="primary" onClick={() => setAsked(false)}>
          {t.bulletin.keep}
        </Button>
      </div>
    </div>
  );
}

/** One bulletin: heard before it is aired; or how far it is; or why it failed and what to do. */
export function BulletinPage() {
  const t = useMessages(BULLETIN_WORDS, CLASS_WORDS);
  const { bulletinId } = route.useParams();
  const { language } = useConsole().preferences;
  const mayPlay = useSession().permissions.includes('announce');
  const query = useBulletin(bulletinId);
  const progress = useBulletinProgress(bulletinId);
  const bulletin = query.data;
  return (
    <div className="page narrow stack-wide">
      <div>
        <ButtonLink to="/library" kind="back" icon={<IconArrowLeft aria-hidden="true" />}>
          {t.nav.library}
        </ButtonLink>
      </div>
      {query.isPending && <LoadingSkeleton rows={4} awaited={t.loading.bulletins} />}
      {query.isError && <LoadProblem problem={query.error} retry={() => void query.refetch()} />}
      {bulletin && (
        <>
          <div>
            <h1>{bulletin.title}</h1>
            <p className="soft figure">
              {[
                t.classes[bulletin.class],
                ...(bulletin.durationMs === null ? [] : [duration(bulletin.durationMs)]),
                ...(bulletin.topic ? [bulletin.topic] : []),
                t.bulletin.made(`${clockTime(bulletin.createdAtMs)} ${dayDate(bulletin.createdAtMs)}`),
              ].join(' · ')}
            </p>
          </div>
          {bulletin.status === 'processing' && <IngestProgress progress={progress ?? null} />}
          {bulletin.status === 'failed' && (
            <Note tone="warn" role="alert">
              <p>
                <strong>{t.bulletin.failed}</strong> {bulletin.failure?.[language]}
              </p>
              <p>{t.bulletin.nothingKept}</p>
            </Note>
          )}
          {bulletin.warnings.map((warning) => (
            <Note key={warning.code} tone="quiet">
              {warning[language]}
            </Note>
          ))}
          {bulletin.status === 'ready' && <BulletinPlayer bulletin={bulletin} />}
          {bulletin.status === 'ready' && mayPlay && bulletin.class === 'emergency' && <Note tone="quiet">{t.bulletin.emergencyOnly}</Note>}
          {bulletin.status === 'ready' && mayPlay && bulletin.class !== 'emergency' && (
            <ButtonLink
              to="/play"
              search={{ bulletin: bulletinId }}
              kind="primary"
              size="large"
              wide
              icon={<IconPlayerPlayFilled aria-hidden="true" />}
            >
              {t.bulletin.play}
            </ButtonLink>
          )}
          {bulletin.text && (
            <section className="card stack" aria-labelledby="text-title">
              <h2 id="text-title">{t.write.textLabel}</h2>
              <p className={classes.text} lang="vi">
                {bulletin.text}
              </p>
              {mayPlay && bulletin.origin === 'text' && bulletin.status !== 'processing' && (
                <div>
                  <ButtonLink to="/library/$bulletinId/edit" params={{ bulletinId }} icon={<IconPencil aria-hidden="true" />}>
                    {DRAFT_WORDS[language].edit}
                  </ButtonLink>
                </div>
              )}
            </section>
          )}
          {mayPlay && <Delete bulletin={bulletin} />}
        </>
      )}
    </div>
  );
}
