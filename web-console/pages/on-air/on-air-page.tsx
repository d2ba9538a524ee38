import { IconMicrophone, IconPlayerPlayFilled } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { usePlaces } from '../../api/places.ts';
import { usePlanned } from '../../api/schedules.ts';
import { useCommandsAvailable, useLive, useSession } from '../../app/console-context.ts';
import { ButtonLink } from '../../design/button.tsx';
import { LoadingSkeleton, LoadProblem, Note } from '../../design/feedback.tsx';
import { useMessages } from '../../i18n/messages.ts';
import { ON_AIR_WORDS } from '../../i18n/on-air-words.ts';
import { ended, onAir } from '../../live/live-state.ts';
import { HamletList } from './hamlet-list.tsx';
import { NowCard, NowIdle } from './now-card.tsx';
import classes from './on-air.module.css';

const BeforeAndAfter = lazy(async () => ({ default: (await import('./before-and-after.tsx')).BeforeAndAfter }));
const FirstSteps = lazy(async () => ({ default: (await import('./first-steps.tsx')).FirstSteps }));

export function OnAirPage() {
  const t = useMessages(ON_AIR_WORDS);
  const live = useLive();
  const session = useSession();
  const available = useCommandsAvailable();
  const places = usePlaces();
  const sounding = onAir(live);
  const next = usePlanned();
  // How a make-up pass went is told with the emergency that it makes up for.
  const past = ended(live).filter((broadcast) => broadcast.makesUpFor === null);
  const known = live.stateAtMs !== null;

  return (
    <div className="page stack-wide">
      <h1 className="visually-hidden">{t.onAir.title}</h1>
      {!known && <LoadingSkeleton rows={2} heightRem={7} awaited={t.loading.liveState} />}
      {live.link === 'live' && live.speakers.size === 0 && places.data && (
        <Suspense>
          <FirstSteps places={places.data} />
        </Suspense>
      )}
      {known && sounding.length === 0 && <NowIdle />}
      {sounding.map((broadcast) => (
        <NowCard key={broadcast.broadcastId} broadcast={broadcast} places={places.data ?? []} />
      ))}
      {session.permissions.includes('announce') && (
        <>
          <div className={classes.actions}>
            <ButtonLink to="/play" kind="primary" size="large" wide icon={<IconPlayerPlayFilled aria-hidden="true" />}>
              {t.onAir.playBulletin}
            </ButtonLink>
            <ButtonLink to="/speak" size="large" wide icon={<IconMicrophone aria-hidden="true" />}>
              {t.onAir.speakLive}
            </ButtonLink>
          </div>
          {!available && live.link === 'lost' && <Note tone="quiet">{t.link.noCommands}</Note>}
        </>
      )}
      {(next.length > 0 || past.length > 0) && (
        <Suspense>
          <BeforeAndAfter next={next} past={past} />
        </Suspense>
      )}
      <section className="stack" aria-labelledby="hamlets-title">
        <h2 id="hamlets-title">{t.onAir.hamlets}</h2>
        {places.isPending && <LoadingSkeleton rows={5} awaited={t.loading.places} />}
        {places.isError && <LoadProblem problem={places.error} retry={() => void places.refetch()} />}
        {places.data && <HamletList places={places.data} />}
      </section>
    </div>
  );
}
