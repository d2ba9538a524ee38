import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { types } from 'mediasoup';
import type { Clock } from '../clock.ts';
import { SRTP_KEY_BYTES, SRTP_SALT_BYTES, SRTP_SUITE } from '../protocol/media.ts';
import type { ListenAddresses } from './network-addresses.ts';

/** A worker that gives a speaker's path to whoever sends a datagram first; start-errors.ts says what to do. */
export class UnpatchedWorker extends Error {
  constructor() {
    super('the media worker gives a speaker’s path to a stranger');
    this.name = 'UnpatchedWorker';
  }
}

/** Shapes that a worker tells apart by their first bytes (RFC 7983, RFC 5761), 12 bytes each, none of them authentic. */
const STRANGERS_DATAGRAMS: readonly Buffer[] = [
  // Neither RTP nor RTCP: mediasoup's own worker takes it for SCTP, which it doesn't authenticate.
  Buffer.alloc(12),
  // RTP, and an RTCP receiver report, without a tag.
  Buffer.from([0x80, 100, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
  Buffer.from([0x80, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1]),
];
const STRANGERS_BYTES = STRANGERS_DATAGRAMS.reduce((sum, datagram) => sum + datagram.length, 0);
const LOOK_MS = 5;
/** Looks without news before the datagrams are sent once more: the kernel may drop one. */
const LOOKS_UNTIL_SENT_AGAIN = 40;
const PATIENCE_MS = 5000;

interface ProofDeps {
  listen: ListenAddresses;
  mediaPorts: { min: number; max: number };
  clock: Clock;
}

/**
 * Opens a path on loopback as for a speaker, with a key that nobody knows, and lets a stranger knock: what a worker does says more than a mark in
 * its file. Takes a few milliseconds.
 * @returns false when the worker did not take the datagrams within five seconds: nothing is known then
 * @throws UnpatchedWorker
 */
export async function proveWorker(router: types.Router, { listen, mediaPorts, clock }: ProofDeps): Promise<boolean> {
  const transport = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: listen.ipv4 === undefined ? '::1' : '127.0.0.1', portRange: mediaPorts },
    rtcpMux: true,
    comedia: true,
    enableSrtp: true,
    srtpCryptoSuite: SRTP_SUITE,
  });
  try {
    const keyBase64 = randomBytes(SRTP_KEY_BYTES + SRTP_SALT_BYTES).toString('base64');
    await transport.connect({ srtpParameters: { cryptoSuite: SRTP_SUITE, keyBase64 } });
    const answer = await letStrangersKnock(transport, clock);
    if (answer === 'let in') throw new UnpatchedWorker();
    return answer === 'kept out';
  } finally {
    transport.close();
  }
}

/** Sends this transport what is not authentic, and sees whether it takes the sender for its speaker. */
export async function letStrangersKnock(transport: types.PlainTransport, clock: Clock): Promise<'let in' | 'kept out' | 'unknown'> {
  const { localAddress, localPort } = transport.tuple;
  const socket = createSocket(localAddress.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(0, localAddress);
    await once(socket, 'listening');
    const giveUpAtMs = clock.monotonicMs() + PATIENCE_MS;
    let receivedBytes = 0;
    let receivedBeforeBytes = 0;
    for (let looks = 0; clock.monotonicMs() < giveUpAtMs; looks++) {
      if (looks % LOOKS_UNTIL_SENT_AGAIN === 0) {
        receivedBeforeBytes = receivedBytes;
        knock(socket, localPort, localAddress);
      }
      await clock.sleep(LOOK_MS);
      const [stats] = await transport.getStats();
      if (stats?.tuple?.remotePort) return 'let in';
      // Counted before anything else is done with a datagram, and each is done with before the next request is answered.
      receivedBytes = stats?.bytesReceived ?? 0;
      if (receivedBytes - receivedBeforeBytes >= STRANGERS_BYTES) return 'kept out';
    }
    return 'unknown';
  } finally {
    socket.close();
  }
}

function knock(socket: Socket, port: number, address: string): void {
  for (const datagram of STRANGERS_DATAGRAMS) socket.send(datagram, port, address, () => undefined);
}
