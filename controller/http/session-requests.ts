import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SignedIn } from '../accounts/index.ts';

interface UnderWay {
  request: FastifyRequest;
  reply: FastifyReply;
  tokenHash: string;
}

export interface SessionRequests {
  began(request: FastifyRequest, reply: FastifyReply, signedIn: Pick<SignedIn, 'tokenHash'>): void;
  /** Ends what still comes in or goes out for this session. A call that is being worked on, such as the log-out itself, gets its answer. */
  sessionEnded(tokenHash: string): void;
  underWay(): number;
}

/** Uploads and downloads are checked when they begin and may take an hour: they end with the session that began them. */
export function watchSessionRequests(): SessionRequests {
  const underWay = new Set<UnderWay>();
  return {
    began(request, reply, { tokenHash }) {
      // The caller went away while it was asked who it is.
      if (reply.raw.closed) return;
      const one = { request, reply, tokenHash };
      underWay.add(one);
      // Not by the framework's hook, which hears of whole answers only: whoever goes away in the middle would be remembered for ever.
      reply.raw.once('close', () => underWay.delete(one));
    },
    sessionEnded(tokenHash) {
      for (const one of underWay) {
        const { raw } = one.request;
        if (one.tokenHash === tokenHash && (raw.complete === false || one.reply.raw.headersSent)) raw.socket.destroy();
      }
    },
    underWay: () => underWay.size,
  };
}
