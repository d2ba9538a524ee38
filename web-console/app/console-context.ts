import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { SessionInfo } from '../../controller/protocol/accounts.ts';
import type { BrowserClock } from '../clock.ts';
import type { LiveFeed, Progress } from '../live/live-feed.ts';
import type { LiveState } from '../live/live-state.ts';
import type { Preferences } from './preferences.ts';

/** The parts that every page stands on, made once in main.tsx and handed down here. */
export interface ConsoleParts {
  clock: BrowserClock;
  feed: LiveFeed;
  preferences: Preferences;
  setPreferences(change: Partial<Preferences>): void;
}

export const ConsoleContext = createContext<ConsoleParts | null>(null);
export const SessionContext = createContext<SessionInfo | null>(null);

export function useConsole(): ConsoleParts {
  const parts = useContext(ConsoleContext);
  if (!parts) throw new Error('useConsole stands outside of the console');
  return parts;
}

/** Who is signed in. Only for pages inside the shell, which has asked. */
export function useSession(): SessionInfo {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession stands outside of the signed-in shell');
  return session;
}

export function useLive(): LiveState {
  const { feed } = useConsole();
  return useSyncExternalStore(feed.subscribe, feed.state);
}

/** Position and level of one broadcast, as often as the server tells them. */
export function useProgress(broadcastId: string): Progress | undefined {
  const { feed } = useConsole();
  return useSyncExternalStore(feed.subscribeProgress, () => feed.progressOf(broadcastId));
}

/** Ingest progress of a bulletin, 0 to 1; null: ended; undefined: nothing was said yet. */
export function useBulletinProgress(bulletinId: string): number | null | undefined {
  const { feed } = useConsole();
  return useSyncExternalStore(feed.subscribeProgress, () => feed.bulletinProgressOf(bulletinId));
}

/** The controller's time, drawn again every `periodMs`. */
export function useControllerNow(periodMs = 1000): number {
  const { feed, clock } = useConsole();
  const [now, setNow] = useState(feed.controllerNowMs);
  useEffect(() => clock.every(periodMs, () => setNow(feed.controllerNowMs())), [clock, feed, periodMs]);
  return now;
}

/** Commands need the live link: without it nobody could say what became of them, and nothing is kept to be sent later. */
export function useCommandsAvailable(): boolean {
  return useLive().link === 'live';
}
