import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';

/** What a page sends besides sound is small. */
const WHOLE_WITHIN_MS = 20_000;
/** An upload may take long, and not for ever: this much in this time is 8 kbit/s. */
const UPLOAD_WINDOW_MS = 60_000;
const UPLOAD_WINDOW_BYTES = 60_000;
const CHECK_PERIOD_MS = 2000;

interface Body {
  readonly request: FastifyRequest;
  readonly isUpload: boolean;
  /** Of the request, or of an upload's window. */
  sinceMs: number;
  sinceBytes: number;
}

/**
 * Ends whoever sends a body so slowly that it only holds a connection, and whoever goes on sending after the answer. The server's own
 * limit for whole requests has to let uploads of an hour of sound pass, and is too long for that.
 */
export function watchBodies(app: FastifyInstance, { clock }: { clock: Clock }): void {
  const bodies = new Set<Body>();
  app.addHook('onRequest', async (request) => {
    const { headers, socket } = request.raw;
    if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return;
    const isUpload = request.routeOptions.config.declared?.multipart === true;
    bodies.add({ request, isUpload, sinceMs: clock.monotonicMs(), sinceBytes: socket.bytesRead });
  });
  const timer = clock.every('slow bodies', CHECK_PERIOD_MS, () => {
    for (const body of bodies) {
      const { raw } = body.request;
      if (raw.complete || raw.socket.destroyed) bodies.delete(body);
      else if (isTooSlow(body, raw.socket.bytesRead, clock.monotonicMs())) {
        bodies.delete(body);
        raw.socket.destroy();
      }
    }
  });
  app.addHook('onResponse', async (request) => {
    for (const body of bodies) if (body.request === request) bodies.delete(body);
    const { raw } = request;
    // The answer is out; what still comes is worth nothing, and no place. (A call without a socket, of a test, does not say.)
    if (raw.complete === false) clock.after('unread body', CHECK_PERIOD_MS, () => raw.complete || raw.socket.destroy());
  });
  app.addHook('onClose', async () => timer.cancel());
}

function isTooSlow(body: Body, bytesRead: number, nowMs: number): boolean {
  if (!body.isUpload) return nowMs - body.sinceMs > WHOLE_WITHIN_MS;
  if (nowMs - body.sinceMs < UPLOAD_WINDOW_MS) return false;
  const cameBytes = bytesRead - body.sinceBytes;
  body.sinceMs = nowMs;
  body.sinceBytes = bytesRead;
  return cameBytes < UPLOAD_WINDOW_BYTES;
}
