import { createServer as createHttpServer, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../controller/clock.ts';
import { type GuardedProxy, startGuardedProxy } from '../../../controller/media/relay/guarded-proxy.ts';
import { createAddressRule } from '../../../controller/media/relay/public-address.ts';
import { stationAlias } from '../../../controller/media/relay/station-alias.ts';
import { withoutSecrets } from '../../../controller/protocol/relay-address.ts';
import { createCertificateAuthority } from '../../../controller/tls/index.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';

const clock = new SystemClock();
const logger = pino({ level: 'silent' });

describe('addresses that may be relayed', () => {
  it.each(['8.8.8.8', '113.160.0.1', '2405:4800::1', '::ffff:8.8.8.8'])('%s may', (address) => {
    expect(createAddressRule([])(address)).toBe(true);
  });

  it.each([
    ...[
      '127.0.0.1',
      '10.1.2.3',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...['::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '2001:db8::1', '2002:7f00:1::', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
    ...['localhost', '', '127.1', '0x7f000001'],
  ])('%s may not', (address) => {
    expect(createAddressRule([])(address)).toBe(false);
  });

  it('a private network may when the configuration says so, and only that one', () => {
    const isAllowed = createAddressRule(['192.168.7.0/24', 'fd00:7::/64']);
    expect(['192.168.7.9', '::ffff:192.168.7.9', 'fd00:7::9', '192.168.8.9', '10.0.0.1'].map(isAllowed)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the guarded proxy', () => {
  const closing: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const listening = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as AddressInfo).port;
  };
  const proxyFor = async (networks: string[]): Promise<GuardedProxy> => {
    const proxy = await startGuardedProxy(createAddressRule(networks));
    closing.push(() => proxy.close());
    return proxy;
  };
  /** What comes back of a raw request to the proxy. */
  const ask = (proxy: GuardedProxy, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (bytes) => {
        answer += bytes.toString('latin1');
        if (answer.includes('echo')) socket.end();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  it('tunnels to an allowed address and nowhere else', async () => {
    const port = await listening(createServer((socket) => socket.on('data', (bytes) => socket.end(bytes))));
    const open = await proxyFor(['127.0.0.0/8']);
    expect(await ask(open, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\necho`)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\necho$/s);
    const shut = await proxyFor([]);
    expect(await ask(shut, `CONNECT localhost:${port} HTTP/1.1\r\n\r\necho`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(open, 'CONNECT 127.0.0.1:25 HTTP/1.1\r\n\r\necho')).toMatch(/^HTTP\/1\.1 403 /);
    expect([open.refused, shut.refused]).toEqual([['127.0.0.1:25'], [`localhost:${port}`]]);
  });

  it('fetches from an allowed address and nowhere else, without telling who asks for whom', async () => {
    const headers: unknown[] = [];
    const port = await listening(
      createHttpServer((incoming, response) => {
        headers.push(incoming.headers['proxy-authorization'], incoming.headers.host);
        response.end('sound');
      }),
    );
    const get = (proxy: GuardedProxy, url: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const asking = request(
          { host: '127.0.0.1', port: new URL(proxy.url).port, path: url, headers: { 'proxy-authorization': 'x' } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        asking.on('error', reject).end();
      });
    const proxy = await proxyFor(['127.0.0.0/8']);
    expect(await get(proxy, `http://127.0.0.1:${port}/live`)).toBe(200);
    expect(headers).toEqual([undefined, `127.0.0.1:${port}`]);
    expect(await get(proxy, 'http://10.0.0.1/live')).toBe(403);
    expect(await get(proxy, 'file:///etc/passwd')).toBe(403);
    expect(await get(proxy, '/live')).toBe(403);
  });

  it('asks a station with a password in ffmpeg’s stead, by HTTPS only one whose certificate is good', async () => {
    const authority = async () => {
      const made = createCertificateAuthority({ dataDir: makeScratchFolder('relay-ca'), clock, logger, communeName: 'Xã Thử' });
      await made.start();
      closing.push(() => made.close());
      return made;
    };
    const [good, bad] = [await authority(), await authority()];
    const before = getCACertificates('default');
    closing.push(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, good.caPem()]);
    const heard: string[] = [];
    const answers: string[] = [];
    for (const { serverCredentials } of [bad, good]) {
      const station = createSecureServer(serverCredentials(), (request, response) => {
        heard.push(`${request.url} ${request.headers.authorization}`);
        response.end('sound');
      });
      const port = await listening(station as unknown as Server);
      const alias = stationAlias(`https://dai:k%20m@localhost:${port}/live.m3u8?khoa=1`);
      expect(alias?.url).toBe('http://station.invalid/live.m3u8');
      const proxy = await startGuardedProxy(createAddressRule(['127.0.0.0/8', '::1/128']), alias);
      closing.push(() => proxy.close());
      answers.push(await ask(proxy, `GET ${alias?.url} HTTP/1.1\r\nHost: station.invalid\r\nConnection: close\r\n\r\n`));
    }
    expect(answers[0]).toMatch(/^HTTP\/1.1 502/);
    expect(answers[1]).toMatch(/^HTTP\/1.1 200.*sound/s);
    expect(heard).toEqual([`/live.m3u8?khoa=1 Basic ${Buffer.from('dai:k m').toString('base64')}`]);
  });
});

describe('a station’s address', () => {
  it.each([
    ['http://radio.example/live', 'http://radio.example/live'],
    ['https://lan:mat-khau@radio.example:8000/a/b?khoa=1#x', 'https://radio.example:8000/a/b'],
    ['nonsense', '(no URL)'],
  ])('%s is shown as %s', (url, shown) => expect(withoutSecrets(url)).toBe(shown));

  it('without a secret needs no other name', () => expect(stationAlias('https://radio.example/live')).toBeUndefined());
});
