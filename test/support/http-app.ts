import { join } from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import {
  type AccountPolicy,
  type Accounts,
  type AuditTrail,
  accountsRoutes,
  createAccounts,
  createAuditTrail,
  SESSION_COOKIE,
} from '../../controller/accounts/index.ts';
import { type Clock, SystemClock } from '../../controller/clock.ts';
import { createEvents, type Events } from '../../controller/events.ts';
import { createHttpApp, createLiveFeed, type HttpApp, type LiveFeed, type LiveSnapshot } from '../../controller/http/index.ts';
import type { AnyRoute } from '../../controller/http/route.ts';
import { CALLER_HEADER, type SessionInfo } from '../../controller/protocol/accounts.ts';
import type { Role } from '../../controller/protocol/roles.ts';
import type { Store } from '../../controller/store/index.ts';
import { createHealth, type Health } from '../../controller/telemetry/health.ts';
import { createMetrics } from '../../controller/telemetry/metrics.ts';
import { telemetryRoutes } from '../../controller/telemetry/routes.ts';
import { type CertificateAuthority, createCertificateAuthority, tlsRoutes } from '../../controller/tls/index.ts';
import { startTestDatabase, type TestDatabase } from './postgres.ts';
import { makeScratchFolder } from './scratch-folder.ts';
import { createTestJournal } from './test-journal.ts';

export const OUR_HEADER = { [CALLER_HEADER]: '1' };
const logger = pino({ level: process.env.LOA_XA_TEST_LOG ?? 'silent' });

export interface TestHttpApp {
  app: HttpApp;
  accounts: Accounts;
  auditTrail: AuditTrail;
  authority: CertificateAuthority;
  database: TestDatabase;
  events: Events;
  health: Health;
  liveFeed: LiveFeed;
  dataDir: string;
  journalFolder: string;
  routes: readonly AnyRoute[];
  /** A signed-in person of this role (made when needed, password already changed); the value for the `cookie` header. */
  cookieOf(role: Role): Promise<string>;
  close(): Promise<void>;
}

interface TestHttpAppOptions {
  clock?: Clock;
  policy?: Partial<AccountPolicy>;
  moreRoutes?: AnyRoute[];
  staticDir?: string;
  callsPerMinute?: number;
  upgradesPerMinute?: number;
  metricsToken?: string;
  snapshot?: () => LiveSnapshot | Promise<LiveSnapshot>;
  /** Of somebody else, who closes it; otherwise the app makes its own. */
  authority?: CertificateAuthority;
  /** Facts of another part of a controller, for the live feed. */
  events?: Events;
  /** The store to work with instead of the database's own, for example over a line that can be cut. */
  storeOver?: (database: TestDatabase) => Promise<Store>;
}

/** Accounts, audit, TLS and HTTP wired together over a real database, as the app does it. */
export async function startTestHttpApp(options: TestHttpAppOptions = {}): Promise<TestHttpApp> {
  const { clock = new SystemClock() } = options;
  const dataDir = makeScratchFolder('http');
  const database = await startTestDatabase();
  const store = (await options.storeOver?.(database)) ?? database.store;
  const events = options.events ?? createEvents((name, error) => logger.error({ name, error }, 'listener failed'));
  const journalFolder = join(dataDir, 'journal');
  const local = createTestJournal(journalFolder);
  const auditTrail = createAuditTrail({ store, local, clock, logger, events });
  const accounts = createAccounts({ store, local, audit: auditTrail, clock, logger, policy: options.policy ?? {} });
  const authority = options.authority ?? createCertificateAuthority({ dataDir, clock: new SystemClock(), logger, communeName: 'Xã Thử' });
  if (authority !== options.authority) await authority.start();
  const metrics = createMetrics({ defaults: false });
  const health = createHealth({ clock });
  health.register('postgres', 'vital', () => store.isHealthy());
  const liveFeed = createLiveFeed({
    events,
    clock,
    logger,
    accounts,
    ...(options.upgradesPerMinute === undefined ? {} : { upgradesPerMinute: options.upgradesPerMinute }),
    snapshot: options.snapshot ?? (() => ({ broadcasts: [], speakers: [], conditions: [] })),
  });
  const whoIs = async (request: { headers: { cookie?: string | undefined } }) =>
    (await accounts.authenticate(request.headers.cookie?.split(`${SESSION_COOKIE}=`)[1]))?.actor;
  const routes = [
    ...accountsRoutes({ accounts, auditTrail }),
    ...telemetryRoutes({ health, metrics, whoIs, metricsToken: options.metricsToken }),
    ...tlsRoutes(authority),
    ...(options.moreRoutes ?? []),
  ];
  const app = createHttpApp({
    tls: authority,
    routes,
    accounts,
    audit: auditTrail,
    clock,
    logger,
    metrics,
    staticDir: options.staticDir ?? join(dataDir, 'no-console'),
    version: '0.0.0-test',
    liveFeed,
    callsPerMinute: options.callsPerMinute ?? 1e9,
  });
  store.start();
  await accounts.start();
  liveFeed.start();
  const cookies = new Map<Role, Promise<string>>();
  return {
    app,
    accounts,
    auditTrail,
    authority,
    database,
    events,
    health,
    liveFeed,
    dataDir,
    journalFolder,
    routes,
    cookieOf(role) {
      let cookie = cookies.get(role);
      if (!cookie) {
        cookie = signIn(accounts, role);
        cookies.set(role, cookie);
      }
      return cookie;
    },
    async close() {
      await liveFeed.close();
      await app.close();
      await accounts.close();
      await auditTrail.close();
      await local.close();
      if (authority !== options.authority) authority.close();
      metrics.close();
      if (store !== database.store) await store.close();
      await database.close();
    },
  };
}

/** A person of this role, signed in past the first change of password: the session's cookie. */
export async function signIn(accounts: Accounts, role: Role): Promise<string> {
  const username = `test.${role}`;
  const { temporaryPassword } = await accounts.createUser({ username, displayName: role, role, language: 'vi' });
  const password = `mot cau de nho cua ${[...role].reverse().join('')}`;
  const from = { ip: '127.0.0.1', userAgent: 'test' };
  const first = await accounts.logIn({ username, password: temporaryPassword, ...from });
  const signedIn = await accounts.authenticate(first.token);
  if (!signedIn) throw new Error('the session that was just opened is gone');
  await accounts.changePassword(signedIn, { currentPassword: temporaryPassword, newPassword: password });
  const { token } = await accounts.logIn({ username, password, ...from });
  return `${SESSION_COOKIE}=${token}`;
}

/** The cookie of a log-in answer, as a browser would send it back. */
export function cookieFrom(response: LightMyRequestResponse): string {
  const header = response.headers['set-cookie'];
  return String(Array.isArray(header) ? header[0] : header).split(';', 1)[0] ?? '';
}

let caller = 0;
/** An address that has not called yet: the rate limits count by address, and are not what most tests are about. */
export function newCaller(): string {
  caller += 1;
  return `10.${(caller >> 16) & 255}.${(caller >> 8) & 255}.${caller & 255}`;
}

/** Logs in over HTTP. */
export async function logIn(
  app: HttpApp,
  username: string,
  password: string,
): Promise<{ cookie: string; info: SessionInfo; status: number }> {
  const payload = { username, password };
  const response = await app.inject({ method: 'POST', url: '/api/session', headers: OUR_HEADER, payload, remoteAddress: newCaller() });
  return { cookie: cookieFrom(response), info: response.json<SessionInfo>(), status: response.statusCode };
}
