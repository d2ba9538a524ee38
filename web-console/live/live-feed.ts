import type { LiveMessage } from '../../controller/protocol/live-feed.ts';
import type { BrowserClock } from '../clock.ts';
import { forgetKeptState, keepState, readKeptState } from './kept-state.ts';
import { type LiveState, linkConnecting, linkLost, NOTHING_KNOWN, reduce } from './live-state.ts';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** The server ticks at least every 5 s; without a word for this long the link is dead, whatever the socket says. */
const SILENCE_MS = 12_000;
const KEEP_PERIOD_MS = 10_000;
/** LIVE_CLOSE_CODES.sessionEnded of the protocol, without its schemas. */
const SESSION_ENDED = 4401;

export interface Progress {
  positionMs: number;
  levelDb: number;
  atMs: number;
}

/**
 * The console's one live connection. `state()` changes identity only when something slow changed; levels and upload
 * progress go by their own subscriptions, so that 60 rows are not drawn again four times a second.
 */
export interface LiveFeed {
  start(): void;
  close(): void;
  state(): LiveState;
  subscribe(listener: () => void): () => void;
  progressOf(broadcastId: string): Progress | undefined;
  bulletinProgressOf(bulletinId: string): number | null | undefined;
  subscribeProgress(listener: () => void): () => void;
  /** One bulletin changed; undefined: any may have, while there was no link. */
  onBulletin(listener: (bulletinId: string | undefined) => void): () => void;
  /** The server ended the connection for the session's sake, or let us not in without a word why: somebody should ask who is signed in. */
  onDoubt(listener: () => void): () => void;
  /** The controller's time now, epoch ms: the page's own clock may be wrong by hours. */
  controllerNowMs(): number;
  forget(): void;
}

interface LiveFeedDeps {
  clock: BrowserClock;
  storage: Storage;
  url: string;
  open?: (url: string) => WebSocket;
}

export function createLiveFeed({ clock, storage, url, open = (address) => new WebSocket(address) }: LiveFeedDeps): LiveFeed {
  let state: LiveState = readKeptState(storage);
  let socket: WebSocket | undefined;
  let offsetMs = 0;
  let retryMs = FIRST_RETRY_MS;
  let heardAtMs = 0;
  let keptAtMs = 0;
  let running = false;
  let cancelRetry = (): void => {};
  let cancelWatch = (): void => {};
  const listeners = new Set<() => void>();
  const progressListeners = new Set<() => void>();
  const bulletinListeners = new Set<(bulletinId: string | undefined) => void>();
  const doubtListeners = new Set<() => void>();
  const progress = new Map<string, Progress>();
  const bulletinProgress = new Map<string, number | null>();

  const nowMs = (): number => clock.nowMs() + offsetMs;
  const tell = (all: Set<() => void>): void => {
    for (const listener of all) listener();
  };
  const become = (next: LiveState): void => {
    state = next;
    tell(listeners);
  };

  const receive = (message: LiveMessage): void => {
    heardAtMs = clock.nowMs();
    offsetMs = message.atMs - heardAtMs;
    retryMs = FIRST_RETRY_MS;
    if (message.type === 'progress') {
      progress.set(message.broadcastId, { positionMs: message.positionMs, levelDb: message.levelDb, atMs: message.atMs });
      tell(progressListeners);
    }
    if (message.type === 'bulletin') {
      bulletinProgress.set(message.bulletinId, message.progress);
      tell(progressListeners);
      for (const listener of bulletinListeners) listener(message.bulletinId);
    }
    if (message.type === 'snapshot') {
      bulletinProgress.clear();
      tell(progressListeners);
      for (const listener of bulletinListeners) listener(undefined);
    }
    const next = reduce(state, message);
    const quiet = message.type === 'progress' || message.type === 'bulletin' || message.type === 'tick';
    if (quiet && state.link === 'live') state = next;
    else become(next);
    if (clock.nowMs() - keptAtMs > KEEP_PERIOD_MS) {
      keptAtMs = clock.nowMs();
      keepState(storage, state);
    }
  };

  const lose = (): void => {
    const old = socket;
    if (!old) return;
    socket = undefined;
    old.close();
    become(linkLost(state, nowMs()));
    // Up to a half more, so that a whole office does not come back in the same instant.
    cancelRetry = clock.after(retryMs * (1 + Math.random() / 2), connect);
    retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
  };

  const connect = (): void => {
    heardAtMs = clock.nowMs();
    const mine = open(url);
    let welcome = false;
    socket = mine;
    mine.onmessage = (event) => {
      if (socket !== mine) return;
      welcome = true;
      receive(JSON.parse(String(event.data)) as LiveMessage);
    };
    mine.onclose = ({ code }) => {
      if (socket !== mine) return;
      lose();
      if (code === SESSION_ENDED || !welcome) tell(doubtListeners);
    };
  };

  const hurry = (): void => {
    if (socket || !running) return;
    cancelRetry();
    retryMs = FIRST_RETRY_MS;
    connect();
  };

  return {
    start() {
      if (running) return;
      running = true;
      become(linkConnecting(state));
      connect();
      cancelWatch = clock.every(1000, () => {
        if (socket && clock.nowMs() - heardAtMs > SILENCE_MS) lose();
      });
      window.addEventListener('online', hurry);
      window.addEventListener('offline', lose);
    },
    close() {
      running = false;
      cancelRetry();
      cancelWatch();
      window.removeEventListener('online', hurry);
      window.removeEventListener('offline', lose);
      const old = socket;
      socket = undefined;
      old?.close();
      become(linkConnecting(state));
    },
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    progressOf: (broadcastId) => progress.get(broadcastId),
    bulletinProgressOf: (bulletinId) => bulletinProgress.get(bulletinId),
    subscribeProgress(listener) {
      progressListeners.add(listener);
      return () => void progressListeners.delete(listener);
    },
    onBulletin(listener) {
      bulletinListeners.add(listener);
      return () => void bulletinListeners.delete(listener);
    },
    onDoubt(listener) {
      doubtListeners.add(listener);
      return () => void doubtListeners.delete(listener);
    },
    controllerNowMs: nowMs,
    forget() {
      forgetKeptState(storage);
      become(NOTHING_KNOWN);
    },
  };
}
