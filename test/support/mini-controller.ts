import 'reflect-metadata';
import { createHash, randomBytes, randomUUID, webcrypto } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { createWorker, type types } from 'mediasoup';
import { type WebSocket, WebSocketServer } from 'ws';
import { SystemClock } from '../../controller/clock.ts';
import type { BroadcastClass } from '../../controller/protocol/broadcast-class.ts';
import { type ClaimCode, enrolRequest } from '../../controller/protocol/enrolment.ts';
import {
  ABS_CAPTURE_TIME_ID,
  ABS_CAPTURE_TIME_URI,
  CONTROL_SUBPROTOCOL,
  OPUS_PAYLOAD_TYPE,
  SRTP_SUITE,
} from '../../controller/protocol/media.ts';
import {
  type ChannelDescription,
  type FromSpeaker,
  fromSpeaker,
  type Receipt,
  type SpeakerConfig,
  type ToSpeakerBody,
} from '../../controller/protocol/speaker-control.ts';
import { writeRtpPacket } from '../../speaker-firmware-sim/speaker/rtp.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const OPUS_CODEC: types.RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  preferredPayloadType: OPUS_PAYLOAD_TYPE,
};

/**
 * The least that a speaker needs of a controller: a certificate authority, enrolment, a control channel that takes in and records everything, and real
 * mediasoup paths. It keeps no rules of its own, so that a test of the simulator can also make it misbehave.
 */
export interface MiniController {
  readonly port: number;
  readonly clock: SystemClock;
  readonly config: SpeakerConfig;
  readonly messages: { speakerId: string; message: FromSpeaker }[];
  readonly receipts: Receipt[];
  /** Frames that were no valid message. */
  readonly invalid: string[];
  readonly enrolments: string[];
  /** Control connections whose TLS session was resumed. */
  readonly resumed: string[];
  acknowledgeReceipts: boolean;
  /** So many enrolments succeed without the device getting to know. */
  enrolmentAnswersToLose: number;
  forgeEnrolmentAnswer: (answer: string) => string;
  claimFor(speakerId: string): ClaimCode;
  connected(): string[];
  send(speakerId: string, body: ToSpeakerBody): void;
  /** Bytes as they are, for malformed input. */
  sendRaw(speakerId: string, frame: string | Buffer): void;
  /** Continues this speaker's sequence above `seq`, so that what is sent after raw frames is not taken for a replay. */
  skipSeq(speakerId: string, seq: number): void;
  closeConnection(speakerId: string, code: number): void;
  openChannel(options: {
    channelId: string;
    class: BroadcastClass;
    playoutDelayMs: number;
    broadcastId: string | null;
    standing?: boolean;
  }): Promise<MiniChannel>;
  /** Makes all media paths invalid, as a worker's death does. */
  dropMediaPath(speakerId: string): void;
  close(): Promise<void>;
}

export interface MiniChannel {
  readonly channelId: string;
  send(packet: { payload: Buffer; timestamp: number; captureAtMs: number; marker?: boolean }): void;
  setBroadcast(broadcastId: string | null, sinceMs?: number): void;
  closeChannel(immediately: boolean): void;
}

interface LiveChannel {
  description: Omit<ChannelDescription, 'ssrc'>;
  producer: types.Producer;
  sequence: number;
  ssrcs: Map<string, number>;
}

interface Session {
  webSocket: WebSocket;
  seq: number;
  transport: types.PlainTransport | undefined;
  welcomed: boolean;
}

