import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BroadcastSummary } from '../../../controller/protocol/broadcasts.ts';
import { LIVE_CLOSE_CODES, type LiveMessage, liveMessage } from '../../../controller/protocol/live-feed.ts';
import type { SpeakerLiveState } from '../../../controller/protocol/speaker-state.ts';
import { OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';

const speaker = (speakerId: string, sinceMs: number): SpeakerLiveState => ({
  speakerId,
  clusterId: 'ap-01-c1',
  hamletId: 'ap-01',
  rung: 'connected',
  sinceMs,
  lastBeatMs: null,
  roundTripMs: null,
  broadcastId: null,
  muted: false,
  faults: [],
  telemetry: null,
});
const broadcast = (broadcastId: string): BroadcastSummary => ({
  broadcastId,
  title: 'Bản tin',
  class: 'normal',
  content: { kind: 'relay', url: 'https://vov.example/1', durationMs: 1000 },
  targets: { everything: true },
  clusterIds: [],
  status: 'on_air',
  startsAtMs: 0,
  startedAtMs: 0,
  endedAtMs: null,
  durationMs: null,
  positionMs: 0,
  hearingClusters: 0,
  requestedBy: 'lan',
  origin: 'console',
  endReason: null,
  preemptedBy: null,
  makesUpFor: null,
  stored: true,
});

describe('the live feed', () => {
  let http: TestHttpApp;
  let port: number;
  let cookie: string;
  let large = 0;
  let reads = 0;
  /** What the snapshot waits for, and what it holds besides. */
  let gate: Promise<void> | undefined;
  let places: BroadcastSummary[] = [];
  const opened: WebSocket[] = [];

  beforeAll(async () => {
    http = await startTestHttpApp({
      snapshot: async () => {
        reads += 1;
        await gate;
        return {
          broadcasts: places,
          speakers: [speaker('LX-0001', 1), ...Array.from({ length: large }, (_, i) => speaker(`LX-9${i}`, 2))],
          conditions: [{ code: 'x', vi: 'x', en: 'x', sinceMs: 5 }],
        };
      },
    });
    ({ port } = await http.app.start({ host: '127.0.0.1', port: 0 }));
    cookie = await http.cookieOf('viewer');
  });
  afterAll(async () => {
    for (const socket of opened) socket.terminate();
    await http.close();
  });

  function connect(
    headers: Record<string, string> = {},
    path = '/api/live',
  ): { socket: WebSocket; messages: LiveMessage[]; ended: Promise<string | number> } {
    const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, {
      ca: http.authority.caPem(),
      headers: { cookie, origin: `https://127.0.0.1:${port}`, ...headers },
    });
    opened.push(socket);
    const messages: LiveMessage[] = [];
    socket.on('message', (data) => messages.push(liveMessage.parse(JSON.parse(String(data)))));
    const ended = new Promise<string | number>((resolve) => {
      socket.on('close', (code) => resolve(code));
      socket.on('unexpected-response', (_request, response) => resolve(`refused ${response.statusCode}`));
      socket.on('error', () => undefined);
    });
    return { socket, messages, ended };
  }
  const typesOf = (messages: LiveMessage[]): string[] => messages.map(({ type }) => type).filter((type) => type !== 'tick');

  it.each([
    ['nobody', { cookie: '' }, '/api/live', 'refused 401'],
    ['a forged session', { cookie: `__Host-loaxa=${'A'.repeat(43)}` }, '/api/live', 'refused 401'],
    ['two sessions at once', { cookie: `__Host-loaxa=${'A'.repeat(43)}; __Host-loaxa=${'B'.repeat(43)}` }, '/api/live', 'refused 401'],
    ['another site', { origin: 'https://evil.example' }, '/api/live', 'refused 403'],
    ['a caller without an origin', { origin: '' }, '/api/live', 'refused 403'],
    ['another path', {}, '/api/other', 'refused 404'],
  ])('refuses %s', async (_who, headers, path, expected) => {
    expect(await connect(headers, path).ended).toBe(expected);
  });

  it('closes what it refuses, also when the caller keeps its own half open', async () => {
    // The types leave out what the documentation lists.
    const halfOpen = { allowHalfOpen: true } as object;
    const socket = connectTls({ port, host: '127.0.0.1', ca: http.authority.caPem(), ...halfOpen });
    let answer = '';
    let isClosed = false;
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isClosed = true;
    });
    socket.write('GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await expect.poll(() => answer).toContain('403 Forbidden');
    // Only a write tells a half-open caller that nobody is there.
    const writeAgain = (): boolean => {
      if (!isClosed) socket.write('x');
      return isClosed;
    };
    await expect.poll(writeAgain, { timeout: 5000 }).toBe(true);
  });

  it('begins with a snapshot and goes on with changes, each valid by the contract', async () => {
    const { messages } = connect();
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot']);
    const broadcastId = randomUUID();
    const fault = { faultId: randomUUID(), speakerId: 'LX-0001', clusterId: 'ap-01-c1', code: 'line_open', atMs: 1 } as const;
    http.events.emit('broadcast.changed', { broadcast: broadcast(broadcastId) });
    http.events.emit('fault.raised', fault);
    http.events.emit('fault.cleared', fault);
    http.events.emit('condition.changed', { code: 'redis.away', state: 'raised', vi: 'x', en: 'x' });
    http.events.emit('bulletin.changed', { bulletinId: randomUUID() });
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot', 'broadcast', 'fault', 'fault', 'condition', 'bulletin']);
  });

  it('sends a thousand speaker changes and progress reports as few messages with the newest of each', async () => {
    const { messages } = connect();
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot']);
    const broadcastId = randomUUID();
    for (let i = 1; i <= 1000; i++) {
      http.events.emit('speaker.changed', { state: speaker(`LX-000${i % 3}`, i) });
      http.events.emit('broadcast.progress', { broadcastId, positionMs: i, levelDb: -20 });
      http.events.emit('bulletin.progress', { bulletinId: broadcastId, progress: i / 1000 });
    }
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot', 'speakers', 'bulletin']);
    http.events.emit('broadcast.progress', { broadcastId, positionMs: 7, levelDb: -20 });
    http.events.emit('broadcast.progress', { broadcastId, positionMs: 8, levelDb: -20 });
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot', 'speakers', 'bulletin', 'progress']);
    const speakers = messages.find((message) => message.type === 'speakers');
    expect(speakers?.speakers.map(({ sinceMs }) => sinceMs).sort()).toEqual([1000, 998, 999]);
    expect(messages.at(-1)).toMatchObject({ positionMs: 8 });
  });

  it('ends with the session', async () => {
    const user = await http.accounts.createUser({ username: 'leaver', displayName: 'x', role: 'viewer', language: 'vi' });
    const first = await http.accounts.logIn({ username: 'leaver', password: user.temporaryPassword, ip: '::1', userAgent: undefined });
    expect(await connect({ cookie: `__Host-loaxa=${first.token}` }).ended).toBe('refused 403');
    const signedIn = await http.accounts.authenticate(first.token);
    if (!signedIn) throw new Error('no session');
    await http.accounts.changePassword(signedIn, { currentPassword: user.temporaryPassword, newPassword: 'con trâu đi cày buổi sớm' });
    const connection = connect({ cookie: `__Host-loaxa=${first.token}` });
    await expect.poll(() => typesOf(connection.messages)).toEqual(['snapshot']);
    const loggedOut = await http.app.inject({
      method: 'DELETE',
      url: '/api/session',
      headers: { ...OUR_HEADER, cookie: `__Host-loaxa=${first.token}` },
    });
    expect(loggedOut.statusCode).toBe(204);
    expect(await connection.ended).toBe(LIVE_CLOSE_CODES.sessionEnded);
  });

  it('takes no messages', async () => {
    const { socket, messages, ended } = connect();
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot']);
    socket.send('hello');
    expect(await ended).toBe(LIVE_CLOSE_CODES.unexpectedMessage);
    const big = connect();
    await expect.poll(() => typesOf(big.messages)).toEqual(['snapshot']);
    big.socket.send('x'.repeat(5000));
    expect(await big.ended).toBe(1009);
  });

  /** About 60 kB of a message. */
  const heavy = (clusters = 5000): BroadcastSummary => ({
    ...broadcast(randomUUID()),
    clusterIds: Array.from({ length: clusters }, (_, i) => `ap-01-c${i}`),
  });
  const closeAll = async (): Promise<void> => {
    for (const socket of opened) socket.terminate();
    await expect.poll(() => http.liveFeed.connections()).toBe(0);
  };

  it('writes the snapshot in many turns of the event loop, and once for all who wait for it', async () => {
    await closeAll();
    let turn = 0;
    const turns = new Set<number>();
    let counting = true;
    const count = (): void => {
      turn += 1;
      if (counting) setImmediate(count);
    };
    count();
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    // All the places that plans may name.
    places = Array.from({ length: 200 }, () => {
      const plain = heavy(500);
      return Object.assign({ ...plain }, { toJSON: () => turns.add(turn) && plain });
    });
    reads = 0;
    const pages = Array.from({ length: 10 }, () => connect());
    await expect.poll(() => http.liveFeed.connections()).toBe(10);
    const read = reads;
    open.resolve();
    await expect.poll(() => pages.every(({ messages }) => messages.length > 0), { timeout: 20_000 }).toBe(true);
    counting = false;
    gate = undefined;
    places = [];
    expect(read).toBe(1);
    expect(reads).toBe(2);
    expect(turns.size).toBeGreaterThan(10);
    for (const { messages } of pages) {
      const [first] = messages;
      expect(first?.type === 'snapshot' && first.broadcasts.length).toBe(200);
    }
  });

  it('keeps only so many changes for a page whose snapshot takes long: it gets another one', async () => {
    await closeAll();
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    reads = 0;
    const page = connect();
    await expect.poll(() => reads).toBe(1);
    for (let i = 0; i < 100; i++) {
      http.events.emit('broadcast.changed', { broadcast: heavy() });
      await new Promise((resolve) => setImmediate(resolve));
    }
    open.resolve();
    gate = undefined;
    await expect.poll(() => typesOf(page.messages)).toEqual(['snapshot']);
    expect(reads).toBe(2);
    http.events.emit('broadcast.changed', { broadcast: broadcast(randomUUID()) });
    await expect.poll(() => typesOf(page.messages)).toEqual(['snapshot', 'broadcast']);
  });

  it('keeps only so much for a reader that doesn’t read, which gets a new snapshot when it reads again; no other misses anything', async () => {
    await closeAll();
    const slow = connect();
    const quick = connect();
    await expect.poll(() => typesOf(slow.messages).length + typesOf(quick.messages).length).toBe(2);
    const socket = (slow.socket as unknown as { _socket: Socket })._socket;
    socket.pause();
    const most = 400;
    for (let sent = 1; sent <= most; sent++) {
      http.events.emit('broadcast.changed', { broadcast: heavy() });
      if (sent % 10 === 0) await expect.poll(() => typesOf(quick.messages).length, { timeout: 10_000 }).toBe(1 + sent);
    }
    expect(http.liveFeed.connections()).toBe(2);
    reads = 0;
    socket.resume();
    const snapshots = (): number => typesOf(slow.messages).filter((type) => type === 'snapshot').length;
    await expect.poll(snapshots, { timeout: 10_000 }).toBe(2);
    expect(reads).toBe(1);
    expect(typesOf(slow.messages).length).toBeLessThan(most);
    http.events.emit('broadcast.changed', { broadcast: broadcast(randomUUID()) });
    await expect.poll(() => typesOf(slow.messages).at(-1)).toBe('broadcast');
  });

  it('gives up old snapshots that nobody takes, and cuts off who should have', async () => {
    await closeAll();
    places = Array.from({ length: 40 }, () => ({ ...heavy(), title: 'x'.repeat(500_000) }));
    const slow: ReturnType<typeof connect>[] = [];
    for (let i = 0; i < 5; i++) {
      reads = 0;
      const page = connect();
      page.socket.once('upgrade', (response) => response.socket.pause());
      page.socket.once('open', () => (page.socket as unknown as { _socket: Socket })._socket.pause());
      slow.push(page);
      await expect.poll(() => reads).toBe(1);
    }
    await expect.poll(() => http.liveFeed.connections(), { timeout: 20_000 }).toBeLessThan(5);
    places = [];
    expect(http.liveFeed.connections()).toBeGreaterThan(0);
    for (const { socket } of slow) socket.terminate();
  });

  it('gives one session a bounded number of pages', async () => {
    for (const socket of opened) socket.terminate();
    await expect.poll(() => http.liveFeed.connections()).toBe(0);
    const pages: ReturnType<typeof connect>[] = [];
    for (let i = 0; i < 10; i++) pages.push(connect());
    await expect.poll(() => pages.every(({ messages }) => messages.length > 0)).toBe(true);
    expect(await connect().ended).toBe('refused 429');
  });

  it('gives one person a bounded number of pages, however often they log in', async () => {
    for (const socket of opened) socket.terminate();
    await expect.poll(() => http.liveFeed.connections()).toBe(0);
    const answers: Promise<string | number>[] = [];
    for (let session = 0; session < 4; session++) {
      const person = { username: 'test.viewer', password: 'mot cau de nho cua reweiv' };
      const { token } = await http.accounts.logIn({ ...person, ip: '127.0.0.1', userAgent: 'test' });
      for (let page = 0; page < 10; page++) {
        const { socket, ended } = connect({ cookie: `__Host-loaxa=${token}` });
        answers.push(Promise.race([ended, new Promise<string>((resolve) => socket.once('message', () => resolve('open')))]));
      }
    }
    const outcomes = await Promise.all(answers);
    expect(outcomes.filter((outcome) => outcome === 'open')).toHaveLength(30);
    expect(outcomes.filter((outcome) => outcome === 'refused 429')).toHaveLength(10);
    const announcer = connect({ cookie: await http.cookieOf('announcer') });
    await expect.poll(() => typesOf(announcer.messages)).toEqual(['snapshot']);
  });

  it('says goodbye when the controller stops', async () => {
    large = 10;
    for (const socket of opened) socket.terminate();
    await expect.poll(() => http.liveFeed.connections()).toBe(0);
    const { messages, ended } = connect();
    await expect.poll(() => typesOf(messages)).toEqual(['snapshot']);
    const startMs = performance.now();
    await http.app.close();
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(await ended).toBe(LIVE_CLOSE_CODES.controllerStopping);
    await http.app.close();
  });
});

describe('the live feed’s doorkeeper', () => {
  it('lets one address knock only so often a minute', async () => {
    const http = await startTestHttpApp({ upgradesPerMinute: 3 });
    try {
      const { port } = await http.app.start({ host: '127.0.0.1', port: 0 });
      const knock = (): Promise<number | undefined> =>
        new Promise((resolve) => {
          const socket = new WebSocket(`wss://127.0.0.1:${port}/api/live`, { ca: http.authority.caPem() });
          socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
          socket.on('error', () => undefined);
        });
      expect([await knock(), await knock(), await knock(), await knock()]).toEqual([403, 403, 403, 429]);
    } finally {
      await http.close();
    }
  });
});
