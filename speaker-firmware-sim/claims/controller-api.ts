import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import type { z } from 'zod';
import { CALLER_HEADER, CALLER_HEADER_VALUE, errorBody, sessionInfo } from '../../controller/protocol/accounts.ts';
import type { Clock } from '../clock.ts';
import { controllerIdentityError, verifyPinnedChain } from '../speaker/trust.ts';

const TIME_OUT_MS = 20_000;
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
const MOST_PAUSES = 8;
const LONGEST_PAUSE_S = 90;
/** Calls at a time: quick enough for a thousand speakers, and nothing that anybody else on the controller would notice. */
export const CALLS_AT_A_TIME = 4;

interface Answer {
  status: number;
  text: string;
  retryAfterS: number;
}

/** The controller's public API as a person uses it: the commune's authority pinned, logged in by name and password. */
export class ControllerApi {
  readonly #origin: URL;
  readonly #agent: Agent;
  readonly #clock: Clock;
  /** By name: the session's, and the one by which the server knows this device again. */
  readonly #cookies = new Map<string, string>();

  /** `caPem`: the one authority that is trusted. */
  constructor(options: { url: URL; caPem: string; clock: Clock }) {
    this.#origin = options.url;
    this.#clock = options.clock;
    this.#agent = new Agent({
      ca: options.caPem,
      keepAlive: true,
      maxSockets: CALLS_AT_A_TIME,
      checkServerIdentity: (_name, peer) => controllerIdentityError(hostOf(options.url), new X509Certificate(peer.raw)),
    });
  }

  /** Throws in words when name or password are wrong, or the password has to be changed first. */
  async logIn(username: string, password: string): Promise<void> {
    const { mustChangePassword } = await this.call('POST', '/api/session', sessionInfo, { username, password });
    if (!mustChangePassword) return;
    await this.close();
    throw new Error(`${username} has to choose a password of their own first: log in at the console, ${this.#origin.origin}`);
  }

  /** Waits and repeats when the controller says that it is too much at once. Throws the controller's own words for a refusal. */
  async call<T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    for (let pauses = 0; ; pauses++) {
      const answer = await this.#send(method, path, body);
      if (answer.status === 429 && pauses < MOST_PAUSES && answer.retryAfterS <= LONGEST_PAUSE_S) {
        await new Promise<void>((resolve) => void this.#clock.after('too many calls', 1000 * answer.retryAfterS, resolve));
        continue;
      }
      const content = parseJson(answer.text);
      if (answer.status < 200 || answer.status > 299) {
        const refusal = errorBody.safeParse(content);
        throw new Error(`${method} ${path}: ${refusal.success ? refusal.data.error.en : `the controller answered ${answer.status}`}`);
      }
      const result = schema.safeParse(content);
      if (!result.success)
        throw new Error(`${method} ${path}: the answer is not what this simulator knows; is the controller of another version?`);
      return result.data;
    }
  }

  /** Logs out. */
  async close(): Promise<void> {
    try {
      if (this.#cookies.size > 0) await this.#send('DELETE', '/api/session', undefined);
    } catch {
      // The session ends by itself later.
    } finally {
      this.#agent.destroy();
    }
  }

  #keep(pair: string): void {
    const at = pair.indexOf('=');
    if (at > 0) this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }

  #send(method: string, path: string, body: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: hostOf(this.#origin),
          port: portOf(this.#origin),
          servername: '',
          path,
          method,
          agent: this.#agent,
          timeout: TIME_OUT_MS,
          headers: {
            [CALLER_HEADER]: CALLER_HEADER_VALUE,
            ...(payload ? { 'content-type': 'application/json', 'content-length': payload.length } : {}),
            ...(this.#cookies.size > 0 ? { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          let bytes = 0;
          response.on('data', (part: Buffer) => {
            bytes += part.length;
            if (bytes > LARGEST_ANSWER_BYTES) response.destroy(new Error(`${path}: the answer is too large`));
            else parts.push(part);
          });
          response.on('error', reject);
          response.on('end', () => {
            for (const cookie of response.headers['set-cookie'] ?? []) this.#keep(cookie.split(';', 1)[0] ?? '');
            const wait = Number.parseInt(response.headers['retry-after'] ?? '', 10);
            resolve({
              status: response.statusCode ?? 0,
              text: Buffer.concat(parts).toString('utf8'),
              retryAfterS: Number.isNaN(wait) ? 1 : Math.max(1, wait),
            });
          });
        },
      );
      call.on('timeout', () => call.destroy(new Error(`${this.#origin.origin} does not answer`)));
      call.on('error', (error) => reject(new Error(`${this.#origin.origin}: ${error.message}`)));
      call.end(payload);
    });
  }
}

/**
 * The certificate of the authority with this SHA-256, as the controller itself presents it. Nothing but a TLS handshake goes over this connection; the calls that
 * follow trust this certificate alone.
 */
export function pinnedAuthority(url: URL, caSha256: string, nowMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostOf(url), port: portOf(url), servername: '', rejectUnauthorized: false, timeout: TIME_OUT_MS });
    const end = (result: () => void): void => {
      socket.destroy();
      result();
    };
    socket.once('secureConnect', () => {
      try {
        const caPem = verifyPinnedChain(socket, hostOf(url), caSha256, nowMs);
        end(() => resolve(caPem));
      } catch (error) {
        end(() => reject(new Error(`${url.origin}: ${(error as Error).message}`)));
      }
    });
    socket.once('timeout', () => end(() => reject(new Error(`${url.origin} does not answer`))));
    socket.once('error', (error) => end(() => reject(new Error(`${url.origin}: ${error.message}`))));
  });
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const portOf = (url: URL): number => Number(url.port || 443);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
