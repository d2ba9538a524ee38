import { z } from 'zod';
import { type AnyRoute, route } from '../http/route.ts';
import {
  broadcastList,
  broadcastListQuery,
  broadcastLogEntry,
  broadcastParams,
  broadcastPreview,
  broadcastSummary,
  clusterOutcome,
  previewBroadcast,
  startBroadcast,
  stopBroadcast,
} from '../protocol/broadcasts.ts';
import { EVERYONE_SIGNED_IN, ON_AIR_ROLES } from '../protocol/roles.ts';
import type { Broadcasts } from './broadcasts.ts';

const TAG = 'broadcasts';
/** A storm of clicks still fits; a runaway script doesn't. */
const STARTS_PER_MINUTE = 120;

export function broadcastRoutes(broadcasts: Broadcasts): AnyRoute[] {
  return [
    route({
      method: 'POST',
      path: '/api/broadcasts/preview',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'What would sound where, when, how loud and how long, and what it would replace',
      body: previewBroadcast,
      response: broadcastPreview,
      audit: 'broadcast.previewed',
      // The sentence is part of the way to an emergency, which must not wait for a database.
      audited: ({ body }) => (body.class === 'emergency' ? 'when-possible' : 'always'),
      handler: ({ body, actor }) => broadcasts.preview(body, actor),
    }),
    route({
      method: 'POST',
      path: '/api/broadcasts',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Put something on the air, now or at an instant; the same id again answers the same broadcast',
      body: startBroadcast,
      response: broadcastSummary,
      status: 201,
      rateLimitPerMinute: STARTS_PER_MINUTE,
      audit: 'broadcast.requested',
      // An emergency must not wait for a database.
      audited: ({ body }) => (body.class === 'emergency' ? 'when-possible' : 'always'),
      handler: ({ body, actor }) => broadcasts.begin(body, { origin: 'console', actor }),
    }),
    route({
      method: 'GET',
      path: '/api/broadcasts',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'What is planned or on the air, or what is over, newest first',
      query: broadcastListQuery,
      response: broadcastList,
      handler: ({ query }) => {
        if (query.view === 'active') return { broadcasts: broadcasts.active(), nextBefore: null };
        return broadcasts.history({ limit: query.limit, before: query.before });
      },
    }),
    route({
      method: 'GET',
      path: '/api/broadcasts/:broadcastId',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'One broadcast',
      params: broadcastParams,
      response: broadcastSummary,
      handler: ({ params }) => broadcasts.get(params.broadcastId),
    }),
    route({
      method: 'POST',
      path: '/api/broadcasts/:broadcastId/stop',
      roles: ON_AIR_ROLES,
      tag: TAG,
      summary: 'Silence it at once and for good',
      params: broadcastParams,
      body: stopBroadcast,
      response: broadcastSummary,
      rateLimitPerMinute: STARTS_PER_MINUTE,
      audit: 'broadcast.stopped',
      // Silence must not wait for a database.
      audited: 'when-possible',
      handler: ({ params, body, actor }) => broadcasts.stop(params.broadcastId, actor, body.reason),
    }),
    route({
      method: 'GET',
      path: '/api/broadcasts/:broadcastId/outcomes',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'What became of it on each cluster, from the speakers’ own receipts',
      params: broadcastParams,
      response: z.object({ outcomes: z.array(clusterOutcome) }),
      handler: async ({ params }) => ({ outcomes: await broadcasts.outcomes(params.broadcastId) }),
    }),
    route({
      method: 'GET',
      path: '/api/broadcasts/:broadcastId/log',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'Everything that happened to it, in order',
      params: broadcastParams,
      response: z.object({ entries: z.array(broadcastLogEntry) }),
      handler: async ({ params }) => ({ entries: await broadcasts.log(params.broadcastId) }),
    }),
    route({
      method: 'GET',
      path: '/api/broadcasts/:broadcastId/audio',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'The copy of what was aired (Ogg Opus)',
      params: broadcastParams,
      response: 'raw',
      handler: async ({ params, reply }) => {
        const copy = await broadcasts.airedCopy(params.broadcastId);
        return reply.header('content-type', 'audio/ogg').header('content-length', copy.sizeBytes).send(copy.stream);
      },
    }),
  ];
}
