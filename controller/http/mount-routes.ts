import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { type AuditEntry, recordDone } from '../accounts/index.ts';
import { AppError } from '../errors.ts';
import { type AccessDeps, auditedHow, NOBODY, requireAccess } from './access.ts';
import { encodeInTurns, inTurns, isHeavy } from './encode-in-turns.ts';
import { pathOf } from './path-of.ts';
import type { AnyRoute } from './route.ts';
import { validatorCompiler } from './validation.ts';

/** Hangs every declared route into the app, each behind the same gate: rate, access, size, validation, audit. */
export function mountRoutes(app: FastifyInstance, routes: readonly AnyRoute[], deps: AccessDeps): void {
  app.setValidatorCompiler(validatorCompiler as never);
  app.setSerializerCompiler(serializerCompiler as never);
  app.decorateRequest('signedIn', null);
  for (const route of routes) mountRoute(app, route, deps);
}

function mountRoute(app: FastifyInstance, route: AnyRoute, deps: AccessDeps): void {
  const { params, query, body } = route;
  app.route({
    method: route.method,
    url: route.path,
    schema: {
      ...(params ? { params } : {}),
      ...(query ? { querystring: query } : {}),
      ...(body && !route.multipart ? { body } : {}),
      ...(route.response === 'raw' || route.status === 204 ? {} : { response: { [route.status]: route.response } }),
    },
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    config: {
      declared: route,
      ...(route.rateLimitPerMinute === undefined ? {} : { rateLimit: { max: route.rateLimitPerMinute, timeWindow: 60_000 } }),
    },
    // Before the body is read, after the rate limit (an onRequest hook): a stranger can make us neither parse nor ask the database at will.
    preParsing: async (request, reply) => {
      await requireAccess(route, request, deps);
      if (request.signedIn) deps.onSignedIn?.(request, reply, request.signedIn);
      refuseTooLarge(route, request);
    },
    preHandler: async (request) => {
      // Nothing may be changed that nobody could trace.
      if (auditedHow(route, request) === 'always') await deps.audit.requireAvailable();
    },
    handler: (request, reply) => answer(route, request, reply, deps),
  });
}

/** The framework bounds bodies that it parses itself; an upload it only counts when the length is declared, and so here. */
function refuseTooLarge(route: AnyRoute, request: FastifyRequest): void {
  if (!route.multipart || route.bodyLimitBytes === undefined) return;
  if (Number(request.headers['content-length'] ?? 0) > route.bodyLimitBytes) {
    throw Object.assign(new Error('the upload is larger than this route takes'), { statusCode: 413 });
  }
}

async function answer(route: AnyRoute, request: FastifyRequest, reply: FastifyReply, deps: AccessDeps): Promise<unknown> {
  const { params, query, body, ip } = request;
  const actor = request.signedIn?.actor ?? NOBODY;
  reply.code(route.status);
  let result: unknown;
  try {
    result = route.handler({ actor, ip, params, query, body, request, reply });
    // A reply can be awaited too (until the last byte is out): a stream's change is recorded when it begins, not when it ends.
    if (result !== reply) result = await result;
  } catch (error) {
    await recordFailure(route, request, error, deps);
    throw error;
  }
  await recordSuccess(route, request, { status: reply.statusCode, result }, deps);
  const isUnderway = reply.sent || reply.raw.headersSent || result === reply;
  // What a call without a body gives is for the audit trail alone.
  if (isUnderway) return result;
  if (route.status === 204) return reply.send(null);
  return route.response !== 'raw' && isHeavy(result) ? sendInTurns(route.response, reply, result) : reply.send(result);
}

async function sendInTurns(schema: z.ZodType, reply: FastifyReply, result: unknown): Promise<unknown> {
  const pieces = await encodeInTurns(schema, result);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  reply.header('content-type', 'application/json; charset=utf-8').header('content-length', bytes);
  return reply.send(Readable.from(inTurns(pieces)));
}

function entryOf(route: AnyRoute, request: FastifyRequest, detail: Record<string, unknown>): AuditEntry {
  const actor = request.signedIn?.actor;
  const { params, query, body } = request;
  return {
    actorId: actor?.userId ?? null,
    actorName: actor?.username ?? 'anonymous',
    action: route.audit ?? `${route.method} ${route.path}`,
    target: route.auditTarget?.({ params, query, body }) ?? pathOf(request),
    ip: request.ip,
    detail,
  };
}

async function recordSuccess(
  route: AnyRoute,
  request: FastifyRequest,
  { status, result }: { status: number; result: unknown },
  deps: AccessDeps,
): Promise<void> {
  const how = auditedHow(route, request);
  if (how === undefined || how === 'by-handler') return;
  const entry = entryOf(route, request, { status, ...safeDetail(route, request, result) });
  if (how === 'when-possible') await deps.audit.record(entry, { whenPossible: true, keep: true });
  else await recordDone(deps.audit, entry, (error) => request.log.error({ err: error }, 'an audit entry waits for the store'));
}

/** What a route says about the change. That it can't say it must not undo what has happened. */
function safeDetail(route: AnyRoute, request: FastifyRequest, result: unknown): Record<string, unknown> {
  const { params, query, body } = request;
  try {
    return route.auditDetail?.({ params, query, body, result }) ?? {};
  } catch (error) {
    request.log.error({ err: error }, 'an audit entry lacks its detail');
    return {};
  }
}

async function recordFailure(route: AnyRoute, request: FastifyRequest, error: unknown, deps: AccessDeps): Promise<void> {
  const how = auditedHow(route, request);
  if (how === undefined || how === 'by-handler') return;
  const failure = error instanceof AppError ? { status: error.status, code: error.code } : { status: 500 };
  await deps.audit.record(entryOf(route, request, failure), { whenPossible: true });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route as its slice declared it, for OpenAPI and metrics. */
    declared?: AnyRoute;
  }
}
