import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Accounts } from '../accounts/index.ts';
import { AppError } from '../errors.ts';
import { type Actor, type AnyRoute, route } from '../http/route.ts';
import {
  connectMicrophone,
  microphoneParams,
  type OpenMicrophoneResponse,
  openMicrophoneResponse,
  produceMicrophone,
  produceMicrophoneResponse,
} from '../protocol/microphone.ts';
import { ON_AIR_ROLES } from '../protocol/roles.ts';
import type { Distributor } from './distributor.ts';

const nothing = z.object({ ok: z.literal(true) });

export interface MicrophoneRouteDeps {
  distributor: Distributor;
  accounts: Pick<Accounts, 'onSessionEnded'>;
}

/**
 * A browser's way to a microphone: open, connect, produce. What it says is heard only once a broadcast takes it on air. It ends with the
 * session that opened it, however that ends: nobody speaks on who may not any more.
 */
export function microphoneRoutes({ distributor, accounts }: MicrophoneRouteDeps): AnyRoute[] {
  /** By microphone: the session that opened it. */
  const openedBy = new Map<string, string>();
  const opening = new Set<string>();
  accounts.onSessionEnded((tokenHash) => {
    for (const [microphoneId, opener] of openedBy) {
      if (opener !== tokenHash) continue;
      openedBy.delete(microphoneId);
      distributor.closeMicrophone(microphoneId);
    }
  });
  async function open(actor: Actor, tokenHash: string): Promise<OpenMicrophoneResponse> {
    for (const microphoneId of openedBy.keys()) {
      // It has ended by itself.
      if (!opening.has(microphoneId) && distributor.microphoneOwner(microphoneId) === undefined) openedBy.delete(microphoneId);
    }
    const microphoneId = randomUUID();
    openedBy.set(microphoneId, tokenHash);
    opening.add(microphoneId);
    try {
      const opened = await distributor.openMicrophone(microphoneId, actor.userId);
      if (openedBy.has(microphoneId)) return opened;
      // The session ended meanwhile.
      distributor.closeMicrophone(microphoneId);
      throw notYours();
    } catch (error) {
      openedBy.delete(microphoneId);
      throw error;
    } finally {
      opening.delete(microphoneId);
    }
  }
  const requireOwner = (microphoneId: string, actor: Actor): void => {
    if (distributor.microphoneOwner(microphoneId) !== actor.userId) throw notYours();
  };

  // Somebody may be about to speak an emergency, which must not wait for a database.
  const own = { roles: ON_AIR_ROLES, tag: 'microphone', audited: 'when-possible' } as const;

  return [
    route({
      ...own,
      method: 'POST',
      path: '/api/microphones',
      summary: 'Opens a way for a browser microphone; nothing sounds yet',
      response: openMicrophoneResponse,
      status: 201,
      handler: ({ actor, request }) => open(actor, request.signedIn?.tokenHash ?? ''),
    }),
    route({
      ...own,
      method: 'POST',
      path: '/api/microphones/:microphoneId/connect',
      summary: 'DTLS parameters of the browser',
      params: microphoneParams,
      body: connectMicrophone,
      response: nothing,
      async handler({ actor, params, body }) {
        requireOwner(params.microphoneId, actor);
        await distributor.connectMicrophone(params.microphoneId, body.dtlsParameters);
        return { ok: true };
      },
    }),
    route({
      ...own,
      method: 'POST',
      path: '/api/microphones/:microphoneId/produce',
      summary: 'RTP parameters of the browser’s Opus stream',
      params: microphoneParams,
      body: produceMicrophone,
      response: produceMicrophoneResponse,
      async handler({ actor, params, body }) {
        requireOwner(params.microphoneId, actor);
        return { producerId: await distributor.produceMicrophone(params.microphoneId, body.rtpParameters) };
      },
    }),
    route({
      ...own,
      method: 'DELETE',
      path: '/api/microphones/:microphoneId',
      summary: 'Closes it; a broadcast that uses it ends',
      params: microphoneParams,
      response: nothing,
      handler({ actor, params }) {
        // One that has ended by itself is as closed as it should be.
        if (distributor.microphoneOwner(params.microphoneId) !== undefined) requireOwner(params.microphoneId, actor);
        distributor.closeMicrophone(params.microphoneId);
        return { ok: true };
      },
    }),
  ];
}

function notYours(): AppError {
  return new AppError({
    code: 'microphone.unknown',
    status: 404,
    words: {
      vi: 'Micro này không còn mở hoặc do người khác mở. Hãy mở micro lại từ trang Nói trực tiếp.',
      en: 'This microphone is not open any more, or somebody else opened it. Open it again from the live page.',
    },
  });
}