export async function startMiniController(options: { config?: Partial<SpeakerConfig> } = {}): Promise<MiniController> {
  const clock = new SystemClock();
  clock.start();
  const authority = await createAuthority();
  const worker = await createWorker({ logLevel: 'error' });
  const router = await worker.createRouter({ mediaCodecs: [OPUS_CODEC] });
  const direct = await router.createDirectTransport();
  const config: SpeakerConfig = {
    beatPeriodMs: 5000,
    probePeriodMs: 500,
    volumeDb: 0,
    muted: false,
    emergencyVolumeDb: 0,
    alignDelayMs: 0,
    pilotPeriodMs: 2000,
    ...options.config,
  };
  const sessions = new Map<string, Session>();
  const channels = new Map<string, LiveChannel>();
  const messages: MiniController['messages'] = [];
  const receipts: Receipt[] = [];
  const invalid: string[] = [];
  const enrolments: string[] = [];
  const resumed: string[] = [];
  const claims = new Map<string, string>();
  /** Request to answer: the identical request gets the identical answer. */
  const enrolmentAnswers = new Map<string, string>();

  function send(session: Session, body: ToSpeakerBody): void {
    session.webSocket.send(JSON.stringify({ v: 1, seq: ++session.seq, ...body }));
  }

  async function consume(session: Session, speakerId: string, channel: LiveChannel): Promise<ChannelDescription> {
    const consumer = await (session.transport as types.PlainTransport).consume({
      producerId: channel.producer.id,
      rtpCapabilities: router.rtpCapabilities,
      enableRtx: true,
    });
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
    channel.ssrcs.set(speakerId, ssrc);
    return { ...channel.description, ssrc, payloadType: consumer.rtpParameters.codecs[0]?.payloadType ?? 0 };
  }

  async function grant(session: Session, speakerId: string): Promise<void> {
    session.transport?.close();
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: true,
      enableSrtp: true,
      srtpCryptoSuite: SRTP_SUITE,
    });
    const speakerKey = randomBytes(28).toString('base64');
    await transport.connect({ srtpParameters: { cryptoSuite: SRTP_SUITE, keyBase64: speakerKey } });
    session.transport = transport;
    const descriptions: ChannelDescription[] = [];
    for (const channel of channels.values()) descriptions.push(await consume(session, speakerId, channel));
    send(session, {
      type: 'media.setup',
      grant: {
        transportId: transport.id,
        addresses: [{ family: 'ipv4', ip: transport.tuple.localAddress, port: transport.tuple.localPort }],
        srtpSuite: SRTP_SUITE,
        speakerKey,
        controllerKey: transport.srtpParameters?.keyBase64 ?? '',
        absCaptureTimeId: ABS_CAPTURE_TIME_ID,
        channels: descriptions,
      },
    });
  }

  function receive(session: Session, speakerId: string, text: string, arrivedAtMs: number): void {
    let parsed: ReturnType<typeof fromSpeaker.safeParse>;
    try {
      parsed = fromSpeaker.safeParse(JSON.parse(text));
    } catch {
      invalid.push(text);
      return;
    }
    if (!parsed.success) {
      invalid.push(text);
      return;
    }
    const message = parsed.data;
    if (message.type !== 'probe') messages.push({ speakerId, message });
    switch (message.type) {
      case 'hello':
        send(session, { type: 'welcome', commune: 'Xã thử', clusterName: speakerId, controllerTimeMs: clock.nowMs(), config });
        session.welcomed = true;
        return;
      case 'beat':
      case 'probe':
        send(session, { type: 'clock', t1Ms: message.t1Ms, t2Ms: arrivedAtMs, t3Ms: clock.nowMs() });
        return;
      case 'media.request':
        void grant(session, speakerId);
        return;
      case 'receipt':
        receipts.push(message.receipt);
        if (controller.acknowledgeReceipts) send(session, { type: 'receipt.ack', receiptId: message.receipt.receiptId });
    }
  }

  const server: Server = createServer({
    key: authority.serverKeyPem,
    cert: authority.serverChainPem,
    ca: authority.caPem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on('request', (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      void enrol(Buffer.concat(parts).toString('utf8')).then((answer) => {
        if (controller.enrolmentAnswersToLose > 0) {
          controller.enrolmentAnswersToLose--;
          response.destroy();
          return;
        }
        response.writeHead(answer === undefined ? 403 : 201, { 'content-type': 'application/json' });
        response.end(answer === undefined ? '{}' : controller.forgeEnrolmentAnswer(answer));
      });
    });
  });

  async function enrol(text: string): Promise<string | undefined> {
    const earlier = enrolmentAnswers.get(text);
    if (earlier !== undefined) return earlier;
    const body = enrolRequest.safeParse(JSON.parse(text));
    if (!body.success || claims.get(body.data.speakerId) !== body.data.claim) return undefined;
    const { speakerId, csrPem } = body.data;
    claims.delete(speakerId);
    enrolments.push(speakerId);
    const answer = JSON.stringify({
      certificatePem: await authority.issue(speakerId, csrPem),
      caPem: authority.caPem,
      controlUrl: `wss://127.0.0.1:${port()}/speaker/v1`,
      notAfterMs: Date.now() + DAY_MS,
    });
    enrolmentAnswers.set(text, answer);
    return answer;
  }
  const webSockets = new WebSocketServer({ server, handleProtocols: () => CONTROL_SUBPROTOCOL });
  webSockets.on('connection', (webSocket, request) => {
    const socket = request.socket as TLSSocket;
    const speakerId = String(socket.getPeerCertificate().subject?.CN ?? '');
    if (!socket.authorized) {
      webSocket.close(4401, 'not enrolled');
      return;
    }
    if (socket.isSessionReused()) resumed.push(speakerId);
    const session: Session = { webSocket, seq: 0, transport: undefined, welcomed: false };
    sessions.set(speakerId, session);
    webSocket.on('message', (data: Buffer) => receive(session, speakerId, data.toString('utf8'), clock.nowMs()));
    webSocket.on('close', () => {
      if (sessions.get(speakerId) === session) sessions.delete(speakerId);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (): number => (server.address() as { port: number }).port;

  const controller: MiniController = {
    port: port(),
    clock,
    config,
    messages,
    receipts,
    invalid,
    enrolments,
    resumed,
    acknowledgeReceipts: true,
    enrolmentAnswersToLose: 0,
    forgeEnrolmentAnswer: (answer) => answer,
    claimFor(speakerId) {
      const claim = [...randomBytes(16)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('');
      claims.set(speakerId, claim);
      return { host: '127.0.0.1', port: port(), speakerId, claim, caSha256: authority.caSha256 };
    },
    connected: () => [...sessions].filter(([, session]) => session.welcomed).map(([speakerId]) => speakerId),
    send(speakerId, body) {
      const session = sessions.get(speakerId);
      if (session) send(session, body);
    },
    sendRaw: (speakerId, frame) => sessions.get(speakerId)?.webSocket.send(frame),
    skipSeq(speakerId, seq) {
      const session = sessions.get(speakerId);
      if (session) session.seq = Math.max(session.seq, seq);
    },
    closeConnection: (speakerId, code) => sessions.get(speakerId)?.webSocket.close(code, 'test'),
    dropMediaPath: (speakerId) => sessions.get(speakerId)?.transport?.close(),
    async openChannel({ channelId, class: broadcastClass, playoutDelayMs, broadcastId, standing = false }) {
      const ssrc = 1 + Math.floor(Math.random() * 0xfffffff0);
      const producer = await direct.produce({
        kind: 'audio',
        rtpParameters: {
          codecs: [{ mimeType: 'audio/opus', payloadType: OPUS_PAYLOAD_TYPE, clockRate: 48_000, channels: 2 }],
          headerExtensions: [{ uri: ABS_CAPTURE_TIME_URI as types.RtpHeaderExtensionUri, id: ABS_CAPTURE_TIME_ID }],
          encodings: [{ ssrc }],
          rtcp: { cname: channelId },
        },
      });
      const live: LiveChannel = {
        description: {
          channelId,
          class: broadcastClass,
          payloadType: OPUS_PAYLOAD_TYPE,
          playoutDelayMs,
          gainDb: 0,
          broadcastId,
          sinceMs: 0,
          standing,
        },
        producer,
        sequence: Math.floor(Math.random() * 65_536),
        ssrcs: new Map(),
      };
      channels.set(channelId, live);
      await Promise.all(
        [...sessions].map(async ([speakerId, session]) => {
          if (session.transport) send(session, { type: 'channel.open', channel: await consume(session, speakerId, live) });
        }),
      );
      return {
        channelId,
        send({ payload, timestamp, captureAtMs, marker = false }) {
          live.sequence = (live.sequence + 1) % 65_536;
          producer.send(
            writeRtpPacket({ payload, timestamp, captureAtMs, marker, payloadType: OPUS_PAYLOAD_TYPE, sequence: live.sequence, ssrc }),
          );
        },
        setBroadcast(next, sinceMs = clock.nowMs()) {
          Object.assign(live.description, { broadcastId: next, sinceMs });
          const change = {
            type: 'channel.change',
            channelId,
            broadcastId: next,
            sinceMs,
            immediately: false,
            gainDb: 0,
            playoutDelayMs,
          } as const;
          for (const session of sessions.values()) if (session.transport) send(session, change);
        },
        closeChannel(immediately) {
          channels.delete(channelId);
          for (const session of sessions.values()) if (session.transport) send(session, { type: 'channel.close', channelId, immediately });
        },
      };
    },
    async close() {
      for (const { webSocket } of sessions.values()) webSocket.terminate();
      webSockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      worker.close();
      clock.close();
    },
  };
  return controller;
}

interface Authority {
  caPem: string;
  caSha256: string;
  serverKeyPem: string;
  serverChainPem: string;
  issue(speakerId: string, csrPem: string): Promise<string>;
}

async function createAuthority(): Promise<Authority> {
  const generate = (): Promise<CryptoKeyPair> => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
  const dates = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 30 * DAY_MS) };
  const caKeys = await generate();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Loa Xa test authority',
    keys: caKeys,
    signingAlgorithm: P256,
    ...dates,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  const common = { issuer: ca.subject, signingKey: caKeys.privateKey, signingAlgorithm: P256, ...dates };
  const serverKeys = await generate();
  const server = await x509.X509CertificateGenerator.create({
    ...common,
    subject: 'CN=loa-xa-controller',
    publicKey: serverKeys.publicKey,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'loa-xa-controller' }])],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey)).toString('base64');
  return {
    caPem: ca.toString('pem'),
    caSha256: createHash('sha256').update(Buffer.from(ca.rawData)).digest('hex'),
    serverKeyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    serverChainPem: `${server.toString('pem')}\n${ca.toString('pem')}`,
    async issue(speakerId, csrPem) {
      const request = new x509.Pkcs10CertificateRequest(csrPem);
      if (!(await request.verify())) throw new Error('the request is not signed by its key');
      const certificate = await x509.X509CertificateGenerator.create({
        ...common,
        subject: `CN=${speakerId}`,
        publicKey: await request.publicKey.export(),
        serialNumber: randomUUID().replaceAll('-', '').slice(0, 30),
      });
      return certificate.toString('pem');
    },
  };
}
