import 'virtual:tokens.css';
import './design/fonts.css';
import './design/base.css';
import './design/controls.css';
import { QueryClient } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { watchAttendance } from './api/attendance.ts';
import { Console } from './app/console.tsx';
import { readPreferences, showPreferences } from './app/preferences.ts';
import { browserClock } from './clock.ts';
import { loadMessages } from './i18n/messages.ts';
import { createLiveFeed } from './live/live-feed.ts';

const preferences = readPreferences(localStorage);
showPreferences(document.documentElement, preferences);
watchAttendance(window, browserClock);
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

const feed = createLiveFeed({ clock: browserClock, storage: localStorage, url: `${location.origin.replace(/^http/, 'ws')}/api/live` });
const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 10_000 } } });

createRoot(root).render(
  <Console
    clock={browserClock}
    feed={feed}
    queries={queries}
    storage={localStorage}
    initialPreferences={preferences}
    initialMessages={await loadMessages(preferences.language)}
  />,
);

// A new version waits until every page of the old one is closed: nothing is exchanged under a broadcast.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('/service-worker.js').catch((problem: unknown) => {
    // Without it only the offline memory is missing; browsers refuse it until the commune's authority is trusted.
    console.info('no offline memory:', problem);
  });
}
