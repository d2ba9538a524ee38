import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LIVE_CLOSE_CODES, type LiveMessage } from '../../../controller/protocol/live-feed.ts';
import type { BrowserClock } from '../../../web-console/clock.ts';
import { createLiveFeed, type LiveFeed } from '../../../web-console/live/live-feed.ts';
import { isStale } from '../../../web-console/live/live-state.ts';

const NOW = 1_800_000_000_000;
const snapshot: LiveMessage = { type: 'snapshot', atMs: NOW, broadcasts: [], speakers: [], conditions: [] };
const storage = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined } as unknown as Storage;
const clock: BrowserClock = {
  nowMs: () => Date.now(),
  after: (delayMs, task) => {
    const handle = setTimeout(task, delayMs);
    return () => clearTimeout(handle);
  },
  every: (periodMs, task) => {
    const handle = setInterval(task, periodMs);
    return () => clearInterval(handle);
  },
};

class FakeSocket {
  closed = false;
  onmessage: ((event: { data: string }) => void) | undefined;
  onclose: ((event: { code: number }) => void) | undefined;
  close(): void {
    this.closed = true;
  }
  say(message: LiveMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  end(code = 1006): void {
    this.closed = true;
    this.onclose?.({ code });
  }
}

let page: EventTarget;
let sockets: FakeSocket[];
let feed: LiveFeed;
const open = (): FakeSocket[] => sockets.filter((socket) => !socket.closed);
const newest = (): FakeSocket => sockets.at(-1) ?? expect.fail('no socket');

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  page = new EventTarget();
  vi.stubGlobal('window', page);
  sockets = [];
  feed = createLiveFeed({
    clock,
    storage,
    url: 'wss://x/api/live',
    open: () => {
      sockets.push(new FakeSocket());
      return newest() as unknown as WebSocket;
    },
  });
});
afterEach(() => {
  feed.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the live feed of a page', () => {
  it('has one socket at most, however often the network goes while it waits to try again', () => {
    feed.start();
    newest().say(snapshot);
    page.dispatchEvent(new Event('offline'));
    page.dispatchEvent(new Event('offline'));
    newest().end();
    page.dispatchEvent(new Event('offline'));
    vi.advanceTimersByTime(2000);
    expect(open()).toHaveLength(1);
    expect(sockets).toHaveLength(2);
    page.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(2000);
    expect(sockets).toHaveLength(2);
  });

  it('is not live before the server has spoken: not at first, not after a sign-in anew', () => {
    expect(isStale(feed.state())).toBe(true);
    feed.start();
    expect(feed.state().link).toBe('connecting');
    newest().say(snapshot);
    expect(isStale(feed.state())).toBe(false);
    feed.close();
    expect(isStale(feed.state())).toBe(true);
    feed.start();
    expect(feed.state()).toMatchObject({ link: 'connecting', lostAtMs: null, stateAtMs: NOW });
  });

  it('after a gap everything fetched is in doubt: faults, bulletins and how far they are', () => {
    const changed: (string | undefined)[] = [];
    feed.onBulletin((bulletinId) => changed.push(bulletinId));
    feed.start();
    newest().say(snapshot);
    newest().say({ type: 'bulletin', atMs: NOW, bulletinId: 'b', progress: 0.63 });
    const { faultsVersion } = feed.state();
    newest().end(LIVE_CLOSE_CODES.controllerStopping);
    vi.advanceTimersByTime(2000);
    newest().say(snapshot);
    expect(feed.state().faultsVersion).toBe(faultsVersion + 1);
    expect(changed).toEqual([undefined, 'b', undefined]);
    expect(feed.bulletinProgressOf('b')).toBeUndefined();
  });

  it('says when somebody should ask who is signed in: the session ended, or the server let nobody in', () => {
    let doubts = 0;
    feed.onDoubt(() => doubts++);
    feed.start();
    newest().say(snapshot);
    newest().end(LIVE_CLOSE_CODES.controllerStopping);
    expect(doubts).toBe(0);
    vi.advanceTimersByTime(2000);
    newest().say(snapshot);
    newest().end(LIVE_CLOSE_CODES.sessionEnded);
    expect(doubts).toBe(1);
    vi.advanceTimersByTime(2000);
    newest().end();
    expect(doubts).toBe(2);
    expect(feed.state().link).toBe('lost');
  });
});
