import { lookup } from 'node:dns/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { request as secureRequest } from 'node:https';
import { type AddressInfo, connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { errorText } from '../../errors.ts';
import type { StationAlias } from './station-alias.ts';

export interface GuardedProxy {
  /** For ffmpeg's `-http_proxy`. */
  readonly url: string;
  /** Hosts that were refused since the start, for the reason of a failure. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

const CONNECT_LIMIT_MS = 8000;
const WEB_PORTS_FROM = 1024;

/**
 * An HTTP proxy on loopback through which all of one relay's connections go: whatever a station redirects to and whatever a
 * playlist names is resolved here, checked, and connected to at the checked address, so that no name can change its meaning
 * between check and use (DNS rebinding). HTTP by absolute URL, HTTPS by CONNECT (RFC 9110 section 9.3.6). A station with a password is
 * asked by us in ffmpeg's stead, by HTTPS too (station-alias.ts).
 */
export async function startGuardedProxy(isAllowed: (address: string) => boolean, station?: StationAlias): Promise<GuardedProxy> {
  const refused: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((incoming, outgoing) => void forward(incoming, outgoing));
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => void tunnel(incoming, client, head));
  server.on('connection', track);

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const asked = new URL(incoming.url ?? '');
      if (asked.protocol !== 'http:') throw new Error(`protocol ${asked.protocol}`);
      const real = station?.realOf(asked);
      const url = real ?? asked;
      const isSecure = url.protocol === 'https:';
      const port = Number(url.port || (isSecure ? 443 : 80));
      const host = await checked(url.hostname, port);
      const secret = real && station?.authorization ? { authorization: station.authorization } : {};
      const options = {
        host,
        port,
        path: url.pathname + url.search,
        method: incoming.method,
        headers: { ...withoutProxyHeaders(incoming.headers), ...secret, host: url.host },
        timeout: CONNECT_LIMIT_MS,
      };
      const servername = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? url.hostname : '';
      // What tls.connect() takes is handed on to it; the types leave this one out.
      const secured = { ...options, servername, ...(isSecure ? { secureContext: trustedContext() } : {}) };
      const upstream = isSecure ? secureRequest(secured) : request(options);
      upstream.on('socket', track);
      upstream.on('timeout', () => upstream.destroy(new Error('the station does not answer')));
      upstream.on('response', (response) => {
        const { location } = response.headers;
        if (real && station && location !== undefined) response.headers.location = station.redirected(location, real);
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
        response.on('error', () => outgoing.destroy());
      });
      upstream.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
      outgoing.on('close', () => upstream.destroy());
      upstream.end();
    } catch (error) {
      outgoing.writeHead(403, { 'content-type': 'text/plain' }).end(errorText(error));
    }
  }

  async function tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    try {
      const target = new URL(`tcp://${incoming.url ?? ''}`);
      const port = Number(target.port || 443);
      const host = await checked(target.hostname, port);
      const upstream = connect({ host, port, timeout: CONNECT_LIMIT_MS });
      track(upstream);
      upstream.on('timeout', () => {
        if (upstream.connecting) upstream.destroy();
      });
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
      upstream.once('connect', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(client);
        client.pipe(upstream);
      });
    } catch (error) {
      client.end(`HTTP/1.1 403 Forbidden\r\n\r\n${errorText(error)}`);
    }
  }

  async function checked(hostname: string, port: number): Promise<string> {
    const address = await allowedAddress(hostname, isAllowed);
    if (address !== undefined && (port === 80 || port === 443 || port >= WEB_PORTS_FROM)) return address;
    refused.push(`${hostname}:${port}`);
    throw new Error(`${hostname}:${port} is not allowed`);
  }

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The first address of a name, if every address that it has is allowed. */
export async function allowedAddress(hostname: string, isAllowed: (address: string) => boolean): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host];
  return found.length > 0 && found.every(isAllowed) ? found[0] : undefined;
}

let trusted: SecureContext | undefined;
/** Whom Node trusts, and whom the machine does; read once, it takes a while. */
function trustedContext(): SecureContext {
  trusted ??= createSecureContext({ ca: [...new Set([...getCACertificates('default'), ...getCACertificates('system')])] });
  return trusted;
}

function withoutProxyHeaders(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith('proxy-') && name !== 'connection') kept[name] = value;
  }
  return kept;
}
