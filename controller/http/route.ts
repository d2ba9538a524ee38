import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Role } from '../protocol/roles.ts';

/** Who is asking: a signed-in person. */
export interface Actor {
  userId: string;
  username: string;
  displayName: string;
  role: Role;
}

type Schema = z.ZodType;
type Parsed<S> = S extends Schema ? z.output<S> : undefined;

export type Audited = 'always' | 'when-possible' | 'by-handler';

export interface RouteCall<Params, Query, Body, Who> {
  actor: Who;
  ip: string;
  params: Params;
  query: Query;
  body: Body;
  /** For streams (uploads, downloads). */
  request: FastifyRequest;
  reply: FastifyReply;
}

export interface RouteDefinition<P, Q, B, R> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Fastify path, for example `/api/bulletins/:bulletinId`. */
  path: string;
  /** Who may. 'public' only for log-in, health and the page itself; every other route names its roles. */
  roles: readonly Role[] | 'public';
  tag: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  /** Documented and serialised; 'raw' when the handler streams through `reply`. */
  response: R | 'raw';
  /** 200 unless said. */
  status?: 200 | 201 | 202 | 204;
  /** Multipart upload: the body is not parsed; read `request.parts()`. */
  multipart?: boolean;
  bodyLimitBytes?: number;
  /** Calls a minute and address; the app's default when absent. */
  rateLimitPerMinute?: number;
  /** Written to the audit trail when the call succeeded (mutations without it are audited by method and path). */
  audit?: string;
  /** What the entry is about; the called path when absent. Never from a secret. */
  auditTarget?(call: { params: Parsed<P>; query: Parsed<Q>; body: Parsed<B> }): string;
  /**
   * What was changed, in words that are still understood when the thing itself is gone: names, not only ids. `result` is the handler's.
   * Never a secret.
   */
  auditDetail?(call: { params: Parsed<P>; query: Parsed<Q>; body: Parsed<B>; result: Parsed<R> }): Record<string, unknown>;
  /**
   * 'always' (when absent): the call is refused while the audit trail can't be written. 'when-possible': for what must work without
   * a database (stopping, emergencies), the entry waits. 'by-handler': the handler writes its own entries. A function decides by the call.
   */
  audited?: Audited | ((call: { params: Parsed<P>; query: Parsed<Q>; body: Parsed<B> }) => Audited);
  /** Allowed to a person who must change the password first. */
  beforePasswordChange?: boolean;
  handler(call: RouteCall<Parsed<P>, Parsed<Q>, Parsed<B>, Actor>): Promise<unknown> | unknown;
}

/** A route with its types worn off, as the app collects them. */
export interface AnyRoute {
  method: RouteDefinition<undefined, undefined, undefined, Schema>['method'];
  path: string;
  roles: readonly Role[] | 'public';
  tag: string;
  summary: string;
  params: Schema | undefined;
  query: Schema | undefined;
  body: Schema | undefined;
  response: Schema | 'raw';
  status: 200 | 201 | 202 | 204;
  multipart: boolean;
  bodyLimitBytes: number | undefined;
  rateLimitPerMinute: number | undefined;
  audit: string | undefined;
  auditTarget: ((call: { params: unknown; query: unknown; body: unknown }) => string) | undefined;
  auditDetail: ((call: { params: unknown; query: unknown; body: unknown; result: unknown }) => Record<string, unknown>) | undefined;
  audited: Audited | ((call: { params: unknown; query: unknown; body: unknown }) => Audited);
  beforePasswordChange: boolean;
  handler(call: RouteCall<unknown, unknown, unknown, Actor>): Promise<unknown> | unknown;
}

/**
 * Declares one route. A slice exports `xRoutes(slice): AnyRoute[]`; http/ mounts them with validation, roles, rate limit, audit and OpenAPI.
 * On a public route `call.actor` must not be touched: it is a placeholder with role viewer and an empty userId.
 */
export function route<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  R extends Schema = Schema,
>(definition: RouteDefinition<P, Q, B, R>): AnyRoute {
  return {
    method: definition.method,
    path: definition.path,
    roles: definition.roles,
    tag: definition.tag,
    summary: definition.summary,
    params: definition.params,
    query: definition.query,
    body: definition.body,
    response: definition.response,
    status: definition.status ?? 200,
    multipart: definition.multipart ?? false,
    bodyLimitBytes: definition.bodyLimitBytes,
    rateLimitPerMinute: definition.rateLimitPerMinute,
    audit: definition.audit,
    auditTarget: definition.auditTarget as AnyRoute['auditTarget'],
    auditDetail: definition.auditDetail as AnyRoute['auditDetail'],
    audited: (definition.audited ?? 'always') as AnyRoute['audited'],
    beforePasswordChange: definition.beforePasswordChange ?? false,
    handler: definition.handler as AnyRoute['handler'],
  };
}
