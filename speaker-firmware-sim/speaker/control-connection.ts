import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import WebSocket from 'ws';
import { CONTROL_MAX_MESSAGE_BYTES, CONTROL_SUBPROTOCOL } from '../../controller/protocol/media.ts';
import type { Clock, Timer } from '../clock.ts';
import { ByteStreamLink } from '../network/byte-stream-link.ts';
import type { Link } from '../network/link.ts';
import type { TimerWheel } from '../network/timer-wheel.ts';
import type { Identity } from './identity.ts';
import { controllerIdentityError } from './trust.ts';

const HANDSHAKE_TIME_OUT_MS = 20_000;

export interface ControlConnectionEvents {
  open(): void;
  /** `frame` undefined: binary. `arrivalMs`: true time by the link's model. */
  frame(frame: string | undefined, arrivalMs: number): void;
  /** Once, also when it never opened. */
  closed(code: number | undefined, reason: string): void;
}

/** The newest TLS session ticket, kept from one connection to the next and forgotten with the power. */
export interface TlsTicket {
  session: Buffer | undefined;
}

interface Options {
  identity: Identity;
  credentials: SecureContext;
  /** Resumption saves both sides the certificates when a whole commune comes back from a power cut. */
  ticket: TlsTicket;
  clock: Clock;
  link: Link;
  wheel: TimerWheel;
  events: ControlConnectionEvents;
}

export function credentialsOf(identity: Identity): SecureContext {
  return createSecureContext({ ca: identity.caPem, cert: identity.certificatePem, key: identity.keyPem, minVersion: 'TLSv1.2' });
}

/** One connection to the controller: TCP through the link's model, TLS with both certificates, WebSocket. */
export class ControlConnection {
  readonly #options: Options;
  #stream: ByteStreamLink | undefined;
  #raw: Socket | undefined;
  #tls: TLSSocket | undefined;
  #webSocket: WebSocket | undefined;
  #ended = false;
  /** Both run until the connection stands or is over. */
  #patience: Timer | undefined;
  #shaking: Timer | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    const { clock, link, identity } = this.#options;
    const url = new URL(identity.controlUrl);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const nowMs = clock.nowMs();
    // The TCP handshake's round trip; on a dead link it is never answered.
    const shakenMs = link.down.segment(link.up.segment(nowMs));
    const waitMs = shakenMs - nowMs;
    this.#patience = clock.after('control time-out', HANDSHAKE_TIME_OUT_MS, () => {
      this.#end(undefined, 'the controller did not answer');
    });
    if (waitMs > HANDSHAKE_TIME_OUT_MS) return;
    if (link.passThrough) this.#dial(host, Number(url.port || 443), url);
    else this.#shaking = clock.after('control dial', waitMs, () => this.#dial(host, Number(url.port || 443), url));
  }

  /** Delay that the link adds to a small message that is written now, where bytes pass at once. */
  stampUpDelayMs(): number {
    return this.#stream?.stampUpDelayMs() ?? 0;
  }

  send(text: string): void {
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.send(text);
  }

  close(code: number, reason: string): void {
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.close(code, reason);
    else this.#end(code, reason);
  }

  /** Ends it without a word: power cut, or the other side is gone. Behind a dead link the far side does not learn of it. */
  drop(reason: string): void {
    this.#end(undefined, reason);
  }

  /** As `drop`, and frees the socket whatever the link's state. */
  discard(): void {
    this.#end(undefined, 'discarded');
    this.#stream?.discard();
  }

  #dial(host: string, port: number, url: URL): void {
    if (this.#ended) return;
    const { clock, link, wheel, credentials, ticket, events } = this.#options;
    const raw = connectTcp({ host, port });
    this.#raw = raw;
    raw.once('error', (error) => this.#end(undefined, error.message));
    raw.once('connect', () => {
      if (this.#ended) return;
      const stream = new ByteStreamLink({ raw, link, clock, wheel });
      this.#stream = stream;
      stream.on('error', (error) => this.#end(undefined, error.message));
      const tls = connectTls({
        socket: stream,
        secureContext: credentials,
        ...(ticket.session ? { session: ticket.session } : {}),
        servername: '',
        rejectUnauthorized: true,
        checkServerIdentity: (_name, peer) => controllerIdentityError(host, new X509Certificate(peer.raw)),
      });
      this.#tls = tls;
      // A ticket serves once; a handshake that fails with it is tried without.
      ticket.session = undefined;
      tls.on('session', (session) => {
        ticket.session = session;
      });
      tls.once('error', (error) => this.#end(undefined, error.message));
      tls.once('secureConnect', () => {
        if (!this.#ended) this.#upgrade(url, tls, stream, events);
      });
      tls.once('close', () => this.#end(undefined, 'the connection was closed'));
    });
  }

  #upgrade(url: URL, tls: TLSSocket, stream: ByteStreamLink, events: ControlConnectionEvents): void {
    const webSocket = new WebSocket(url, [CONTROL_SUBPROTOCOL], {
      createConnection: () => tls,
      perMessageDeflate: false,
      maxPayload: 4 * CONTROL_MAX_MESSAGE_BYTES,
      handshakeTimeout: HANDSHAKE_TIME_OUT_MS,
    });
    this.#webSocket = webSocket;
    webSocket.on('open', () => {
      this.#patience?.cancel();
      if (!this.#ended) events.open();
    });
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#ended) return;
      const nowMs = this.#options.clock.nowMs();
      // The model's arrival is exact where wheel and event loop are late; an old stamp belongs to an earlier chunk.
      const arrivalMs = Math.abs(nowMs - stream.lastArrivalMs) < 250 ? stream.lastArrivalMs : nowMs;
      events.frame(isBinary ? undefined : data.toString('utf8'), arrivalMs);
    });
    webSocket.on('error', (error) => this.#end(undefined, error.message));
    webSocket.on('close', (code, reason) => this.#end(code, reason.toString('utf8')));
  }

  #end(code: number | undefined, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#patience?.cancel();
    this.#shaking?.cancel();
    // The stream goes first: WebSocket and TLS then find nothing left to say their goodbyes on.
    if (this.#stream) this.#stream.destroy();
    else this.#raw?.destroy();
    this.#tls?.destroy();
    this.#webSocket?.terminate();
    this.#options.events.closed(code, reason);
  }
}
