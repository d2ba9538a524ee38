import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SignedIn } from '../accounts/index.ts';

interface UnderWay {
  request: FastifyRequest;
  reply: FastifyReply;
  tokenHash: string;
}

export interface SessionRequests {
  began(request: FastifyRequest, reply: FastifyReply, signedIn: SignedIn): void;
  /** Ends what still comes in or goes out for this session. A call that is being worked on, such as the log-out itself, gets its answer. */
  sessionEnded(tokenHash: string): void;
}

/** Uploads and downloads are checked when they begin and may take an hour: they end with the session that began them. */
export function watchSessionRequests(app: FastifyInstance): SessionRequests {
  const underWay = new Map<FastifyRequest, UnderWay>();
  app.addHook('onResponse', async (request) => void underWay.delete(request));
  return {
    began: (request, reply, { tokenHash }) => void underWay.set(request, { request, reply, tokenHash }),
    sessionEnded(tokenHash) {
      for (const one of underWay.values()) {
        const { raw } = one.request;
        if (one.tokenHash === tokenHash && (raw.complete === false || one.reply.raw.headersSent)) raw.socket.destroy();
      }
    },
  };
}
