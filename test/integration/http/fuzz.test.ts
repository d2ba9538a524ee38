import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../../controller/protocol/roles.ts';
import { newCaller, OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const RUNS = 1500;
const SEED = 20261010;

/** Text that a header may carry at all; what it may not, Node's parser refuses before us. */
const headerText = fc.string({
  unit: fc.constantFrom(...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))),
  maxLength: 200,
});
const jsonText = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'null', '[]', '{"__proto__":1}', '"'.repeat(50), '['.repeat(20_000)),
);
const field = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.object({ maxDepth: 2 }),
  fc.array(fc.string()),
);

describe('whatever is sent over HTTP', () => {
  let http: TestHttpApp;
  const cookies: string[] = [''];
  beforeAll(async () => {
    const staticDir = makeScratchFolder('console');
    writeFileSync(join(staticDir, 'index.html'), '<!doctype html>');
    http = await startTestHttpApp({ staticDir });
    for (const role of ROLES) cookies.push(await http.cookieOf(role));
  });
  afterAll(() => http.close());

  const send = async (method: (typeof METHODS)[number], url: string, headers: object, payload?: string | Buffer) => {
    const response = await http.app.inject({
      method,
      url,
      headers: { ...headers },
      remoteAddress: newCaller(),
      ...(payload === undefined ? {} : { payload }),
    });
    expect(response.statusCode, `${method} ${url} ${payload}: ${response.body}`).toBeLessThan(500);
    if (response.statusCode >= 400 && response.body !== '') {
      expect(response.json().error).toMatchObject({ code: expect.any(String), vi: expect.any(String), en: expect.any(String) });
    }
  };

  it('any path, method, header and body: never a failure of ours', async () => {
    const paths = http.routes.map(({ path }) => path);
    const path = fc.oneof(
      fc.constantFrom(...paths),
      fc.webUrl().map((url) => new URL(url).pathname),
      fc.string({ unit: 'binary' }).map((text) => `/api/${encodeURIComponent(text.toWellFormed())}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...METHODS),
        path,
        fc.string().map((text) => encodeURIComponent(text)),
        fc.nat(ROLES.length),
        fc.dictionary(
          fc.constantFrom(
            'content-type',
            'origin',
            'host',
            'accept-encoding',
            'x-forwarded-for',
            'range',
            'if-none-match',
            'sec-fetch-site',
            'authorization',
          ),
          headerText,
        ),
        jsonText,
        async (method, url, query, who, headers, body) => {
          // A logged-out administrator would end the exercise.
          if (method === 'DELETE' && url.startsWith('/api/')) return;
          await send(
            method,
            `${url.replace(/:\w+/g, 'x')}?${query}`,
            { ...OUR_HEADER, host: 'localhost', 'content-type': 'application/json', cookie: cookies[who] ?? '', ...headers },
            body,
          );
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('almost right bodies for every route that takes one', async () => {
    const names = fc.constantFrom(
      'username',
      'password',
      'displayName',
      'role',
      'language',
      'disabled',
      'unlock',
      'currentPassword',
      'newPassword',
      '__proto__',
      'toString',
    );
    const admin = await http.cookieOf('administrator');
    const targets = http.routes.filter(({ method, path }) => method !== 'GET' && method !== 'DELETE' && !path.endsWith('/password'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), fc.dictionary(names, field), async ({ method, path }, body) => {
        await send(
          method,
          path.replace(/:\w+/g, '6f1f1ac2-5a2c-4d1e-9d5a-0123456789ab'),
          { ...OUR_HEADER, cookie: admin, 'content-type': 'application/json' },
          JSON.stringify(body),
        );
      }),
      { numRuns: RUNS, seed: SEED },
    );
    const cookie = fc.string({ unit: fc.constantFrom(...'_-Host=loaxa;, "%A9'), maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(cookie, (text) => send('GET', '/api/session', { cookie: text })),
      { numRuns: 300, seed: SEED },
    );
  });

  it('any query of the audit trail', async () => {
    const admin = await http.cookieOf('administrator');
    const names = fc.constantFrom('beforeId', 'limit', 'actorName', 'action', 'target', 'fromMs', 'toMs');
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double().map(String),
      fc.integer().map(String),
      fc.constantFrom('1e308', '-1', '9007199254740993', '\0', "'; drop table users --"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, value), { maxLength: 4 }), async (pairs) => {
        const query = pairs.map(([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed())}`).join('&');
        await send('GET', `/api/audit?${query}`, { cookie: admin });
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it('leaves the accounts and the trail as they should be', async () => {
    expect((await http.auditTrail.verify()).intact).toBe(true);
    expect(
      (await http.app.inject({ method: 'GET', url: '/api/session', headers: { cookie: await http.cookieOf('administrator') } })).statusCode,
    ).toBe(200);
  });
});
