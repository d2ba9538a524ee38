import { randomUUID } from 'node:crypto';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import fastifyMultipart from '@fastify/multipart';
import fastifyRateLimit from '@fastify/rate-limit';
import { type FastifyInstance, fastify, type InjectOptions, type LightMyRequestResponse, LogController } from 'fastify';
import { type Accounts, sessionToken } from '../accounts/index.ts';
import type { Clock } from '../clock.ts';
import { explainListenError } from '../processes/index.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type ServerCredentials, TLS_PROTOCOL } from '../tls/index.ts';
import type { HttpAudit, SessionReader } from './access.ts';
import { callerOf } from './caller.ts';
import { serveConsole } from './console-files.ts';
import { watchDoor } from './door.ts';
import { replyWithError } from './error-replies.ts';
import { readJsonBodies } from './json-bodies.ts';
import type { LiveFeed } from './live-feed.ts';
import { mountRoutes } from './mount-routes.ts';
import { describeApi } from './openapi.ts';
import type { AnyRoute } from './route.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { watchSessionRequests } from './session-requests.ts';
import { watchBodies } from './slow-bodies.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;
const DEFAULT_CALLS_PER_MINUTE = 1200;
/** A slow sender of headers holds a connection for nothing (slowloris); of bodies, see slow-bodies.ts. */
const HEADERS_TIMEOUT_MS = 15_000;
/** Long enough for an hour of sound over a poor mobile network. */
const REQUEST_TIMEOUT_MS = 1_800_000;
const HANDSHAKE_WITHIN_MS = 10_000;
const CONNECTIONS_CHECK_PERIOD_MS = 5000;
/** A browser holds half a dozen connections, and a live feed for each page. */
const CONNECTIONS = { mostStrangers: 1000, mostOfPlace: 250, mostOfHolder: 64 };
const CLOSE_PATIENCE_MS = 3000;
/** Per part of an upload; a route asks for its own limit when it reads. */
const UPLOAD_LIMITS = { fieldNameSize: 100, fieldSize: 65_536, fields: 20, files: 4, parts: 24, headerPairs: 50, fileSize: 2 ** 31 };

export interface HttpAppOptions {
  tls: {
    serverCredentials(): ServerCredentials;
    onServerCredentials(listener: (credentials: ServerCredentials) => void): () => void;
  };
  routes: readonly AnyRoute[];
  accounts: SessionReader & Pick<Accounts, 'onSessionEnded'>;
  audit: HttpAudit;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** The built console (web-console/dist). */
  staticDir: string;
  version: string;
  liveFeed?: LiveFeed;
  /** Origins besides the server's own, for a development server of the console. */
  allowedOrigins?: readonly string[];
  /** For an address without a limit of its own; tests raise it. */
  callsPerMinute?: number;
}

export interface HttpApp {
  /** @throws AppError `processes.port_in_use` and its kin, with the remedy. */
  start(listen: { host: string; port: number; option?: string }): Promise<{ port: number }>;
  close(): Promise<void>;
  /** A call without a socket, for tests. */
  inject(options: InjectOptions): Promise<LightMyRequestResponse>;
}

/** The HTTPS side: every declared route behind one gate, the console's files, the API's description, the live feed. */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { clock, logger, tls, liveFeed, allowedOrigins = [] } = options;
  let building: Promise<FastifyInstance> | undefined;
  let stopRenewal: (() => void) | undefined;
  let stopWatching: (() => void) | undefined;

  async function build(): Promise<FastifyInstance> {
    const app = fastify({
      https: {
        ...tls.serverCredentials(),
        ...TLS_PROTOCOL,
        handshakeTimeout: HANDSHAKE_WITHIN_MS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        connectionsCheckingInterval: CONNECTIONS_CHECK_PERIOD_MS,
      },
      loggerInstance: logger.child({ part: 'http' }),
      logController: new LogController({ disableRequestLogging: true }),
      genReqId: () => randomUUID(),
      bodyLimit: BODY_LIMIT_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      onProtoPoisoning: 'error',
      onConstructorPoisoning: 'error',
      routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
      frameworkErrors: (error, request, reply) => void replyWithError(error, request, reply),
      forceCloseConnections: 'idle',
      return503OnClosing: true,
    }) as unknown as FastifyInstance;
    app.setErrorHandler(replyWithError);
    readJsonBodies(app);
    await setSecurityHeaders(app);
    measure(app, options.metrics);
    const server = app.server as unknown as Server;
    const door = watchDoor(server, CONNECTIONS);
    app.addHook('onRequest', async (request) => door.spoke(request.raw.socket));
    watchBodies(app, { clock });
    const { accounts, audit } = options;
    await app.register(fastifyRateLimit, {
      max: options.callsPerMinute ?? DEFAULT_CALLS_PER_MINUTE,
      timeWindow: 60_000,
      keyGenerator: (request) => callerOf(request.raw, accounts),
    });
    await app.register(fastifyCookie);
    await app.register(fastifyMultipart, { limits: UPLOAD_LIMITS });
    await describeApi(app, options.version);
    const requests = watchSessionRequests();
    stopWatching = accounts.onSessionEnded((tokenHash) => requests.sessionEnded(tokenHash));
    mountRoutes(app, options.routes, {
      accounts,
      audit,
      allowedOrigins,
      onSignedIn(request, reply, signedIn) {
        door.proved(request.raw.socket, signedIn.actor.userId);
        requests.began(request, reply, signedIn);
      },
    });
    await serveConsole(app, options.staticDir);
    await app.ready();
    if (liveFeed)
      server.on('upgrade', (request, socket, head) => {
        const holder = accounts.holderOf(sessionToken(request.headers));
        if (holder !== undefined) door.proved(request.socket, holder);
        liveFeed.handleUpgrade(request, socket, head);
      });
    stopRenewal = tls.onServerCredentials((credentials) => {
      server.setSecureContext({ ...credentials, ...TLS_PROTOCOL });
      logger.info('the server’s new certificate is in use');
    });
    return app;
  }
  const ready = (): Promise<FastifyInstance> => {
    building ??= build();
    return building;
  };

  return {
    async start({ host, port, option = '--https-port' }) {
      const app = await ready();
      try {
        await app.listen({ host, port });
      } catch (error) {
        throw explainListenError(error, { purpose: { vi: 'trang điều khiển', en: 'the console' }, port, option });
      }
      return { port: (app.server.address() as AddressInfo).port };
    },
    async close() {
      stopWatching?.();
      stopRenewal?.();
      stopRenewal = undefined;
      const app = await building;
      if (!app) return;
      // The server waits for its upgraded connections and can't end them itself.
      await liveFeed?.close();
      const impatience = clock.after('http close', CLOSE_PATIENCE_MS, () => app.server.closeAllConnections());
      try {
        await app.close();
      } finally {
        impatience.cancel();
      }
    },
    inject: async (call) => (await ready()).inject(call),
  };
}

function measure(app: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.histogram({
    name: 'loaxa_http_request_duration_seconds',
    help: 'Time from the request’s arrival to the end of the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
  });
  app.addHook('onResponse', async (request, reply) => {
    // By the declared path: one series a route, however many ids are called.
    const route = request.routeOptions.config.declared?.path ?? 'other';
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
}
