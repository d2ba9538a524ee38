import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AuditVerification, permissionsOf, type SessionInfo, type UserAccount } from '../../controller/protocol/accounts.ts';
import type { BroadcastSummary } from '../../controller/protocol/broadcasts.ts';
import { LIVE_CLOSE_CODES, type LiveMessage } from '../../controller/protocol/live-feed.ts';
import type { Role } from '../../controller/protocol/roles.ts';
import { type EmergencySettings, FIRST_EMERGENCY_SETTINGS } from '../../controller/protocol/settings.ts';
import { fakeAccountRoutes, fakeUsers } from './fake-account-routes.ts';
import { type FakeCommune, fakeCommune } from './fake-commune.ts';
import { fakeRoutes } from './fake-routes.ts';
import { type FakeSchedules, fakeScheduleRoutes, fakeSchedules } from './fake-schedule-routes.ts';

export interface FakeApi {
  url: string;
  commune: FakeCommune;
  /** Everything the page asked to be changed, in order. */
  commands: { method: string; path: string; body: unknown }[];
  /** Who is signed in; null: nobody. */
  session: SessionInfo | null;
  /** Who is signed in after the next successful log-in. */
  nextSession: SessionInfo;
  /** Paths (prefix) that answer 500, never answer, or do their work and lose the answer. */
  failing: Set<string>;
  hanging: Set<string>;
  losingAnswers: Set<string>;
  /** How the next broadcasts that are started come out, where not on air at once. */
  nextBroadcast: Partial<BroadcastSummary>;
  emergencySettings: EmergencySettings;
  users: UserAccount[];
  schedules: FakeSchedules;
  auditVerification: AuditVerification;
  nowMs(): number;
  send(message: Omit<LiveMessage, 'atMs'> & Record<string, unknown>): void;
  setBroadcast(broadcast: BroadcastSummary): void;
  /** Cuts the live feed and refuses it until `restoreLink`. */
  cutLink(): void;
  restoreLink(): void;
  /** The session ends on the server (expired, logged out elsewhere): the feed is closed for it. */
  endSession(): void;
  close(): Promise<void>;
}

export function fakeSession(role: Role, nowMs: number, mustChangePassword = false): SessionInfo {
  return {
    user: {
      userId: '7b1f0a52-7b0e-4c1c-9a38-4a3f2f1d9f01',
      username: 'hanh',
      displayName: 'Nguyễn Thị Hạnh',
      role,
      language: 'vi',
      mustChangePassword,
      passwordChangedAtMs: nowMs,
      lockedUntilMs: null,
      disabled: false,
      createdAtMs: nowMs,
    },
    permissions: permissionsOf(role),
    mustChangePassword,
    expiresAtMs: nowMs + 8 * 3_600_000,
    idleTimeoutMs: 1_800_000,
  };
}

/** The built console over an API of a few lines, for the states a real server reaches only with effort. Real HTTP, real WebSocket. */
export async function startFakeApi(distDir: string): Promise<FakeApi> {
  const nowMs = (): number => Date.now();
  const sockets = new Set<WebSocket>();
  const unanswered = new Set<Duplex>();
  let linkUp = true;
  const webSockets = new WebSocketServer({ noServer: true });
  const api: FakeApi = {
    url: '',
    commune: fakeCommune(nowMs()),
    commands: [],
    session: fakeSession('administrator', nowMs()),
    nextSession: fakeSession('administrator', nowMs()),
    failing: new Set(),
    hanging: new Set(),
    losingAnswers: new Set(),
    nextBroadcast: {},
    emergencySettings: FIRST_EMERGENCY_SETTINGS,
    users: fakeUsers(nowMs()),
    schedules: fakeSchedules(nowMs()),
    auditVerification: {
      intact: true,
      checkedEntries: 120,
      firstBroken: null,
      acknowledged: [],
      lostEntries: 0,
      headHash: '3f'.repeat(32),
    },
    nowMs,
    send(message) {
      for (const socket of sockets) socket.send(JSON.stringify({ atMs: nowMs(), ...message }));
    },
    setBroadcast(broadcast) {
      api.commune.broadcasts.set(broadcast.broadcastId, broadcast);
      api.send({ type: 'broadcast', broadcast });
    },
    cutLink() {
      linkUp = false;
      for (const socket of sockets) socket.terminate();
    },
    restoreLink() {
      linkUp = true;
    },
    endSession() {
      api.session = null;
      for (const socket of sockets) socket.close(LIVE_CLOSE_CODES.sessionEnded, 'expired');
    },
    async close() {
      clearInterval(tick);
      for (const socket of sockets) socket.terminate();
      for (const socket of unanswered) socket.destroy();
      webSockets.close();
      await app.close();
    },
  };
  const app: FastifyInstance = fastify({ serverFactory: (handler) => createServer(handler), forceCloseConnections: true });
  await app.register(fastifyStatic, { root: distDir, wildcard: false });
  app.setNotFoundHandler((request, reply) =>
    request.url.startsWith('/api/')
      ? reply.code(404).send({ error: { code: 'http.not_found', vi: 'Không có mục này.', en: 'There is no such thing.' } })
      : reply.sendFile('index.html'),
  );
  app.addHook('onRequest', async (_request, reply) => {
    reply.header(
      'content-security-policy',
      "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; object-src 'none'",
    );
  });
  fakeRoutes(app, api);
  fakeAccountRoutes(app, api);
  fakeScheduleRoutes(app, api);
  app.server.on('upgrade', (request, socket, head) => {
    if (api.hanging.has('/api/live')) return void unanswered.add(socket);
    if (!linkUp || request.url !== '/api/live' || !api.session) return socket.destroy();
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.add(webSocket);
      webSocket.on('close', () => sockets.delete(webSocket));
      const { broadcasts, speakers } = api.commune;
      const snapshot = { type: 'snapshot', broadcasts: [...broadcasts.values()], speakers: [...speakers.values()], conditions: [] };
      webSocket.send(JSON.stringify({ atMs: nowMs(), ...snapshot }));
    });
  });
  const tick = setInterval(() => api.send({ type: 'tick' }), 2000);
  await app.listen({ host: '127.0.0.1', port: 0 });
  api.url = `http://localhost:${(app.server.address() as AddressInfo).port}`;
  return api;
}
