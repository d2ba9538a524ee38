import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type SessionEndReason, type SignedIn, sessionToken } from '../accounts/index.ts';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../errors.ts';
import type { Events } from '../events.ts';
import { LIVE_CLOSE_CODES, LIVE_PATH, type LiveMessage } from '../protocol/live-feed.ts';
import { ON_AIR_ROLES } from '../protocol/roles.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SessionReader } from './access.ts';
import { createCallCounter } from './call-counter.ts';
import { callerOf } from './caller.ts';
import { createLiveChanges } from './live-changes.ts';
import { LiveConnection } from './live-connection.ts';
import { LiveDelivery } from './live-delivery.ts';
import { type LiveSnapshot, LiveSnapshots } from './live-snapshots.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { isSameOrigin } from './same-site.ts';

const TICK_MS = 5000;
const GOODBYE_MS = 1000;
const PING_EVERY_TICKS = 6;
/** The page has nothing to say; ws refuses more than this by itself. */
const MAX_INCOMING_BYTES = 1024;
const MOST_CONNECTIONS = 500;
const MOST_PER_SESSION = 10;
const MOST_PER_PERSON = 30;
/** Those who only look leave this much to those who speak. */
const KEPT_FOR_AIR = 100;
/** A page that lost its feed tries again with growing pauses; an office of many pages may share one address. */
const UPGRADES_PER_MINUTE = 240;
/** Of snapshots that slow pages have not taken yet. Above it the oldest are given up, and their pages come again. */
const MOST_SNAPSHOT_BYTES = 64 * 1024 * 1024;

export interface LiveFeed {
  start(): void;
  /** Says goodbye, waits a second at most for the answers, and cuts. */
  close(): Promise<void>;
  /** For the server's 'upgrade' event. Any other path is refused. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  connections(): number;
}

export interface LiveFeedOptions {
  events: Events;
  snapshot(): LiveSnapshot | Promise<LiveSnapshot>;
  clock: Clock;
  logger: Logger;
  accounts: SessionReader & { onSessionEnded(listener: (tokenHash: string, reason: SessionEndReason) => void): () => void };
  allowedOrigins?: readonly string[];
  /** Of one person, or from one place; tests change it. */
  upgradesPerMinute?: number;
}

/**
 * The console's live feed (protocol/live-feed.ts): a snapshot, then changes, to every signed-in page. All that is made for it and all that is sent
 * takes turns of the event loop, and what a page has not taken yet is bounded.
 */
