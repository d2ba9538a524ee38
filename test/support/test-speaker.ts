import { createHash, randomUUID, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { type ConnectionOptions, connect } from 'node:tls';
import { WebSocket } from 'ws';
import { SystemClock } from '../../controller/clock.ts';
import { type ClaimCode, type EnrolResponse, enrolResponse } from '../../controller/protocol/enrolment.ts';
import { CONTROL_PATH, CONTROL_SUBPROTOCOL } from '../../controller/protocol/media.ts';
import type { FromSpeakerBody, ToSpeaker } from '../../controller/protocol/speaker-control.ts';
import type { SpeakerTelemetry } from '../../controller/protocol/speaker-state.ts';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '../../controller/tls/x509.ts';

const clock = new SystemClock();
const subtle = (webcrypto as Crypto).subtle;

export interface DeviceKeys {
  privateKeyPem: string;
  csrPem: string;
}

export async function makeDeviceKeys(): Promise<DeviceKeys> {
  const keys = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create(
    { name: 'CN=whatever', keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } },
    webcrypto as Crypto,
  );
  const pkcs8 = await subtle.exportKey('pkcs8', keys.privateKey);
  return { privateKeyPem: PemConverter.encode(pkcs8, 'PRIVATE KEY'), csrPem: csr.toString('pem') };
}

/** The authority as a device finds it: the certificate in the server's chain whose hash the claim code pins. */
export async function pinnedAuthority(port: number, caSha256: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  let certificate = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (!seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    if (createHash('sha256').update(certificate.raw).digest('hex') === caSha256) {
      socket.destroy();
      return `-----BEGIN CERTIFICATE-----\n${certificate.raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
    }
    certificate = certificate.issuerCertificate;
  }
  socket.destroy();
  throw new Error('the pinned authority is not in the chain');
}

export interface HttpAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** One HTTPS request to the speaker port; `body` is sent as it is. */
export async function postEnrol(
  port: number,
  caPem: string,
  body: string,
  options: { path?: string; method?: string; contentType?: string } = {},
): Promise<HttpAnswer> {
  const sent = request({
    host: '127.0.0.1',
    port,
    ca: caPem,
    path: options.path ?? '/speaker/v1/enrol',
    method: options.method ?? 'POST',
    headers: { 'content-type': options.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) },
    agent: false,
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') };
}

export interface DeviceIdentity {
  speakerId: string;
  privateKeyPem: string;
  certificatePem: string;
  caPem: string;
  port: number;
}

/** Enrols as a device would, from nothing but its claim code. */
export async function enrolDevice(code: ClaimCode, keys?: DeviceKeys): Promise<DeviceIdentity> {
  const { privateKeyPem, csrPem } = keys ?? (await makeDeviceKeys());
  const caPem = await pinnedAuthority(code.port, code.caSha256);
  const body = JSON.stringify({ speakerId: code.speakerId, claim: code.claim, csrPem, model: 'test', firmware: '1.0.0' });
  const answer = await postEnrol(code.port, caPem, body);
  if (answer.status !== 201)
    throw new Error(`enrolment answered ${answer.status} ${String((answer.body.error as { code?: string } | undefined)?.code)}`);
  const { certificatePem }: EnrolResponse = enrolResponse.parse(answer.body);
  return { speakerId: code.speakerId, privateKeyPem, certificatePem, caPem, port: code.port };
}

export const QUIET_TELEMETRY: SpeakerTelemetry = {
  mains: true,
  amplifierCurrentMa: 40,
  amplifierTemperatureC: 41,
  lineImpedanceOhm: 33,
  networkKind: 'ethernet',
  storageFreeMb: 3000,
  uptimeS: 100,
  packetsReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  packetsRepaired: 0,
  packetsRejected: 0,
  concealedMs: 0,
  jitterMs: 0.2,
  bufferMs: 0,
  clockOffsetMs: 0,
  clockErrorMs: 0.4,
  clockDriftPpm: 3,
  outputLevelDb: -120,
};

/** A control channel in a test's hand: sends what it is told, keeps what it gets. */
export class TestSpeaker {
  readonly identity: DeviceIdentity;
  readonly received: ToSpeaker[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  session: Buffer | undefined;
  #seq = 0;

  constructor(
    identity: DeviceIdentity,
    options: { session?: Buffer; withoutCertificate?: boolean; protocol?: string; port?: number } = {},
  ) {
    this.identity = identity;
    this.socket = new WebSocket(
      `wss://127.0.0.1:${options.port ?? identity.port}${CONTROL_PATH}`,
      options.protocol ?? CONTROL_SUBPROTOCOL,
      {
        ca: identity.caPem,
        ...(options.withoutCertificate ? {} : { key: identity.privateKeyPem, cert: identity.certificatePem }),
        ...(options.session ? { session: options.session } : {}),
        perMessageDeflate: false,
        createConnection: (wanted: ConnectionOptions) => {
          const socket = connect({
            host: '127.0.0.1',
            port: wanted.port,
            ca: wanted.ca,
            key: wanted.key,
            cert: wanted.cert,
            session: wanted.session,
          });
          // With TLS 1.3 the ticket comes with the first data after the handshake.
          socket.on('session', (session) => {
            this.session = session;
          });
          return socket;
        },
      } as ConstructorParameters<typeof WebSocket>[2],
    );
    this.socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString('utf8'))));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString('utf8') };
    });
    this.socket.on('error', () => {});
  }

  async open(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
    return this;
  }

  /** Puts the envelope on; answers the sequence number. */
  send(body: FromSpeakerBody): number {
    this.#seq += 1;
    this.socket.send(JSON.stringify({ v: 1, seq: this.#seq, ...body }));
    return this.#seq;
  }

  raw(text: string | Buffer): void {
    this.socket.send(text);
  }

  hello(changes: Partial<Extract<FromSpeakerBody, { type: 'hello' }>> = {}): number {
    return this.send({
      type: 'hello',
      speakerId: this.identity.speakerId,
      firmware: '1.0.0',
      model: 'test',
      bootId: randomUUID(),
      uptimeS: 12,
      horns: 2,
      wakeUpMs: 0,
      families: ['ipv4'],
      pendingReceipts: 0,
      ...changes,
    });
  }

  beat(telemetry: Partial<SpeakerTelemetry> = {}): number {
    return this.send({ type: 'beat', t1Ms: clock.nowMs(), telemetry: { ...QUIET_TELEMETRY, ...telemetry } });
  }

  /** Waits for a message of this type that `accept` takes. */
  async next<Type extends ToSpeaker['type']>(
    type: Type,
    accept: (message: Extract<ToSpeaker, { type: Type }>) => boolean = () => true,
    limitMs = 20_000,
  ): Promise<Extract<ToSpeaker, { type: Type }>> {
    const giveUpAtMs = clock.monotonicMs() + limitMs;
    for (;;) {
      for (const message of this.received) {
        if (message.type === type && accept(message as never)) return message as Extract<ToSpeaker, { type: Type }>;
      }
      if (clock.monotonicMs() > giveUpAtMs) throw new Error(`no ${type}; got ${this.received.map((message) => message.type).join(' ')}`);
      await clock.sleep(5);
    }
  }

  async untilClosed(limitMs = 20_000): Promise<{ code: number; reason: string }> {
    const giveUpAtMs = clock.monotonicMs() + limitMs;
    while (!this.closed) {
      if (clock.monotonicMs() > giveUpAtMs) throw new Error('the connection stays open');
      await clock.sleep(5);
    }
    return this.closed;
  }

  end(): void {
    this.socket.terminate();
  }
}
