import { z } from 'zod';
import { type AnyRoute, route } from '../http/route.ts';
import { clusterId, hamletId } from '../protocol/ids.ts';
import {
  addedPlaces,
  addPlaces,
  cluster,
  clusterChanges,
  hamlet,
  hamletChanges,
  hamletOrder,
  newCluster,
  newHamlet,
} from '../protocol/inventory.ts';
import { EVERYONE_SIGNED_IN, type Role } from '../protocol/roles.ts';
import { breathe } from '../turns.ts';
import type { Inventory } from './inventory.ts';

const MAY_CHANGE_PLACES: readonly Role[] = ['administrator', 'technician'];
const TAG = 'inventory';

/** The audit lines are written by the inventory itself, with what was changed. */
export function inventoryRoutes(inventory: Inventory): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/hamlets',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'Hamlets in order of position',
      response: z.object({ hamlets: z.array(hamlet) }),
      handler: () => ({ hamlets: inventory.hamlets() }),
    }),
    route({
      method: 'POST',
      path: '/api/hamlets',
      audited: 'by-handler',
      roles: MAY_CHANGE_PLACES,
      tag: TAG,
      summary: 'Add a hamlet',
      body: newHamlet,
      response: hamlet,
      status: 201,
      handler: ({ body, actor, ip }) => inventory.createHamlet(body, { ...actor, ip }),
    }),
    route({
      method: 'PATCH',
      path: '/api/hamlets/:hamletId',
      audited: 'by-handler',
      roles: MAY_CHANGE_PLACES,
      tag: TAG,
      summary: 'Change a hamlet',
      params: z.object({ hamletId }),
      body: hamletChanges,
      response: hamlet,
      handler: ({ params, body, actor, ip }) => inventory.updateHamlet(params.hamletId, body, { ...actor, ip }),
    }),
    route({
      method: 'PUT',
      path: '/api/hamlets/order',
      audited: 'by-handler',
      roles: MAY_CHANGE_PLACES,
      tag: TAG,
      summary: 'Put the hamlets in another order',
      body: hamletOrder,
      response: z.object({ hamlets: z.array(hamlet) }),
      handler: async ({ body, actor, ip }) => ({ hamlets: await inventory.orderHamlets(body.hamletIds, { ...actor, ip }) }),
    }),
    route({
      method: 'POST',
      path: '/api/places',
      audited: 'by-handler',
      roles: MAY_CHANGE_PLACES,
      tag: TAG,
      summary: 'Add the places of a table that are missing: all or none; or tell what would be added',
      body: addPlaces,
      response: addedPlaces,
      async handler({ body, actor, ip }) {
        // Reading a table of a thousand rows was a turn's work, and looking for them among five thousand places is another.
        await breathe();
        return body.preview ? inventory.previewPlaces(body.rows) : inventory.addPlaces(body.rows, { ...actor, ip });
      },
    }),
    route({
      method: 'GET',
      path: '/api/clusters',
      roles: EVERYONE_SIGNED_IN,
      tag: TAG,
      summary: 'Clusters (IP and FM) in order of hamlet',
      response: z.object({ clusters: z.array(cluster) }),
      handler: () => ({ clusters: inventory.clusters() }),
    }),
    route({
      method: 'POST',
      path: '/api/clusters',
      audited: 'by-handler',
      roles: MAY_CHANGE_PLACES,
      tag: TAG,
      summary: 'Add a cluster',
      body: newCluster,
      response: cluster,
      status: 201,
      handler: ({ body, actor, ip }) => inventory.createCluster(body, { ...actor, ip }),
    }),
    route({
      method: 'PATCH',
      path: '/api/clusters/:clusterId',
      audited: 'by-handler',
      roles: MAY_CHANGE_PLACES,
      tag: TAG,
      summary: 'Change a cluster',
      params: z.object({ clusterId }),
      body: clusterChanges,
      response: cluster,
      handler: ({ params, body, actor, ip }) => inventory.updateCluster(params.clusterId, body, { ...actor, ip }),
    }),
  ];
}
