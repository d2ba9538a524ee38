import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressBlock } from '../address-block.ts';
import type { Clock } from '../clock.ts';
import { errorText } from '../errors.ts';
import { type Door, refuseUpgrade, watchDoor } from '../http/index.ts';
import { explainListenError } from '../processes/index.ts';
import type { SpeakerId } from '../protocol/ids.ts';
import { CLOSE_CODES, CONTROL_MAX_MESSAGE_BYTES, CONTROL_PATH, CONTROL_SUBPROTOCOL } from '../protocol/media.ts';
import type { Logger } from '../telemetry/logger.ts';
import { TLS_PROTOCOL } from '../tls/index.ts';
import type { ConnectionAddress, ControlSocket, SpeakerConnection } from './connection.ts';
import { checkDevice } from './device-certificate.ts';
import type { Enrolment, SpeakerTls } from './enrolment.ts';
import { createEnrolmentHandler } from './enrolment-http.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import type { SpeakerMetrics } from './metrics.ts';
import type { ReconnectLimiter } from './reconnect-limiter.ts';
import type { RefusedDevices } from './refused-devices.ts';
import type { SpeakerRegistry } from './registry.ts';

/** Between the limit of the protocol and this a message is answered `too_large`; above, the WebSocket closes with 1009. */
const LARGEST_FRAME_BYTES = 4 * CONTROL_MAX_MESSAGE_BYTES;
const HANDSHAKE_WITHIN_MS = 10_000;
/** A commune of any size may stand behind one carrier's address, and all of it may come back at once. A speaker needs one connection. */
const CONNECTIONS = { mostStrangers: 4096, mostOfPlace: 3072, mostOfHolder: 4 };
/** After a close frame the other side has this long to answer it. */
const CLOSE_WITHIN_MS = 1000;
const RECONNECT_AFTER_MS = 2000;
const PURPOSE = { vi: 'cổng cho loa', en: 'the speakers' };

interface GatewayOptions {
  /** Address to listen on; `::` takes IPv4 as well. */
  host: string;
  /** 0: any free port. */
  port: number;
  tls: SpeakerTls;
  clock: Clock;
  logger: Logger;
  metrics: SpeakerMetrics;
  registry: SpeakerRegistry;
  enrolment: Enrolment;
  failures: FailureLimiter;
  reconnects: ReconnectLimiter;
  refused: RefusedDevices;
  /** Begins the conversation with an authenticated speaker. */
  converse(speakerId: SpeakerId, socket: ControlSocket, address: ConnectionAddress): SpeakerConnection;
}

