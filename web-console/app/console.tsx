import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { BrowserClock } from '../clock.ts';
import { loadMessages, MessagesContext } from '../i18n/messages.ts';
import type { Messages } from '../i18n/vi.ts';
import type { LiveFeed } from '../live/live-feed.ts';
import { ConsoleContext } from './console-context.ts';
import { keepPreferences, type Preferences, showPreferences } from './preferences.ts';
import { SignedIn } from './signed-in.tsx';

interface ConsoleProps {
  clock: BrowserClock;
  feed: LiveFeed;
  queries: QueryClient;
  storage: Storage;
  initialPreferences: Preferences;
  initialMessages: Messages;
}

export function Console({ clock, feed, queries, storage, initialPreferences, initialMessages }: ConsoleProps) {
  const [preferences, setAll] = useState(initialPreferences);
  const [messages, setMessages] = useState(initialMessages);

  useEffect(() => {
    const show = (): void => showPreferences(document.documentElement, preferences);
    show();
    const device = matchMedia('(prefers-color-scheme: dark)');
    device.addEventListener('change', show);
    return () => device.removeEventListener('change', show);
  }, [preferences]);

  const parts = useMemo(
    () => ({
      clock,
      feed,
      preferences,
      setPreferences: (change: Partial<Preferences>) => {
        const next = { ...preferences, ...change };
        keepPreferences(storage, next);
        if (change.language && change.language !== preferences.language) {
          void loadMessages(change.language).then((loaded) => {
            setMessages(loaded);
            setAll(next);
          });
        } else setAll(next);
      },
    }),
    [clock, feed, preferences, storage],
  );

  return (
    <QueryClientProvider client={queries}>
      <ConsoleContext value={parts}>
        <MessagesContext value={messages}>
          <SignedIn />
        </MessagesContext>
      </ConsoleContext>
    </QueryClientProvider>
  );
}
