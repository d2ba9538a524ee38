import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SessionRequests, watchSessionRequests } from '../../../controller/http/session-requests.ts';

describe('what is under way for a session', () => {
  let app: FastifyInstance;
  let requests: SessionRequests;
  /** In an object: a reply that is given as it is would be waited for. */
  let begun: PromiseWithResolvers<{ reply: FastifyReply }>;
  let mayAnswer: PromiseWithResolvers<void>;
  let url: string;

  beforeEach(async () => {
    app = fastify();
    requests = watchSessionRequests();
    begun = Promise.withResolvers();
    mayAnswer = Promise.withResolvers();
    app.get('/', async (request, reply) => {
      requests.began(request, reply, { tokenHash: 'session' });
      begun.resolve({ reply });
      await mayAnswer.promise;
      return 'done';
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`;
  });
  afterEach(async () => {
    mayAnswer.resolve();
    await app.close();
  });

  it('is forgotten once it is answered', async () => {
    mayAnswer.resolve();
    await (await fetch(url)).text();
    await expect.poll(() => requests.underWay()).toBe(0);
  });

  it('is forgotten when the caller goes away in the middle, also before it was asked who it is', async () => {
    const call = get(url).on('error', () => undefined);
    const { reply } = await begun.promise;
    expect(requests.underWay()).toBe(1);
    call.destroy();
    await once(reply.raw, 'close');
    expect(requests.underWay()).toBe(0);
    requests.began(reply.request, reply, { tokenHash: 'session' });
    expect(requests.underWay()).toBe(0);
  });
});
