import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { SESSION_COOKIE } from '../accounts/index.ts';
import { CALLER_HEADER, CALLER_HEADER_VALUE, errorBody } from '../protocol/accounts.ts';
import { changesSomething } from './access.ts';
import type { AnyRoute } from './route.ts';

type JsonSchema = Record<string, unknown>;

/** See same-site.ts: without it the call is refused. */
const CALLER_HEADERS: JsonSchema = {
  type: 'object',
  properties: { [CALLER_HEADER]: { type: 'string', enum: [CALLER_HEADER_VALUE], description: 'Proof that no other site’s page calls' } },
  required: [CALLER_HEADER],
};

/** The API's own description at /api/openapi.json and, to read and to try, at /api/docs. To be registered before the routes. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Loa Xã',
        version,
        description:
          'Controller of a commune’s IP loudspeakers. Log in with POST /api/session; every call that changes something carries the header `x-loa-xa: 1`. The live feed is a WebSocket at /api/live.',
      },
      components: {
        securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE } },
        schemas: { Error: toJsonSchema(errorBody, 'output') },
      },
    },
    transform: ({ schema, url, route }) => {
      const { declared } = (route.config ?? {}) as { declared?: AnyRoute };
      return declared ? { schema: operation(declared) as never, url } : { schema: { ...schema, hide: true } as never, url };
    },
  });
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(fastifySwaggerUi, { routePrefix: '/api/docs', uiConfig: { docExpansion: 'none', withCredentials: true } });
}

/** One route as OpenAPI wants it; who may call it stands in words and, for programs, as `x-roles`. */
export function operation(route: AnyRoute): JsonSchema {
  const who = route.roles === 'public' ? 'Anybody.' : `Roles: ${route.roles.join(', ')}.`;
  return {
    tags: [route.tag],
    summary: route.summary,
    description: who,
    'x-roles': route.roles,
    security: route.roles === 'public' ? [] : [{ session: [] }],
    ...(changesSomething(route) ? { headers: CALLER_HEADERS } : {}),
    ...(route.params ? { params: toJsonSchema(route.params, 'input') } : {}),
    ...(route.query ? { querystring: toJsonSchema(route.query, 'input') } : {}),
    ...bodyOf(route),
    response: {
      [route.status]: answerOf(route),
      default: { description: 'Refused or failed, in words', $ref: '#/components/schemas/Error' },
    },
  };
}

function bodyOf(route: AnyRoute): JsonSchema {
  if (route.multipart) {
    const fields = route.body ? toJsonSchema(route.body, 'input') : { type: 'object' };
    const properties = { ...(fields.properties as JsonSchema | undefined), file: { type: 'string', format: 'binary' } };
    const required = [...((fields.required as string[] | undefined) ?? []), 'file'];
    return { consumes: ['multipart/form-data'], body: { ...fields, properties, required } };
  }
  return route.body ? { body: toJsonSchema(route.body, 'input') } : {};
}

function answerOf(route: AnyRoute): JsonSchema {
  if (route.status === 204) return { type: 'null', description: 'Done' };
  if (route.response === 'raw') return { description: 'A file or stream', type: 'string', format: 'binary' };
  return { description: 'Done', ...toJsonSchema(route.response, 'output') };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest as JsonSchema;
}
