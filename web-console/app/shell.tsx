import { IconAlertOctagon, IconBroadcast, IconCalendarTime, IconLibrary, IconSettings, IconVolume } from '@tabler/icons-react';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { OfflineBanner } from '../design/offline-banner.tsx';
import { Tally } from '../design/tally.tsx';
import { useMessages } from '../i18n/messages.ts';
import { useLive, useSession } from './console-context.ts';
import classes from './shell.module.css';
import { ShownHereContext } from './shown-here.ts';

/** Most days there is nothing to tell. That the file can't be fetched must take nothing else from the page; the next look tries again. */
const loadConditions = () => import('./conditions.tsx');
const Conditions = lazy(async () => ({
  default: await loadConditions().then(
    ({ Conditions }) => Conditions,
    () => Nothing,
  ),
}));
const Nothing = (_: { folded: boolean }): null => null;

/** Pages whose button must be in sight at once. */
const BUTTON_FIRST: readonly string[] = ['/emergency', '/speak'];

/** Header, link state, tally and page. The tally and the way to stop are on every page; so is the emergency, at the far end. */
export function Shell() {
  const t = useMessages();
  const session = useSession();
  const { conditions } = useLive();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const firstPath = useRef(path);
  const [shownHere, setShownHere] = useState<string>();

  // A new page is announced and read from its top; the first one keeps the browser's own order.
  useEffect(() => {
    if (firstPath.current === path) return;
    firstPath.current = '';
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [path]);

  // Fetched while all is well: told is also what keeps files from being fetched.
  useEffect(() => void loadConditions().catch(() => undefined), []);

  const buttonFirst = BUTTON_FIRST.includes(path);
  const mayAnnounce = session.permissions.includes('announce');
  return (
    <div className={classes.shell}>
      <a href="#main" className={`${classes.skip} button`}>
        {t.nav.skip}
      </a>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link to="/" className={classes.brand} aria-label={t.nav.home}>
            <img src="/icon.svg" alt="" />
            <span>Loa Xã</span>
          </Link>
          <nav className={classes.nav} aria-label={t.nav.label}>
            <Link to="/" activeOptions={{ exact: true }}>
              <IconBroadcast aria-hidden="true" />
              {t.nav.onAir}
            </Link>
            <Link to="/library">
              <IconLibrary aria-hidden="true" />
              {t.nav.library}
            </Link>
            <Link to="/speakers">
              <IconVolume aria-hidden="true" />
              {t.nav.speakers}
            </Link>
            <Link to="/schedule">
              <IconCalendarTime aria-hidden="true" />
              {t.nav.schedule}
            </Link>
          </nav>
          <span className={classes.gap} />
          <Link to="/settings" className="button" data-kind="plain" aria-label={t.nav.settings} title={t.nav.settings}>
            <IconSettings aria-hidden="true" />
          </Link>
          {mayAnnounce && (
            <Link to="/emergency" className={classes.emergency}>
              <IconAlertOctagon aria-hidden="true" />
              {t.nav.emergency}
            </Link>
          )}
        </div>
      </header>
      <OfflineBanner />
      {/* On its own page what is on air is the page; elsewhere only what the page shows as its main matter is left out. Above the banners: nothing
          may push the way to stop out of sight. */}
      {path !== '/' && <Tally without={shownHere} buttonFirst={buttonFirst} />}
      {conditions.length > 0 && (
        <Suspense>
          <Conditions folded={buttonFirst} />
        </Suspense>
      )}
      <main id="main" ref={main} tabIndex={-1} className={classes.main}>
        <ShownHereContext value={setShownHere}>
          <Outlet />
        </ShownHereContext>
      </main>
    </div>
  );
}