/** The speaker port: TLS, enrolment over HTTPS, and the control channel over WebSocket with a client certificate. */
export class SpeakerGateway {
  readonly #options: GatewayOptions;
  readonly #connections = new Set<SpeakerConnection>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #webSockets: WebSocketServer | undefined;
  #door: Door | undefined;
  #endCredentials: (() => void) | undefined;
  #closing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Port that it listens on, after start(). */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** @throws AppError `processes.port_in_use` and its kin, with the remedy. */
  async start(): Promise<void> {
    const { tls, host, port, logger, metrics } = this.#options;
    const context = () => ({ ...tls.serverCredentials(), ca: tls.caPem(), ...TLS_PROTOCOL });
    const handle = createEnrolmentHandler(this.#options);
    const server = createServer(
      {
        ...context(),
        requestCert: true,
        // Enrolment comes without a certificate; the upgrade checks it.
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_WITHIN_MS,
        headersTimeout: HANDSHAKE_WITHIN_MS,
        requestTimeout: 2 * HANDSHAKE_WITHIN_MS,
        keepAliveTimeout: HANDSHAKE_WITHIN_MS,
        maxHeaderSize: 8192,
        // Carrier NAT forgets idle connections without a word; the system finds out.
        keepAlive: true,
        keepAliveInitialDelay: 60_000,
        noDelay: true,
      },
      (request, response) => void handle(request, response),
    );
    server.maxHeadersCount = 50;
    this.#door = watchDoor(server, CONNECTIONS);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: LARGEST_FRAME_BYTES,
      handleProtocols: (offered) => (offered.has(CONTROL_SUBPROTOCOL) ? CONTROL_SUBPROTOCOL : false),
    });
    this.#webSockets.on('wsClientError', (_error, socket) => {
      metrics.handshakeRefused('bad_websocket');
      // Whoever listens has to answer: ws leaves it open for ever otherwise.
      refuseUpgrade(socket, 400, this.#options.clock);
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('tlsClientError', () => metrics.handshakeRefused('tls'));
    server.on('clientError', (_error, socket) => {
      metrics.handshakeRefused('bad_http');
      socket.destroy();
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(explainListenError(error, { purpose: PURPOSE, port, option: '--speaker-port' })));
      server.listen({ host, port, backlog: 1024 }, () => {
        server.removeAllListeners('error');
        server.on('error', (error) => logger.error({ error: errorText(error) }, 'speaker port'));
        resolve();
      });
    });
    this.#endCredentials = tls.onServerCredentials(() => server.setSecureContext(context()));
    logger.info({ host, port: this.port }, 'speaker port open');
  }

  /** Tells the speakers to come back a little later, spread out, and ends every connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#endCredentials?.();
    const server = this.#server;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    let order = 0;
    for (const connection of this.#connections) {
      order += 1;
      const reconnectAfterMs = RECONNECT_AFTER_MS + 10 * order;
      connection.send({ type: 'goodbye', reason: 'the controller is stopping', reconnectAfterMs });
      connection.close(CLOSE_CODES.controllerStopping, 'controller_stopping');
    }
    const impatience = this.#options.clock.after('speaker port close', CLOSE_WITHIN_MS, () => this.#destroySockets());
    server.closeIdleConnections();
    if (this.#connections.size === 0) this.#destroySockets();
    await closed;
    impatience.cancel();
    this.#webSockets?.close();
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { metrics, clock } = this.#options;
    const path = request.url?.split('?', 1)[0];
    if (this.#closing) {
      refuseUpgrade(socket, 503, clock);
      return;
    }
    if (path !== CONTROL_PATH) {
      metrics.handshakeRefused('path');
      refuseUpgrade(socket, 404, clock);
      return;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(CONTROL_SUBPROTOCOL)) {
      metrics.handshakeRefused('subprotocol');
      refuseUpgrade(socket, 400, clock);
      return;
    }
    const ip = request.socket.remoteAddress ?? 'unknown';
    if (this.#options.failures.isBlocked(addressBlock(ip), clock.monotonicMs()) && !this.#check(request).ok) {
      metrics.handshakeRefused('blocked');
      refuseUpgrade(socket, 429, clock);
      return;
    }
    this.#webSockets?.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request, ip));
  }

  #check(request: IncomingMessage) {
    const { registry, clock } = this.#options;
    return checkDevice(request.socket as TLSSocket, (sha256) => registry.withCertificate(sha256), clock.nowMs());
  }

  #turnAway(webSocket: WebSocket, code: number, why: string): void {
    webSocket.on('error', () => webSocket.terminate());
    webSocket.close(code, why);
    this.#options.clock.after('turned away', CLOSE_WITHIN_MS, () => webSocket.terminate());
  }

  /** The reason for turning a device away travels in the close code, where firmware can read it. */
  #accept(webSocket: WebSocket, request: IncomingMessage, ip: string): void {
    const { clock, metrics, logger, failures, reconnects, refused, converse } = this.#options;
    const check = this.#check(request);
    if (!check.ok) {
      metrics.handshakeRefused(check.why);
      failures.failed(addressBlock(ip), clock.monotonicMs());
      logger.warn({ ip, why: check.why }, 'a device was turned away');
      refused.record({ ip, why: check.why, speakerId: check.speakerId, certificateSha256: check.certificateSha256 });
      this.#turnAway(webSocket, check.why === 'revoked' ? CLOSE_CODES.revoked : CLOSE_CODES.notEnrolled, check.why);
      return;
    }
    if (!reconnects.mayCome(check.record.roster.speakerId, clock.monotonicMs())) {
      metrics.handshakeRefused('too_often');
      this.#turnAway(webSocket, CLOSE_CODES.tooManyErrors, 'too_often');
      return;
    }
    this.#door?.proved(request.socket, check.record.roster.speakerId);
    const connection = converse(check.record.roster.speakerId, controlSocket(webSocket, clock), {
      ip,
      reachedAt: request.socket.localAddress,
    });
    this.#connections.add(connection);
    webSocket.on('message', (data, isBinary) => connection.receive(data as Buffer, isBinary));
    webSocket.on('pong', (data) => connection.pong(data.toString('latin1')));
    webSocket.on('error', (error) => logger.debug({ speakerId: connection.speakerId, error: errorText(error) }, 'control channel'));
    webSocket.on('close', (code) => {
      this.#connections.delete(connection);
      connection.socketClosed(code);
    });
  }
}

function controlSocket(webSocket: WebSocket, clock: Clock): ControlSocket {
  return {
    get bufferedAmount() {
      return webSocket.bufferedAmount;
    },
    send: (text) => webSocket.send(text),
    ping: (payload) => webSocket.ping(payload),
    close(code, reason) {
      webSocket.close(code, reason);
      const impatience = clock.after('speaker close', CLOSE_WITHIN_MS, () => webSocket.terminate());
      webSocket.once('close', () => impatience.cancel());
    },
    terminate: () => webSocket.terminate(),
  };
}
