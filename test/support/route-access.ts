import type { HttpApp } from '../../controller/http/index.ts';
import { type AnyRoute, route } from '../../controller/http/route.ts';
import { ROLES, type Role } from '../../controller/protocol/roles.ts';
import { newCaller, OUR_HEADER } from './http-app.ts';

/**
 * The same declarations (method, path, roles) with handlers that only say that they were reached: so every door can be opened by
 * everybody who may, without anything behind it happening.
 */
export function hollow(routes: readonly AnyRoute[]): AnyRoute[] {
  return routes.map((declared) => ({
    ...route({
      method: declared.method,
      path: declared.path,
      roles: declared.roles,
      tag: declared.tag,
      summary: declared.summary,
      response: 'raw',
      multipart: declared.multipart,
      beforePasswordChange: declared.beforePasswordChange,
      handler: ({ reply }) => reply.code(200).send('reached'),
    }),
    // Some decide by a body that isn't sent here.
    audited: 'when-possible',
  }));
}

interface Probe {
  inject: HttpApp['inject'];
  routes: readonly AnyRoute[];
  cookieOf(role: Role): Promise<string>;
  /** Whether those who may are let through too: only with `hollow` routes, since the real ones act. */
  enter: boolean;
}

/**
 * Walks all routes as everybody and returns what differs from the declarations, one sentence each. Refusals are safe to ask of the
 * real app: they come before the handler.
 */
export async function findAccessViolations({ inject, routes, cookieOf, enter }: Probe): Promise<string[]> {
  const violations: string[] = [];
  for (const declared of routes) {
    for (const who of ['anonymous', ...ROLES] as const) {
      const may = declared.roles === 'public' || (who !== 'anonymous' && declared.roles.includes(who));
      if (may && !enter) continue;
      const response = await inject({
        method: declared.method,
        url: declared.path.replace(/:\w+/g, 'a').replace('*', 'a'),
        headers: { ...OUR_HEADER, ...(who === 'anonymous' ? {} : { cookie: await cookieOf(who) }) },
        remoteAddress: newCaller(),
      });
      const expected = may ? 200 : who === 'anonymous' ? 401 : 403;
      if (response.statusCode !== expected || (may && response.body !== 'reached')) {
        violations.push(`${declared.method} ${declared.path} as ${who}: ${response.statusCode} instead of ${expected}`);
      }
    }
  }
  return violations;
}
