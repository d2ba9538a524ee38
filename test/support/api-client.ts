import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import https from 'node:https';
import WebSocket from 'ws';
import type { StartBroadcast } from '../../controller/protocol/broadcasts.ts';
import { LIVE_PATH, type LiveMessage, liveMessage } from '../../controller/protocol/live-feed.ts';

export interface ApiAnswer<Body = unknown> {
  status: number;
  body: Body;
  raw: Buffer;
  headers: Record<string, string | string[] | undefined>;
}

/** A person with a browser, as far as the API can tell: cookie, CSRF header, the commune's authority trusted. */
export class ApiClient {
  readonly origin: string;
  readonly caPem: string;
  readonly #cookies = new Map<string, string>();
  #agent: https.Agent;

  /** `localAddress`: where it calls from, for example 127.0.0.9. `cookie`: of somebody who is signed in already. */
  constructor(options: { port: number; caPem: string; host?: string; localAddress?: string; cookie?: string }) {
    this.origin = `https://${options.host ?? 'localhost'}:${options.port}`;
    this.caPem = options.caPem;
    this.#agent = new https.Agent({
      ca: this.caPem,
      keepAlive: true,
      ...(options.localAddress ? { localAddress: options.localAddress } : {}),
    });
    for (const pair of options.cookie?.split('; ') ?? []) this.#keep(pair);
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #keep(pair: string): void {
    const at = pair.indexOf('=');
    this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }

  async call<Body = unknown>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer<Body>> {
    const payload = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    return await new Promise((resolve, reject) => {
      const request = https.request(
        `${this.origin}${path}`,
        {
          method,
          agent: this.#agent,
          headers: {
            'x-loa-xa': '1',
            origin: this.origin,
            ...(payload && !Buffer.isBuffer(body) ? { 'content-type': 'application/json' } : {}),
            ...(payload ? { 'content-length': String(payload.length) } : {}),
            ...(this.#cookies.size > 0 ? { cookie: this.cookie } : {}),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const raw = Buffer.concat(chunks);
            for (const cookie of response.headers['set-cookie'] ?? []) this.#keep(cookie.split(';')[0] ?? '');
            const isJson = String(response.headers['content-type'] ?? '').includes('json');
            resolve({
              status: response.statusCode ?? 0,
              raw,
              body: (isJson && raw.length > 0 ? JSON.parse(raw.toString('utf8')) : raw.toString('utf8')) as Body,
              headers: response.headers,
            });
          });
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  /** Like `call`, but anything but 2xx is thrown with the answer's text. */
  async expect<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.call<Body>(method, path, body);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.raw.toString('utf8').slice(0, 600)}`);
    return answer.body;
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.expect('POST', '/api/session', { username, password });
  }

  /** Multipart upload of one file as the console does it. */
  async upload<Body = unknown>(path: string, file: string, fields: Record<string, string>): Promise<ApiAnswer<Body>> {
    const boundary = `----loaxa${randomUUID()}`;
    const parts = Object.entries(fields).map(([name, value]) =>
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
    );
    const head = Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${file.split('/').pop()}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    );
    const payload = Buffer.concat([...parts, head, await readFile(file), Buffer.from(`\r\n--${boundary}--\r\n`)]);
    return await this.call<Body>('POST', path, payload, { 'content-type': `multipart/form-data; boundary=${boundary}` });
  }

  async startBroadcast(broadcast: Partial<StartBroadcast> & Pick<StartBroadcast, 'content' | 'class'>): Promise<string> {
    const broadcastId = broadcast.broadcastId ?? randomUUID();
    await this.expect('POST', '/api/broadcasts', { title: 'Thử nghiệm', targets: { everything: true }, ...broadcast, broadcastId });
    return broadcastId;
  }

  /** What a console is told that is opened now: the first message of the live feed. */
  async liveSnapshot(): Promise<Extract<LiveMessage, { type: 'snapshot' }>> {
    const socket = new WebSocket(`${this.origin.replace('https', 'wss')}${LIVE_PATH}`, {
      ca: this.caPem,
      headers: { cookie: this.cookie, origin: this.origin },
    });
    try {
      const [data] = await once(socket, 'message');
      const message = liveMessage.parse(JSON.parse(String(data)));
      if (message.type !== 'snapshot') throw new Error(`the live feed began with ${message.type}`);
      return message;
    } finally {
      socket.terminate();
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}