export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  const { clock, logger, accounts } = options;
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_INCOMING_BYTES, perMessageDeflate: false, clientTracking: false });
  const open = new Set<LiveConnection>();
  const snapshots = new LiveSnapshots({ read: options.snapshot, nowMs: () => clock.nowMs() });
  const delivery = new LiveDelivery({ connections: open, onBehind: (connection) => void bringUpToDate(connection) });
  const changes = createLiveChanges({ events: options.events, clock, send: sendToAll });
  const upgrades = createCallCounter({ clock, perMinute: options.upgradesPerMinute ?? UPGRADES_PER_MINUTE });
  let tick: Timer | undefined;
  let ticks = 0;
  let onEmpty: (() => void) | undefined;
  let stopWatching: (() => void) | undefined;

  function sendToAll(message: LiveMessage, how: { optional: boolean }): void {
    if (open.size > 0) delivery.tell(message, how);
  }

  function onTick(): void {
    sendToAll({ type: 'tick', atMs: clock.nowMs() }, { optional: true });
    ticks += 1;
    if (ticks % PING_EVERY_TICKS === 0) for (const connection of open) connection.ping();
  }

  async function admit(request: IncomingMessage): Promise<SignedIn | number> {
    // The framework's limit doesn't see upgrades, and what follows asks the database.
    if (!upgrades.take(callerOf(request, accounts))) return 429;
    if ((request.url ?? '').split('?', 1)[0] !== LIVE_PATH) return 404;
    if (!tick) return 503;
    if (!isSameOrigin(request.headers, options.allowedOrigins)) return 403;
    // A page connects by itself, again and again: that somebody sits before it is shown by other calls.
    const signedIn = await accounts.authenticate(sessionToken(request.headers), { background: true });
    if (!signedIn) return 401;
    if (signedIn.mustChangePassword) return 403;
    return hasRoom(signedIn) ? signedIn : 429;
  }

  function hasRoom({ actor, tokenHash }: SignedIn): boolean {
    const all = [...open];
    const ofSession = all.filter((connection) => connection.tokenHash === tokenHash).length;
    const ofPerson = all.filter(({ userId }) => userId === actor.userId).length;
    const most = ON_AIR_ROLES.includes(actor.role) ? MOST_CONNECTIONS : MOST_CONNECTIONS - KEPT_FOR_AIR;
    return all.length < most && ofSession < MOST_PER_SESSION && ofPerson < MOST_PER_PERSON;
  }

  async function welcome(socket: WebSocket, whose: SignedIn): Promise<void> {
    const connection = new LiveConnection(socket, whose, (awake) => delivery.wake(awake));
    socket.on('error', (error) => logger.debug({ error: errorText(error) }, 'a live connection broke'));
    socket.on('close', () => {
      open.delete(connection);
      if (open.size === 0) onEmpty?.();
    });
    socket.on('message', () => connection.close(LIVE_CLOSE_CODES.unexpectedMessage, 'the feed takes no messages'));
    open.add(connection);
    await bringUpToDate(connection);
  }

  async function bringUpToDate(connection: LiveConnection): Promise<void> {
    connection.collect();
    try {
      connection.begin(await snapshots.take());
      giveUpOldSnapshots();
    } catch (error) {
      logger.error({ error: errorText(error) }, 'no snapshot for the live feed');
      connection.close(LIVE_CLOSE_CODES.internal, 'no snapshot');
    }
  }

  function giveUpOldSnapshots(): void {
    const inHand = [...new Set([...open].flatMap((connection) => connection.snapshotInHand ?? []))].sort((a, b) => a.number - b.number);
    let bytes = inHand.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
    for (const snapshot of inHand) {
      if (bytes <= MOST_SNAPSHOT_BYTES) return;
      for (const connection of open) if (connection.snapshotInHand === snapshot) connection.cutOff();
      bytes -= snapshot.bytes;
    }
  }

  return {
    start() {
      changes.start();
      tick ??= clock.every('live feed tick', TICK_MS, onTick);
      stopWatching ??= accounts.onSessionEnded((tokenHash, reason) => {
        for (const connection of open) {
          if (connection.tokenHash === tokenHash) connection.close(LIVE_CLOSE_CODES.sessionEnded, reason);
        }
      });
    },
    async close() {
      tick?.cancel();
      tick = undefined;
      stopWatching?.();
      stopWatching = undefined;
      changes.close();
      if (open.size === 0) return;
      for (const connection of open) connection.close(LIVE_CLOSE_CODES.controllerStopping, 'the controller is stopping');
      await new Promise<void>((resolve) => {
        const impatience = clock.after('live feed close', GOODBYE_MS, resolve);
        onEmpty = () => {
          impatience.cancel();
          resolve();
        };
      });
      for (const connection of open) connection.terminate();
    },
    handleUpgrade(request, socket, head) {
      const onSocketError = (error: Error): void => logger.debug({ error: error.message }, 'a connection broke before it was live');
      socket.on('error', onSocketError);
      admit(request)
        .catch((error: unknown) => {
          logger.warn({ error: errorText(error) }, 'a live connection could not be checked');
          return 503;
        })
        .then((outcome) => {
          if (typeof outcome === 'number') return refuseUpgrade(socket, outcome, clock);
          socket.off('error', onSocketError);
          server.handleUpgrade(request, socket, head, (webSocket) => void welcome(webSocket, outcome));
        });
    },
    connections: () => open.size,
  };
}
