import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Actor, type AnyRoute, route } from '../http/route.ts';
import { HEALTH_STATES, type Health, type HealthReport } from './health.ts';
import type { Metrics } from './metrics.ts';

interface TelemetryRoutesDeps {
  health: Health;
  metrics: Metrics;
  /** Who asks, when signed in: these routes are public and decide themselves what they show. */
  whoIs(request: FastifyRequest): Promise<Actor | undefined>;
  /** Lets Prometheus read /metrics from another machine: `Authorization: Bearer ...`. */
  metricsToken?: string | undefined;
}

interface HealthCall {
  ip: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

const healthState = z.enum(HEALTH_STATES);
const healthAnswer = z.object({
  live: z.boolean().describe('process and air work: leave it alone'),
  ready: z.boolean().describe('people can work with it'),
  status: healthState,
  checks: z.record(z.string(), z.object({ state: healthState, detail: z.string().optional(), tookMs: z.number().optional() })),
});

export function telemetryRoutes(deps: TelemetryRoutesDeps): AnyRoute[] {
  async function answer(report: HealthReport, isWell: boolean, { ip, request, reply }: HealthCall): Promise<unknown> {
    if (!isWell) reply.code(503);
    reply.header('cache-control', 'no-store');
    if (isLoopback(ip) || (await isSomebody(request))) return report;
    return { ...report, checks: Object.fromEntries(Object.entries(report.checks).map(([name, { state }]) => [name, { state }])) };
  }

  /** Who asks after the controller's health gets an answer also when nobody can say who it is. */
  const isSomebody = async (request: FastifyRequest): Promise<boolean> => (await deps.whoIs(request).catch(() => undefined)) !== undefined;

  const health = { method: 'GET', roles: 'public', tag: 'system', response: healthAnswer } as const;
  return [
    route({
      ...health,
      path: '/health',
      summary:
        'For a supervisor: 503 when nothing can sound and a new start may help; 200 also while the database is away, for what is on air goes on',
      async handler(call) {
        const report = await deps.health.report();
        return answer(report, report.live, call);
      },
    }),
    route({
      ...health,
      path: '/health/ready',
      summary: 'For a monitor or a balancer: 503 when people can’t work with it, for example while the database is away',
      async handler(call) {
        const report = await deps.health.report();
        return answer(report, report.ready, call);
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      roles: 'public',
      tag: 'system',
      summary: 'Figures for Prometheus: for the server itself, with the configured bearer token, or for an administrator',
      response: 'raw',
      async handler({ ip, request, reply }) {
        const mayRead =
          isLoopback(ip) ||
          isToken(request.headers.authorization, deps.metricsToken) ||
          (await deps.whoIs(request))?.role === 'administrator';
        if (!mayRead) throw metricsRefused();
        return reply
          .header('content-type', deps.metrics.contentType)
          .header('cache-control', 'no-store')
          .send(await deps.metrics.render());
      },
    }),
  ];
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip);
}

function isToken(authorization: string | undefined, token: string | undefined): boolean {
  if (!token || !authorization?.startsWith('Bearer ')) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization.slice('Bearer '.length)), digest(token));
}

function metricsRefused(): AppError {
  return new AppError({
    code: 'telemetry.metrics_refused',
    status: 401,
    words: {
      vi: 'Chỉ máy chủ, Prometheus (với mã truy cập đã cấu hình) hoặc quản trị viên được đọc số liệu.',
      en: 'Only the server itself, Prometheus (with the configured token) or an administrator may read the metrics.',
    },
  });
}
