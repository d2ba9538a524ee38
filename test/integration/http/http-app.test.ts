import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../controller/errors.ts';
import { type AnyRoute, route } from '../../../controller/http/route.ts';
import { EVERYONE_SIGNED_IN } from '../../../controller/protocol/roles.ts';
import { newCaller, OUR_HEADER, startTestHttpApp, type TestHttpApp } from '../../support/http-app.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const body = z.object({
  name: z.string().min(3),
  count: z.number().int().max(5),
  kind: z.enum(['a', 'b']),
  inner: z.object({ list: z.array(z.boolean()) }),
});
const common = { tag: 'test', summary: 'test', roles: EVERYONE_SIGNED_IN } as const;
const MORE: AnyRoute[] = [
  route({ ...common, method: 'POST', path: '/api/echo', body, response: body, handler: ({ body }) => body }),
  route({
    ...common,
    method: 'POST',
    path: '/api/small',
    body: z.unknown(),
    response: z.object({}),
    bodyLimitBytes: 100,
    handler: () => ({}),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/api/defect',
    response: z.object({}),
    handler: () => {
      throw new Error('secret internals at /root/x.ts');
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/api/refusal',
    response: 'raw',
    audit: 'thing.refused',
    handler: ({ reply }) => {
      reply.header('content-type', 'audio/ogg').header('content-disposition', 'attachment').header('content-length', 5);
      throw new AppError({ code: 'thing.busy', status: 409, words: { vi: 'Đang bận.', en: 'Busy.' }, details: { until: 7 } });
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/api/wrong-answer',
    response: z.object({ n: z.number() }),
    handler: () => ({ n: 'text', leaked: 'x' }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/api/more-than-declared',
    response: z.object({ n: z.number() }),
    handler: () => ({ n: 1, leaked: 'x' }),
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/api/things/:thing',
    params: z.object({ thing: z.string().max(5) }),
    response: z.void(),
    status: 204,
    handler: () => undefined,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/api/stream',
    response: 'raw',
    handler: ({ reply }) => reply.type('text/plain').send(Readable.from(['one ', 'two'])),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/api/upload',
    response: z.object({ sizeBytes: z.number(), name: z.string() }),
    multipart: true,
    bodyLimitBytes: 10_000,
    async handler({ request }) {
      const file = await request.file({ limits: { fileSize: 5000 } });
      return { sizeBytes: (await file?.toBuffer())?.length ?? -1, name: file?.filename ?? '' };
    },
  }),
  route({ ...common, method: 'GET', path: '/api/rare', response: z.object({}), rateLimitPerMinute: 2, handler: () => ({}) }),
];

describe('the HTTPS app', () => {
  let http: TestHttpApp;
  let cookie: string;
  let port: number;
  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, more: object = {}) =>
    http.app.inject({
      method,
      url,
      headers: { ...OUR_HEADER, cookie, ...(more as { headers?: object }).headers },
      remoteAddress: newCaller(),
      ...dropHeaders(more),
    });
  const dropHeaders = ({ headers: _headers, ...rest }: { headers?: object }) => rest;

  /** Without a client that tidies the path. */
  const rawGet = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = tlsConnect({ port, host: '127.0.0.1', ca: http.authority.caPem(), servername: 'localhost' }, () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      });
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text)).on('error', reject);
    });

  beforeAll(async () => {
    const staticDir = join(makeScratchFolder('console'), 'dist');
    mkdirSync(join(staticDir, 'assets'), { recursive: true });
    writeFileSync(join(staticDir, 'index.html'), '<!doctype html><title>Loa Xã</title>');
    const script = 'console.log("loa")'.repeat(50);
    writeFileSync(join(staticDir, 'assets', 'main-B4kX92_a.js'), script);
    writeFileSync(join(staticDir, 'assets', 'main-B4kX92_a.js.br'), brotliCompressSync(script));
    http = await startTestHttpApp({ moreRoutes: MORE, staticDir });
    cookie = await http.cookieOf('technician');
    ({ port } = await http.app.start({ host: '127.0.0.1', port: 0 }));
  });
  afterAll(() => http.close());

  it('names what is wrong with a body by path, in two languages', async () => {
    const response = await call('POST', '/api/echo', { payload: { name: 'x', count: 9.5, kind: 'c', inner: { list: [true, 1] } } });
    expect(response.statusCode).toBe(422);
    const { error } = response.json();
    expect(error.code).toBe('http.invalid_request');
    const paths = error.details.issues.map(({ path }: { path: string }) => path);
    expect(new Set(paths)).toEqual(new Set(['name', 'count', 'kind', 'inner.list[1]']));
    expect(error.vi).toContain('name: cần ít nhất 3 ký tự');
    expect(error.en).toContain('kind: must be one of: a, b');
    expect((await call('POST', '/api/echo', { payload: {} })).json().error.en).toContain('name: is missing');
    expect((await call('DELETE', '/api/things/toolong')).statusCode).toBe(400);
  });

  it('refuses text that the database can’t hold, wherever it stands', async () => {
    for (const bad of ['lo\0a', 'loa\ud800', '\udc00loa']) {
      const payload = { name: bad, count: 1, kind: 'a', inner: { list: [] } };
      const response = await call('POST', '/api/echo', {
        payload: JSON.stringify(payload),
        headers: { 'content-type': 'application/json' },
      });
      expect(response.statusCode).toBe(422);
      expect(response.json().error.details.issues[0].path).toBe('name');
      expect(response.json().error.vi).toContain('ký tự không hợp lệ');
    }
    expect((await call('DELETE', '/api/things/a%00b')).statusCode).toBe(400);
  });

  it('answers 204 without a body, also to a client that declares JSON and sends none', async () => {
    const response = await call('DELETE', '/api/things/a', { headers: { 'content-type': 'application/json' } });
    expect([response.statusCode, response.body]).toEqual([204, '']);
  });

  it.each([
    ['broken JSON', '{"a":', 400, 'http.malformed'],
    ['a prototype in disguise', '{"__proto__":{"isAdmin":true}}', 400, 'http.malformed'],
    ['a constructor in disguise', '{"constructor":{"prototype":{}}}', 400, 'http.malformed'],
    ['more than the route takes', JSON.stringify('x'.repeat(200)), 413, 'http.too_large'],
  ])('refuses %s', async (_what, payload, status, code) => {
    const response = await call('POST', '/api/small', { payload, headers: { 'content-type': 'application/json' } });
    expect([response.statusCode, response.json().error.code]).toEqual([status, code]);
  });

  it('refuses a type of content that nobody reads', async () => {
    const response = await call('POST', '/api/small', { payload: '<a/>', headers: { 'content-type': 'application/xml' } });
    expect([response.statusCode, response.json().error.code]).toEqual([415, 'http.wrong_type']);
  });

  it('says nothing of its inside when it fails, but gives the id that stands in the log', async () => {
    for (const url of ['/api/defect', '/api/wrong-answer']) {
      const response = await call('GET', url);
      expect([response.statusCode, response.json().error.code]).toEqual([500, 'http.defect']);
      expect(response.json().error.requestId).toBe(response.headers['x-request-id']);
      expect(response.body).not.toMatch(/secret|root|leaked/);
    }
  });

  it('sends no more than a route declares', async () => {
    expect((await call('GET', '/api/more-than-declared')).json()).toEqual({ n: 1 });
  });

  it('answers an error for persons as JSON even when a file was about to be sent, and audits it', async () => {
    const response = await call('POST', '/api/refusal');
    expect(response.statusCode).toBe(409);
    expect(response.headers['content-type']).toContain('application/json');
    expect(response.headers['content-disposition']).toBeUndefined();
    expect(response.json().error).toEqual({ code: 'thing.busy', vi: 'Đang bận.', en: 'Busy.', details: { until: 7 } });
    const newest = async () => (await http.auditTrail.find({ limit: 1, action: 'thing.refused' })).entries[0];
    await expect
      .poll(newest)
      .toMatchObject({ actorName: 'test.technician', target: '/api/refusal', ip: expect.stringMatching(/^10\./), detail: { status: 409 } });
  });

  it('audits every change that succeeded', async () => {
    await call('DELETE', '/api/things/b');
    const { entries } = await http.auditTrail.find({ limit: 1, target: '/api/things/b' });
    expect(entries[0]).toMatchObject({ action: 'DELETE /api/things/:thing', detail: { status: 204 } });
    expect((await http.auditTrail.verify()).intact).toBe(true);
  });

  it('streams', async () => {
    expect((await call('GET', '/api/stream')).body).toBe('one two');
  });

  it('takes uploads up to the route’s limit', async () => {
    const form = (size: number) => {
      const boundary = 'xxBOUNDARYxx';
      const payload = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="../../b%C3%A0n tin.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n${'x'.repeat(size)}\r\n--${boundary}--\r\n`;
      return { payload, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
    };
    expect((await call('POST', '/api/upload', form(4000))).json().sizeBytes).toBe(4000);
    expect((await call('POST', '/api/upload', form(6000))).statusCode).toBe(413);
    expect((await call('POST', '/api/upload', form(20_000))).statusCode).toBe(413);
    expect((await call('POST', '/api/upload', { payload: {} })).json().error.code).toBe('http.wrong_type');
  });

  it('limits calls by person and route, wherever they sit, and says so', async () => {
    const codes: number[] = [];
    for (let i = 0; i < 3; i++) codes.push((await call('GET', '/api/rare')).statusCode);
    expect(codes).toEqual([200, 200, 429]);
    const refused = await call('GET', '/api/rare');
    expect(refused.json().error.code).toBe('http.too_many');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const other = await http.cookieOf('viewer');
    expect((await call('GET', '/api/rare', { headers: { cookie: other } })).statusCode).toBe(200);
  });

  it('limits strangers by address, all of one IPv6 network together', async () => {
    const ask = (remoteAddress: string) => http.app.inject({ method: 'GET', url: '/api/rare', remoteAddress });
    const codes: number[] = [];
    for (const host of ['1', '2:3', 'ffff']) codes.push((await ask(`2001:db8:7:7::${host}`)).statusCode);
    expect(codes).toEqual([401, 401, 429]);
    expect((await ask('2001:db8:7:8::1')).statusCode).toBe(401);
  });

  it('serves the console at every address that is not the API’s', async () => {
    for (const url of ['/', '/speakers', '/on-air/ap-03?x=1']) {
      const page = await call('GET', url);
      expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'no-cache']);
      expect(page.body).toContain('<title>Loa Xã</title>');
    }
    for (const url of ['/api/none', '/api', '/missing.js', '/health/x', '/.env']) {
      const missing = await call('GET', url);
      expect([url, missing.statusCode, missing.json().error?.code]).toEqual([url, 404, 'http.not_found']);
    }
    expect((await call('POST', '/speakers')).statusCode).toBe(404);
    for (const path of [
      '/assets/../../index.html',
      '/../../../../etc/passwd',
      '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/assets/..%2f..%2f..%2fetc/passwd',
      '//etc/passwd',
    ]) {
      expect(await rawGet(path)).not.toContain('root:');
    }
  });

  it('lets hashed files be kept for ever, compressed beforehand', async () => {
    const file = await call('GET', '/assets/main-B4kX92_a.js', { headers: { 'accept-encoding': 'br' } });
    expect(file.headers['content-encoding']).toBe('br');
    expect(file.headers['cache-control']).toContain('immutable');
    expect((await call('GET', '/assets/main-B4kX92_a.js')).headers['content-encoding']).toBeUndefined();
  });

  it('tells browsers to run nothing but its own files and to keep the microphone for it', async () => {
    for (const url of ['/', '/api/session', '/api/docs/', '/api/none']) {
      const { headers } = await call('GET', url);
      expect(headers['content-security-policy']).toContain("script-src 'self';");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['permissions-policy']).toContain('microphone=(self)');
    }
    expect((await call('GET', '/api/session')).headers['cache-control']).toBe('no-store');
    expect((await call('GET', '/')).headers['strict-transport-security']).toBeUndefined();
    expect((await call('GET', '/', { headers: { host: 'loa.example' } })).headers['strict-transport-security']).toContain('max-age');
  });

  it('describes every route, with who may call it, and shows it with local files only', async () => {
    const document = (await call('GET', '/api/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    const header = { name: 'x-loa-xa', in: 'header', required: true };
    expect(document.paths['/api/session'].post.parameters).toContainEqual(expect.objectContaining(header));
    expect(document.paths['/api/session'].get.parameters ?? []).not.toContainEqual(expect.objectContaining(header));
    for (const { method, path, roles } of http.routes) {
      const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      expect([path, operation?.['x-roles']]).toEqual([path, roles]);
    }
    expect(document.paths['/api/users'].post.requestBody.content['application/json'].schema.properties.role.enum).toContain('viewer');
    expect(JSON.stringify(document)).not.toContain('undefined');
    const page = await call('GET', '/api/docs/');
    expect(page.statusCode).toBe(200);
    const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      expect(source).not.toMatch(/^(https?:)?\/\//);
      expect((await call('GET', new URL(source, 'https://localhost/api/docs/').pathname)).statusCode).toBe(200);
    }
    expect(page.body).not.toMatch(/<script>[^<]/);
  });

  it('offers its certificate authority for import, and is verified with it', async () => {
    const answer = await call('GET', '/ca.crt');
    expect(answer.headers['content-type']).toBe('application/x-x509-ca-cert');
    expect(answer.headers['x-sha256']).toBe(http.authority.caSha256());
    const status = await new Promise((resolve, reject) => {
      httpsRequest({ host: '127.0.0.1', port, path: '/health', ca: answer.body, servername: 'localhost' }, (response) =>
        resolve(response.statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it('speaks nothing older than TLS 1.2, and nothing without TLS', async () => {
    const version = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const minVersion = maxVersion === 'TLSv1.1' ? 'TLSv1' : 'TLSv1.2';
        const socket = tlsConnect(
          {
            port,
            host: '127.0.0.1',
            ca: http.authority.caPem(),
            servername: 'localhost',
            minVersion,
            maxVersion,
            ciphers: 'DEFAULT@SECLEVEL=0',
          },
          () => {
            resolve(socket.getProtocol() ?? '');
            socket.destroy();
          },
        );
        socket.on('error', () => resolve('refused'));
      });
    expect([await version('TLSv1.3'), await version('TLSv1.2'), await version('TLSv1.1')]).toEqual(['TLSv1.3', 'TLSv1.2', 'refused']);
  });

  it('speaks TLS 1.2 with authenticated encryption only', async () => {
    const withSuite = (ciphers: string) =>
      new Promise<string>((resolve) => {
        const socket = tlsConnect(
          { port, host: '127.0.0.1', ca: http.authority.caPem(), servername: 'localhost', maxVersion: 'TLSv1.2', ciphers },
          () => {
            resolve(socket.getCipher().name);
            socket.destroy();
          },
        );
        socket.on('error', () => resolve('refused'));
      });
    expect(await withSuite('ECDHE-ECDSA-AES128-GCM-SHA256')).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
    for (const suite of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0'])
      expect(await withSuite(suite), suite).toBe('refused');
  });

  it('says in words that its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = (other.address() as { port: number }).port;
    const second = await startTestHttpApp();
    await expect(second.app.start({ host: '127.0.0.1', port: taken })).rejects.toMatchObject({
      code: 'processes.port_in_use',
      details: { port: taken },
    });
    await second.close();
    other.close();
  });
});
