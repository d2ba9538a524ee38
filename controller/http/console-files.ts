import '@fastify/rate-limit';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from './error-replies.ts';
import { pathOf } from './path-of.ts';

/** Vite puts a hash of the content into these names: what has been fetched once never changes. */
const HASHED = /\/assets\/[^/]+-[\w-]{8,}\.\w+(\.(br|gz))?$/;
const MONTH_S = 2_592_000;
const SERVER_PATHS = /^\/(api|health|metrics|speaker|ca\.crt)(\/|$)/;

/** Serves the built console; any address that is no file and not the API's is the console's own (it finds its page by itself). */
export async function serveConsole(app: FastifyInstance, staticDir: string): Promise<void> {
  const isBuilt = existsSync(join(staticDir, 'index.html'));
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: staticDir,
      // One address for each file that is there: nothing else on the disk has one.
      wildcard: false,
      globIgnore: ['**/*.br', '**/*.gz'],
      preCompressed: true,
      dotfiles: 'deny',
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header('cache-control', HASHED.test(path) ? `public, max-age=${MONTH_S * 12}, immutable` : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request);
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && !SERVER_PATHS.test(path) && !/\.\w{1,5}$/.test(path);
    if (!isPage) throw notFound();
    if (!isBuilt) {
      return reply
        .code(503)
        .type('text/plain; charset=utf-8')
        .send('Bảng điều khiển chưa được dựng: npm run setup\nThe console has not been built: npm run setup\n');
    }
    return reply.sendFile('index.html');
  });
}
