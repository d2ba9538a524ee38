import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type Actor, type AnyRoute, route } from '../http/route.ts';
import { HEALTH_STATES, type Health } from './health.ts';
import type { Metrics } from './metrics.ts';

interface TelemetryRoutesDeps {
  health: Health;
  metrics: Metrics;
  /** Who asks, when signed in: these routes are public and decide themselves what they show. */
  whoIs(request: FastifyRequest): Promise<Actor | undefined>;
  /** Lets Prometheus read /metrics from another machine: `Authorization: Bearer ...`. */
  metricsToken?: string | undefined;
}

const healthState = z.enum(HEALTH_STATES);
const healthAnswer = z.object({
  status: healthState,
  checks: z.record(z.string(), z.object({ state: healthState, detail: z.string().optional(), tookMs: z.number().optional() })),
});

export function telemetryRoutes(deps: TelemetryRoutesDeps): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/health',
      roles: 'public',
      tag: 'system',
      summary: 'Whether the controller works: 200, or 503 when it is down. Details only for the server itself and for signed-in people.',
      response: healthAnswer,
      async handler({ ip, request, reply }) {
        const report = await deps.health.report();
        if (report.status === 'down') reply.code(503);
        reply.header('cache-control', 'no-store');
        if (isLoopback(ip) || (await deps.whoIs(request))) return report;
        return { ...report, checks: Object.fromEntries(Object.entries(report.checks).map(([name, { state }]) => [name, { state }])) };
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
